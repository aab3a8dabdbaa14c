#include <string>
#include <utility>
#include <variant>

#include "http/client_target.h"
#include "storage/http_log.h"
#include "storage/http_objects.h"
#include "storage/store_client.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace {

class HttpStore final : public ObjectStore {
 public:
  explicit HttpStore(std::shared_ptr<const HttpObjects> objects) : objects_(std::move(objects)) {}

  bool is_remote() const override { return true; }

  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override {
    return ListHttpLog(*objects_, request);
  }
  Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                               std::size_t /*max_folders*/) override {
    return WithDetail(Unsupported("a web server cannot be asked which folders it has"),
                      std::string(directory));
  }
  Result<ObjectInfo> Stat(std::string_view path) override { return objects_->Stat(path); }
  Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) override {
    return objects_->ReadAll(path, max_bytes);
  }
  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) override {
    return objects_->Open(path);
  }
  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view path, const ObjectInfo& info,
                                                   ByteSpan span) override {
    return objects_->OpenStream(path, info, span);
  }
  Result<void> PutIfAbsent(std::string_view path, std::string_view) override {
    return WithDetail(Unsupported("{} cannot be written to a web server", NameOf(path)),
                      std::string(path));
  }

 private:
  const std::shared_ptr<const HttpObjects> objects_;
};

/// Links that hold for whoever has them, as long as the server is there.
class PlainUrls final : public SignedUrls {
 public:
  PlainUrls(std::string base_url, SystemTime expires_at)
      : base_url_(std::move(base_url)), expires_at_(expires_at) {}

  Result<void> Append(std::string_view path, std::string& out) const override {
    AppendHttpUrl(base_url_, path, out);
    return {};
  }
  SystemTime expires_at() const override { return expires_at_; }

 private:
  const std::string base_url_;
  const SystemTime expires_at_;
};

class PlainUrlSigner final : public UrlSigner {
 public:
  PlainUrlSigner(std::string base_url, const Clock& clock)
      : base_url_(std::move(base_url)), clock_(clock) {}

  Result<std::unique_ptr<SignedUrls>> Prepare(std::chrono::seconds lifetime) override {
    return std::make_unique<PlainUrls>(base_url_, clock_.Now() + lifetime);
  }

 private:
  const std::string base_url_;
  const Clock& clock_;
};

/// What a cloud alone knows is refused: a key that is not sent would be missed by nobody.
Result<void> CheckOptions(const config::StoreOptions& options) {
  config::StoreOptions others = options;
  for (std::string config::StoreOptions::*field :
       {&config::StoreOptions::name, &config::StoreOptions::prefix, &config::StoreOptions::endpoint,
        &config::StoreOptions::public_endpoint, &config::StoreOptions::profile,
        &config::StoreOptions::path_style, &config::StoreOptions::ca_file,
        &config::StoreOptions::proxy}) {
    (others.*field).clear();
  }
  for (const auto& setting : config::StoreSettings()) {
    const auto* const field = std::get_if<std::string config::StoreOptions::*>(&setting.field);
    if (field == nullptr || (others.**field).empty()) continue;
    return InvalidArgument("{} is not for a web server", setting.name);
  }
  if (options.requester_pays) return InvalidArgument("requester_pays is not for a web server");
  return {};
}

/// An endpoint without a '/' at its end. Errors: kInvalidArgument if it is no URL, or has a query.
Result<std::string> BaseUrl(std::string endpoint) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const auto parsed = http::ParseClientUrl(endpoint);
  if (!parsed.ok() || parsed->target.find('?') != std::string::npos) {
    return InvalidArgument("the endpoint {} is no URL of a web server", endpoint);
  }
  return endpoint;
}

}  // namespace

Result<Store> NewHttpStore(const config::StoreOptions& options, const std::string& bucket,
                           const CloudContext& context) {
  TRY(CheckOptions(options));
  std::string base_url = TRY(BaseUrl(options.endpoint.empty() ? bucket : options.endpoint));
  std::string public_url = base_url;
  if (!options.public_endpoint.empty()) public_url = TRY(BaseUrl(options.public_endpoint));
  std::shared_ptr<Requests> requests = TRY(NewStoreRequests(options, context));
  auto objects = std::make_shared<const HttpObjects>(std::move(requests), std::move(base_url));
  return Store{.objects = std::make_shared<HttpStore>(std::move(objects)),
               .signer = std::make_shared<PlainUrlSigner>(std::move(public_url), context.clock),
               .name = options.name};
}

}  // namespace sluice::storage
