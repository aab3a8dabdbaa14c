#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "http/client.h"
#include "storage/credential_cache.h"
#include "storage/s3/credentials.h"

namespace sluice::storage::s3 {

/// What one source of credentials has: some, or a reason why it does not apply. A source that
/// applies but fails is an error: to go on to the next would be to guess.
struct Found {
  std::optional<Expiring<Credentials>> credentials;
  std::string why_not;  ///< For the log, without secrets.
};

inline Found NotFoundBecause(std::string why) {
  return {.credentials = {}, .why_not = std::move(why)};
}

/// Why there are no credentials. `detail` is for the log, without secrets.
inline Error NoCredentials(std::string detail) {
  return WithDetail(Unavailable("the store's credentials cannot be had"), std::move(detail));
}

/// An access key as texts name it. Errors: NoCredentials, naming `where`, if only one half is
/// there.
Result<Found> FoundKey(std::string access_key_id, std::string secret, std::string session_token,
                       const std::string& where);

/// What sources look at.
struct Surroundings {
  std::function<std::string(const std::string&)> environment;  ///< A variable; empty: not set.
  std::shared_ptr<http::Client> identity_client;  ///< May reach the machine's own services.
};

/// The credentials of the container, by AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI with
/// AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE): ECS, EKS pod identity. A full URI without TLS must be
/// of the machine itself or one of these services. Source: AWS SDKs and Tools Reference Guide,
/// "Container credential provider".
Result<Found> FindContainerCredentials(const Surroundings& surroundings);

/// The credentials of the machine's role: instance metadata, version 2 alone, whose token a fooled
/// server cannot fetch for an attacker. AWS_EC2_METADATA_DISABLED=true leaves it out;
/// AWS_EC2_METADATA_SERVICE_ENDPOINT(_MODE) say where it is. Source: Amazon EC2 User Guide, "Use
/// the Instance Metadata Service to access instance metadata".
Result<Found> FindInstanceCredentials(const Surroundings& surroundings);

}  // namespace sluice::storage::s3
