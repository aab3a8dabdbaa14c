#include "sharing/file_links.h"

#include <map>
#include <mutex>
#include <utility>

#include "storage/location.h"

namespace sluice::sharing {
namespace {

class ServerLinks final : public FileLinks {
 public:
  explicit ServerLinks(storage::PreparedFileUrls urls) : urls_(std::move(urls)) {}

  Result<void> Append(const storage::DataPath& path, std::string& out) const override {
    urls_.Append(path, out);
    return {};
  }
  SystemTime expires_at() const override { return urls_.expires_at(); }
  std::string_view delivery() const override { return "proxy"; }

 private:
  const storage::PreparedFileUrls urls_;
};

Result<std::unique_ptr<storage::SignedUrls>> PrepareUrls(storage::Stores& stores,
                                                         std::string_view path,
                                                         std::chrono::seconds lifetime) {
  const storage::Store store = TRY(stores.Find(path));
  if (store.signer == nullptr) {
    return WithDetail(Unsupported("the table's store cannot give links to its files"),
                      std::string(path));
  }
  return store.signer->Prepare(lifetime);
}

class StoreLinks final : public FileLinks {
 public:
  StoreLinks(storage::Stores& stores, std::string table_root, std::chrono::seconds lifetime,
             std::unique_ptr<storage::SignedUrls> urls)
      : stores_(stores),
        table_root_(std::move(table_root)),
        lifetime_(lifetime),
        urls_(std::move(urls)) {}

  Result<void> Append(const storage::DataPath& path, std::string& out) const override {
    if (!path.is_absolute) return urls_->Append(storage::FullPath(table_root_, path), out);
    const storage::SignedUrls* const urls = TRY(UrlsElsewhere(path.path));
    return urls->Append(path.path, out);
  }
  SystemTime expires_at() const override { return urls_->expires_at(); }
  std::string_view delivery() const override { return "url"; }

 private:
  // Files outside the table may lie in other buckets.
  Result<const storage::SignedUrls*> UrlsElsewhere(const std::string& path) const {
    const storage::BucketPath parts = storage::SplitBucketPath(path);
    const std::lock_guard lock(mutex_);
    auto& urls = elsewhere_[Format("{}://{}", parts.scheme, parts.bucket)];
    if (urls == nullptr) urls = TRY(PrepareUrls(stores_, path, lifetime_));
    if (urls->expires_at() < expires_at()) {  // the answer tells one end for all its links
      return WithDetail(Unavailable("the credentials of a store end too soon"), path);
    }
    return urls.get();
  }

  storage::Stores& stores_;
  const std::string table_root_;
  const std::chrono::seconds lifetime_;
  const std::unique_ptr<storage::SignedUrls> urls_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<storage::SignedUrls>> elsewhere_;  ///< By bucket.
};

}  // namespace

std::unique_ptr<FileLinks> LinksThroughServer(storage::PreparedFileUrls urls) {
  return std::make_unique<ServerLinks>(std::move(urls));
}

Result<std::unique_ptr<FileLinks>> LinksToStores(storage::Stores& stores, std::string table_root,
                                                 std::chrono::seconds lifetime) {
  auto urls = TRY(PrepareUrls(stores, table_root, lifetime));
  return std::make_unique<StoreLinks>(stores, std::move(table_root), lifetime, std::move(urls));
}

}  // namespace sluice::sharing
