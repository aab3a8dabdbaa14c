#include "storage/gcs/vendor.h"

#include <utility>

#include "storage/gcs/downscope.h"
#include "storage/location.h"

namespace sluice::storage::gcs {
namespace {

class Vendor final : public CredentialVendor {
 public:
  Vendor(std::string bucket, std::string sts_url, VendorDependencies dependencies)
      : bucket_(std::move(bucket)),
        sts_url_(std::move(sts_url)),
        dependencies_(std::move(dependencies)) {}

  Result<std::string> UriOf(std::string_view directory) const override {
    const PrefixScope scope = TRY(ScopeOf(directory));
    TRY(AccessBoundaryOf(scope));
    return std::string(directory);
  }

  Result<VendedCredentials> Vend(std::string_view directory,
                                 std::chrono::seconds /*lifetime*/) override {
    const PrefixScope scope = TRY(ScopeOf(directory));
    const AccessToken source = TRY(dependencies_.credentials->PlatformToken());
    AccessToken token = TRY(DownscopeForPrefix(
        scope, source,
        {.requests = *dependencies_.identity_requests, .clock = dependencies_.clock}));
    if (!token.expires_at) return NoCredentials("a downscoped token that does not end");
    return VendedCredentials{.credentials = BearerToken{std::move(token.value)},
                             .expires_at = *token.expires_at};
  }

 private:
  Result<PrefixScope> ScopeOf(std::string_view directory) const {
    if (!IsWithin(directory, bucket_)) {
      return WithDetail(InvalidArgument("the directory is not in the bucket"),
                        std::string(directory));
    }
    const BucketPath parts = SplitBucketPath(directory);
    return PrefixScope{.bucket = parts.bucket, .folder = parts.key, .sts_url = sts_url_};
  }

  const std::string bucket_;
  const std::string sts_url_;
  const VendorDependencies dependencies_;
};

}  // namespace

std::unique_ptr<CredentialVendor> NewVendor(std::string bucket, std::string sts_url,
                                            VendorDependencies dependencies) {
  return std::make_unique<Vendor>(std::move(bucket), std::move(sts_url), std::move(dependencies));
}

}  // namespace sluice::storage::gcs
