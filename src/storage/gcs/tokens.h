#pragma once

// Access tokens (OAuth 2.0 bearer tokens) by each way that Google gives them. Sources: RFC 7523,
// section 4 (JWT bearer grant); RFC 6749, section 6 (refresh); Compute Engine, "Access tokens of
// the metadata server".

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "storage/credential_cache.h"
#include "storage/gcs/credential_file.h"
#include "storage/requests.h"

namespace sluice::storage::gcs {

using AccessToken = Expiring<Secret>;

/// What a service account's token is asked for: to read and, for tables of the server's own, to
/// write; never to change who may. What the account may in a bucket is for the bucket to say.
inline constexpr std::string_view kStorageScope =
    "https://www.googleapis.com/auth/devstorage.read_write";
/// What a token must have that is to be downscoped.
inline constexpr std::string_view kPlatformScope = "https://www.googleapis.com/auth/cloud-platform";

/// How identity services are asked. Both must outlive the call.
struct IdentityContext {
  Requests& requests;
  const Clock& clock;
};

/// The account of the machine, as its metadata server knows it.
struct MachineAccount {
  std::string metadata_host;  ///< "169.254.169.254", "host:port".
};

// Errors of all that follows: kUnavailable; the detail names the service and its own word, never a
// secret.

Result<AccessToken> FetchToken(const ServiceAccount& account, std::string_view scope,
                               const IdentityContext& context);
/// Its scopes are those that the person agreed to.
Result<AccessToken> FetchToken(const AuthorizedUser& user, const IdentityContext& context);
/// Its scopes are those that the machine was given. An answer without Google's own header is of
/// another server, and refused.
Result<AccessToken> FetchToken(const MachineAccount& account, const IdentityContext& context);
/// The e-mail address of the service account.
Result<std::string> FetchEmail(const MachineAccount& account, const IdentityContext& context);

/// Why there is no credential; `detail` is for the log, without secrets.
Error NoCredentials(std::string detail);

/// The answer, which must have the status 200.
Result<http::ClientResponse> AskService(const http::ClientRequest& request, Requests& requests);

/// A form (application/x-www-form-urlencoded) that is answered with a token. Where the service does
/// not say how long that lasts, it counts as `lifetime`.
struct TokenForm {
  std::string_view url;
  const Secret& form;
  std::chrono::seconds lifetime;
};
Result<AccessToken> PostForToken(const TokenForm& post, const IdentityContext& context);

}  // namespace sluice::storage::gcs
