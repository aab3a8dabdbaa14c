#include "storage/s3/vendor.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "storage/location.h"

namespace sluice::storage::s3 {
namespace {

/// Who is asked for, and who asks.
struct Role {
  std::string arn;
  std::string external_id;
  Result<Expiring<Credentials>> (*find_caller)(const ChainTerms&);
};

std::optional<Role> RoleOf(const config::StoreOptions& options) {
  if (!options.dir_role_arn.empty()) {
    return Role{.arn = options.dir_role_arn, .external_id = "", .find_caller = FindCredentials};
  }
  if (!options.role_arn.empty() && options.web_identity_token_file.empty()) {
    return Role{.arn = options.role_arn,
                .external_id = options.external_id,
                .find_caller = FindCallerCredentials};
  }
  if (options.role_arn.empty() && options.profile == "minio") {
    return Role{.arn = "", .external_id = "", .find_caller = FindCredentials};
  }
  return std::nullopt;
}

class Vendor final : public CredentialVendor {
 public:
  Vendor(std::shared_ptr<const Bucket> bucket, std::shared_ptr<const ChainTerms> chain, Role role,
         const Clock& clock)
      : bucket_(std::move(bucket)),
        chain_(std::move(chain)),
        role_(std::move(role)),
        callers_([this] { return role_.find_caller(*chain_); }, clock) {}

  Result<std::string> UriOf(std::string_view directory) const override {
    const std::string_view key = TRY(bucket_->KeyOf(directory));
    const auto place = bucket_->place();
    TRY(PrefixPolicy(GrantOf(key, *place)));
    return std::string(directory);
  }

  Result<VendedCredentials> Vend(std::string_view directory,
                                 std::chrono::seconds lifetime) override {
    const std::string_view key = TRY(bucket_->KeyOf(directory));
    const auto place = bucket_->place();
    PrefixGrant grant = GrantOf(key, *place);
    grant.duration = lifetime;
    const auto caller = TRY(callers_.Get());
    const SystemTime end = bucket_->Now() + lifetime;
    auto session = AssumeRoleForPrefix(*chain_->tokens, caller->value, grant);
    if (!session.ok()) {
      callers_.Drop(caller);  // it may be what was refused
      return std::move(session).error();
    }
    return VendedCredentials{.credentials = std::move(session->value),
                             .expires_at = std::min(session->expires_at.value_or(end), end)};
  }

 private:
  PrefixGrant GrantOf(std::string_view key, const Place& place) const {
    return {.bucket = SplitBucketPath(bucket_->terms().path).bucket,
            .prefix = key,
            .region = place.region,
            .role_arn = role_.arn,
            .external_id = role_.external_id};
  }

  const std::shared_ptr<const Bucket> bucket_;
  const std::shared_ptr<const ChainTerms> chain_;
  const Role role_;
  CredentialCache<Credentials> callers_;
};

}  // namespace

std::unique_ptr<CredentialVendor> NewVendor(std::shared_ptr<const Bucket> bucket,
                                            std::shared_ptr<const ChainTerms> chain,
                                            const Clock& clock) {
  if (bucket->terms().is_anonymous || !bucket->terms().customer_key.empty()) return nullptr;
  std::optional<Role> role = RoleOf(chain->options);
  if (!role) return nullptr;
  return std::make_unique<Vendor>(std::move(bucket), std::move(chain), *std::move(role), clock);
}

}  // namespace sluice::storage::s3
