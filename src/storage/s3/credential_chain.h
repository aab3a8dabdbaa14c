#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "config/store_options.h"
#include "storage/credential_cache.h"
#include "storage/s3/credential_source.h"
#include "storage/s3/credentials.h"
#include "storage/s3/sts.h"

namespace sluice::storage::s3 {

/// Where one store's credentials are looked for.
struct ChainTerms {
  config::StoreOptions options;
  Surroundings surroundings;
  std::shared_ptr<const TokenService> tokens;  ///< For roles.
};

/// The credentials that the store's options name, or those of the first that has some, in the order
/// of Amazon's own SDKs (AWS SDKs and Tools Reference Guide, "Credential providers"):
///   1. the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
///   2. a web identity: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME
///   3. the shared files' profile, AWS_PROFILE or "default"
///   4. the container
///   5. the instance
/// A source that applies but fails ends the search. Options that name a source leave out all
/// others. Files are read anew each time. Errors: kUnavailable; the detail says of each source why
/// it has none, and no secret.
Result<Expiring<Credentials>> FindCallerCredentials(const ChainTerms& terms);

/// The same, and with them the role of `options.role_arn` if there is one. This is what a
/// CredentialCache fetches.
Result<Expiring<Credentials>> FindCredentials(const ChainTerms& terms);

/// Errors: kInvalidArgument for options that contradict each other, are one half of two, are
/// another cloud's, or name a file that is not there.
Result<void> CheckCredentialOptions(const config::StoreOptions& options);

/// What the profile `name` of the shared files gives: keys of its own, a role by `source_profile`,
/// `credential_source` or `web_identity_token_file`. Errors: kUnavailable for half of what it
/// takes, and for what is not read here: `credential_process`, `sso_...`, `mfa_serial`.
Result<Found> FindProfileCredentials(const ChainTerms& terms, std::string_view name);

/// Those of AWS_ACCESS_KEY_ID and so on.
Result<Found> FindEnvironmentCredentials(const Surroundings& surroundings);

}  // namespace sluice::storage::s3
