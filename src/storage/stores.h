#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/store_options.h"
#include "http/client.h"
#include "observe/metrics.h"
#include "storage/credential_vendor.h"
#include "storage/object_store.h"
#include "storage/shared_clients.h"
#include "storage/store_health.h"
#include "storage/url_signer.h"

namespace sluice::storage {

/// A bucket, or this machine's files: how it is read, and how links to it are signed.
struct Store {
  std::shared_ptr<ObjectStore> objects;
  std::shared_ptr<UrlSigner> signer;         ///< nullptr: no link of its own can be had.
  std::shared_ptr<CredentialVendor> vendor;  ///< nullptr: it gives nobody credentials.
  std::string name;                          ///< The owner's, or the scheme.
};

/// What a cloud's store is made with.
struct CloudContext {
  const Clock& clock;                                          ///< Must outlive the store.
  std::function<std::string(const std::string&)> environment;  ///< A variable; empty: not set.
  /// Networks that may be reached although they are private: the owner's list.
  std::vector<std::string> private_networks;
  /// Sends requests to identity services and token endpoints; the same for all stores. Those of
  /// the machine itself (169.254.169.254 and the like) may be reached by it.
  std::shared_ptr<http::Client> identity_client;
  /// Those that stores are asked by.
  std::shared_ptr<SharedClients> clients = std::make_shared<SharedClients>();
  /// Told of the end of each request to a store.
  std::shared_ptr<StoreHealth> health = std::make_shared<StoreHealth>();
  /// Waits between attempts; a test's only notes how long. Empty: the thread sleeps.
  std::function<void(std::chrono::milliseconds)> sleep = {};
  /// Where stores' requests are counted; must outlive them. nullptr: nowhere.
  observe::MetricRegistry* metrics = nullptr;
};

// The stores of one bucket each. `bucket` is the canonical path of the bucket alone, such as
// "s3://bucket" or "az://container@account". Nothing is asked for yet: credentials are found at the
// first request. Errors: kInvalidArgument for options that contradict each other or name what is
// not there, such as a file.
Result<Store> NewS3Store(const config::StoreOptions& options, const std::string& bucket,
                         const CloudContext& context);
Result<Store> NewAzureStore(const config::StoreOptions& options, const std::string& bucket,
                            const CloudContext& context);
/// Its vendor gives tokens that last as long as those they are made of, an hour at most,
/// whatever is asked for: Google makes none that are shorter.
Result<Store> NewGoogleStore(const config::StoreOptions& options, const std::string& bucket,
                             const CloudContext& context);
/// Objects of a web server: they can be read by name, but not listed, so that a table there needs a
/// `_last_checkpoint` or all commits from 0 on. Links are the plain URLs.
Result<Store> NewHttpStore(const config::StoreOptions& options, const std::string& bucket,
                           const CloudContext& context);

/// Makes the store of one bucket.
using StoreFactory = std::function<Result<Store>(
    const config::StoreOptions& options, const std::string& bucket, const CloudContext& context)>;
/// By the schemes of canonical paths: "s3", "https".
using StoreFactories = std::map<std::string, StoreFactory, std::less<>>;
/// Those above.
StoreFactories CloudFactories();

/// All stores that this server reads, each made when it is first asked for. Thread-safe.
class Stores {
 public:
  /// A table's log can name any bucket.
  static constexpr std::size_t kMaxStores = 1'000;

  /// Errors: kInvalidArgument if two options have one name or one prefix.
  static Result<std::unique_ptr<Stores>> New(std::vector<config::StoreOptions> options,
                                             CloudContext context,
                                             StoreFactories factories = CloudFactories());

  /// The store of a canonical path, by the options of the longest prefix; without any, as the
  /// environment has it. Errors: kNotImplemented for a scheme that is not served;
  /// kResourceExhausted past kMaxStores; those of the functions above.
  Result<Store> Find(std::string_view path);

  const StoreHealth& health() const { return *context_.health; }

 private:
  Stores(std::vector<config::StoreOptions> options, CloudContext context, StoreFactories factories);
  const config::StoreOptions& OptionsFor(std::string_view path) const;
  Result<Store> Make(std::string_view scheme, const std::string& bucket,
                     const config::StoreOptions& options) const;

  const std::vector<config::StoreOptions> options_;
  const CloudContext context_;
  const StoreFactories factories_;
  const Store local_;
  mutable std::mutex mutex_;                                     ///< Guards what follows.
  std::map<std::pair<std::string, std::string>, Store> opened_;  ///< By bucket and options' name.
};

}  // namespace sluice::storage
