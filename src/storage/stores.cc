#include "storage/stores.h"

#include <set>
#include <utility>

#include "storage/location.h"

namespace sluice::storage {
namespace {

/// What a bucket that no options are for is read with.
const config::StoreOptions kFromEnvironment;

bool IsLocal(std::string_view path) { return path.starts_with('/'); }

/// A prefix may be spelt as locations are.
Result<void> MakeCanonical(config::StoreOptions& store) {
  auto location = ParseLocation(store.prefix, "/");
  if (!location.ok()) {
    return InvalidArgument("store '{}': its prefix: {}", store.name, location.error().message);
  }
  if (!location->IsRemote()) {
    return InvalidArgument("store '{}': its prefix '{}' is in no object store", store.name,
                           store.prefix);
  }
  store.prefix = std::move(location->path);
  return {};
}

}  // namespace

Stores::Stores(std::vector<config::StoreOptions> options, CloudContext context,
               StoreFactories factories)
    : options_(std::move(options)),
      context_(std::move(context)),
      factories_(std::move(factories)),
      local_{.objects = NewLocalStore(), .signer = nullptr, .vendor = nullptr, .name = "file"} {}

Result<std::unique_ptr<Stores>> Stores::New(std::vector<config::StoreOptions> options,
                                            CloudContext context, StoreFactories factories) {
  std::set<std::string_view> names;
  std::set<std::string_view> prefixes;
  for (config::StoreOptions& store : options) {
    TRY(MakeCanonical(store));
    if (!names.insert(store.name).second) {
      return InvalidArgument("two stores are called {}", store.name);
    }
    if (!prefixes.insert(store.prefix).second) {
      return InvalidArgument("two stores have the prefix {}", store.prefix);
    }
  }
  return std::unique_ptr<Stores>(
      new Stores(std::move(options), std::move(context), std::move(factories)));
}

Result<Store> Stores::Find(std::string_view path) {
  if (IsLocal(path)) return local_;
  const std::string_view scheme = UriScheme(path);
  const bool is_served =
      path.substr(scheme.size()).starts_with("://") && factories_.contains(scheme);
  if (!is_served) {
    return WithDetail(NotImplemented("storage of the scheme '{}' is not served", scheme),
                      std::string(path));
  }
  const config::StoreOptions& options = OptionsFor(path);
  std::string bucket = Format("{}://{}", scheme, SplitBucketPath(path).bucket);

  const std::lock_guard lock(mutex_);
  const auto found = opened_.find({bucket, options.name});
  if (found != opened_.end()) return found->second;
  if (opened_.size() >= kMaxStores) {
    return WithDetail(ResourceExhausted("too many stores are in use"), std::string(path));
  }
  Store store = TRY(Make(scheme, bucket, options));
  return opened_.emplace(std::pair(std::move(bucket), options.name), std::move(store))
      .first->second;
}

Result<Store> Stores::Make(std::string_view scheme, const std::string& bucket,
                           const config::StoreOptions& options) const {
  config::StoreOptions named = options;
  if (named.name.empty()) named.name = scheme;
  Store store = TRY(factories_.find(scheme)->second(named, bucket, context_));
  store.name = std::move(named.name);
  return store;
}

const config::StoreOptions& Stores::OptionsFor(std::string_view path) const {
  const config::StoreOptions* longest = &kFromEnvironment;
  for (const config::StoreOptions& options : options_) {
    const bool is_for_it = !options.prefix.empty() && IsWithin(path, options.prefix);
    if (is_for_it && options.prefix.size() > longest->prefix.size()) longest = &options;
  }
  return *longest;
}

}  // namespace sluice::storage
