#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"
#include "storage/azure/settings.h"
#include "storage/azure/shared_key.h"
#include "storage/credential_cache.h"

namespace sluice::storage::azure {

/// Adds to requests what lets them in. Thread-safe.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  /// The request has all its other headers. Errors: kUnavailable if there is no credential.
  virtual Result<void> Authorize(http::ClientRequest& request) = 0;
  /// The service refused the credential. Says whether there may be another by now.
  virtual bool Renew() { return false; }
};

std::unique_ptr<Authorizer> NewAnonymousAuthorizer();
std::unique_ptr<Authorizer> NewSharedKeyAuthorizer(const SharedKey& key);
/// By tokens that `fetch` gives. `clock` must outlive the authorizer.
std::unique_ptr<Authorizer> NewTokenAuthorizer(CredentialCache<Secret>::Fetch fetch,
                                               const Clock& clock);
/// By a signature in the query. `clock` must outlive the authorizer.
std::unique_ptr<Authorizer> NewSasAuthorizer(const SasToken& token, const Clock& clock);

/// The text of a signature with its end, "se", where it has one. Errors: kUnavailable if it is not
/// there or no query of a URL.
Result<Expiring<Secret>> ReadSasToken(const SasToken& token);

}  // namespace sluice::storage::azure
