#include <algorithm>
#include <string>
#include <utility>

#include "storage/s3/s3_store.h"

namespace sluice::storage::s3 {
namespace {

using std::chrono::seconds;

/// Signed URLs, or plain ones if there is nothing to sign with.
class Urls final : public SignedUrls {
 public:
  Urls(std::shared_ptr<const Bucket> bucket, UrlPresigner presigner, SystemTime expires_at)
      : bucket_(std::move(bucket)), presigner_(std::move(presigner)), expires_at_(expires_at) {}

  Result<void> Append(std::string_view path, std::string& out) const override {
    const std::string_view key = TRY(bucket_->KeyOf(path));
    presigner_.Append(key, out);
    return {};
  }
  SystemTime expires_at() const override { return expires_at_; }

 private:
  const std::shared_ptr<const Bucket> bucket_;
  const UrlPresigner presigner_;
  const SystemTime expires_at_;
};

class PlainUrls final : public SignedUrls {
 public:
  PlainUrls(std::shared_ptr<const Bucket> bucket, SystemTime expires_at)
      : bucket_(std::move(bucket)), place_(bucket_->place()), expires_at_(expires_at) {}

  Result<void> Append(std::string_view path, std::string& out) const override {
    const std::string_view key = TRY(bucket_->KeyOf(path));
    out += place_->public_address.origin;
    out += place_->public_address.base_path;
    out += '/';
    AppendEncodedPath(key, out);
    return {};
  }
  SystemTime expires_at() const override { return expires_at_; }

 private:
  const std::shared_ptr<const Bucket> bucket_;
  const std::shared_ptr<const Place> place_;
  const SystemTime expires_at_;
};

class Signer final : public UrlSigner {
 public:
  explicit Signer(std::shared_ptr<Bucket> bucket) : bucket_(std::move(bucket)) {}

  Result<std::unique_ptr<SignedUrls>> Prepare(seconds lifetime) override {
    lifetime = std::clamp(lifetime, seconds(1), kMaxUrlLifetime);
    // Times are to the second in a signature, so all are cut off alike.
    const SystemTime now = std::chrono::floor<seconds>(bucket_->Now());
    if (bucket_->terms().is_anonymous) {
      return std::make_unique<PlainUrls>(bucket_, now + lifetime);
    }
    const Bucket::CredentialPointer credentials = TRY(bucket_->GetCredentials());
    if (credentials->expires_at) {
      const auto left = std::chrono::floor<seconds>(*credentials->expires_at - now);
      if (left < seconds(1)) {
        return WithDetail(Unavailable("the store's credentials have expired"),
                          bucket_->terms().path);
      }
      lifetime = std::min(lifetime, left);
    }
    const std::shared_ptr<const Place> place = bucket_->place();
    UrlPresigner presigner(
        {.origin = place->public_address.origin,
         .base_path = place->public_address.base_path,
         .lifetime = lifetime,
         .requester_pays = bucket_->terms().requester_pays},
        {.credentials = credentials->value, .region = place->region, .service = "s3", .time = now});
    return std::make_unique<Urls>(bucket_, std::move(presigner), now + lifetime);
  }

 private:
  const std::shared_ptr<Bucket> bucket_;
};

}  // namespace

std::unique_ptr<UrlSigner> NewUrlSigner(std::shared_ptr<Bucket> bucket) {
  return std::make_unique<Signer>(std::move(bucket));
}

}  // namespace sluice::storage::s3
