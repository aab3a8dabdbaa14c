#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "storage/azure/container.h"
#include "storage/azure/sas.h"
#include "storage/credential_cache.h"
#include "storage/credential_vendor.h"
#include "storage/url_signer.h"

namespace sluice::storage::azure {

/// What the URLs of a container have in common.
struct SignerTerms {
  std::shared_ptr<const Container> container;
  std::string account;
  std::string container_name;
  std::string public_url;  ///< Of the account, for recipients, without a '/' at its end.
  bool https_only = true;
};

/// What signs: an account's key for good, or user delegation keys one after the other. Thread-safe.
class SasKeySource {
 public:
  explicit SasKeySource(const SasKey& key);
  /// Asks the service, which must let the caller in by a token, for a user delegation key; for the
  /// next one a day later, so that each has nearly 6 of its 7 days left at least. `clock` must
  /// outlive the source.
  SasKeySource(std::shared_ptr<BlobService> service, const Clock& clock);

  /// Errors: kUnavailable if there is none, the detail says why.
  Result<std::shared_ptr<const SasKey>> Get();

 private:
  std::shared_ptr<const SasKey> account_key_;
  std::unique_ptr<CredentialCache<std::shared_ptr<const SasKey>>> delegation_keys_;
};

/// Signs URLs of single blobs, for reading. They are those of the Blob endpoint, whatever the
/// location says: it serves accounts with a hierarchical namespace too, and recipients fetch all by
/// plain GETs.
std::shared_ptr<UrlSigner> NewUrlSigner(SignerTerms terms, std::shared_ptr<SasKeySource> keys);

/// Vends signatures of directories, by the same keys. Only accounts with a hierarchical namespace
/// take them; a whole container is not given away (kUnsupported). `container_uri` is what the URIs
/// of directories begin with, see DataLakeUri.
std::unique_ptr<CredentialVendor> NewVendor(SignerTerms terms, std::shared_ptr<SasKeySource> keys,
                                            std::string container_uri);

}  // namespace sluice::storage::azure
