#include "server/stores.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "delta/delta_table.h"
#include "expr/predicate.h"
#include "sharing/directory_access.h"
#include "sharing/servable.h"
#include "storage/location.h"

namespace sluice::server {
namespace {

using config::StoreOptions;

/// Where machines, containers and pods find their own identity.
const std::vector<std::string> kIdentityNetworks = {"169.254.0.0/16", "127.0.0.0/8", "::1/128",
                                                    "fd00:ec2::/32"};

constexpr std::string_view kWhoGivesCredentials =
    " (one of S3 does with dirRoleArn or roleArn, or with the profile minio; one of Azure with a "
    "key or an identity; one of Google with credentials)";

std::string EnvironmentVariable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

/// Whether the table can be delivered as the owner says.
Result<void> CheckDelivery(const sharing::ServedTable& table, const storage::Store& store,
                           storage::Stores& stores) {
  const config::Delivery delivery = table.serving.delivery.value_or(config::Delivery::kAuto);
  const bool passes_by =
      delivery == config::Delivery::kDirectory || delivery == config::Delivery::kUrl;
  if (passes_by && table.serving.downloads_need_token.value_or(false)) {
    return InvalidArgument(
        "table {}: delivery '{}' passes by this server, so that downloadsNeedToken cannot hold: "
        "use proxy",
        table.shared.ref.ToString(), config::DeliveryName(delivery));
  }
  if (delivery == config::Delivery::kDirectory) {
    const auto access = sharing::FindDirectoryAccess(table, stores);
    if (access.ok()) return {};
    return WithDetail(InvalidArgument("table {}: delivery 'dir': {}{}", table.shared.ref.ToString(),
                                      access.error().message,
                                      store.vendor == nullptr ? kWhoGivesCredentials : ""),
                      access.error().detail);
  }
  if (delivery != config::Delivery::kUrl || store.signer != nullptr) return {};
  return InvalidArgument(
      "table {}: delivery 'url' needs a store that signs links, which '{}' does not: use proxy",
      table.shared.ref.ToString(), store.name);
}

Result<void> CheckTable(const catalog::SharedTable& table, const config::ServingTerms& defaults,
                        storage::Stores& stores) {
  const storage::Location location = TRY(storage::ParseLocation(table.location, "/"));
  const auto store = stores.Find(location.path);
  if (!store.ok() && store.error().code == ErrorCode::kNotImplemented) return {};
  if (!store.ok()) {
    return WithDetail(InvalidArgument("table {}: {}", table.ref.ToString(), store.error().message),
                      store.error().detail);
  }
  const config::ServingTerms serving = table.serving.Or(defaults);
  return CheckDelivery({.shared = table, .root = location.path, .serving = serving}, *store,
                       stores);
}

bool IsOfName(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

/// The text with the settings of a store as the configuration file spells them: storage knows them
/// by their rows' names.
std::string AsInTheFile(std::string_view text) {
  std::string spelled;
  while (!text.empty()) {
    const auto* const end = std::ranges::find_if_not(text, IsOfName);
    const std::string_view word(text.begin(), end);
    const auto settings = config::StoreSettings();
    const auto row = std::ranges::find(settings, word, &config::Setting<StoreOptions>::name);
    spelled += row == settings.end() ? std::string(word) : config::RowOf(*row).YamlKey();
    text.remove_prefix(word.size());
    const auto* const next = std::ranges::find_if(text, IsOfName);
    spelled.append(text.begin(), next);
    text = std::string_view(next, text.end());
  }
  return spelled;
}

Result<void> CheckConfigured(const std::vector<StoreOptions>& configured, storage::Stores& stores) {
  for (const StoreOptions& options : configured) {
    const storage::Location place = TRY(storage::ParseLocation(options.prefix, "/"));
    const auto store = stores.Find(place.path);
    if (store.ok()) continue;
    return WithDetail(
        InvalidArgument("store '{}': {}", options.name, AsInTheFile(store.error().message)),
        store.error().detail);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<storage::Stores>> OpenStores(const config::Configuration& configuration,
                                                    const Clock& clock,
                                                    observe::MetricRegistry* metrics) {
  using std::chrono::seconds;
  auto identity_client = TRY(http::Client::New({.proxy = "",
                                                .connect_timeout = seconds(2),
                                                .idle_timeout = seconds(10),
                                                .max_connections = 16,
                                                .private_networks = kIdentityNetworks}));
  const std::vector<StoreOptions> configured =
      configuration.shares ? configuration.shares->stores : std::vector<StoreOptions>();
  auto stores = TRY(
      storage::Stores::New(configured, {.clock = clock,
                                        .environment = EnvironmentVariable,
                                        .private_networks = configuration.options.private_networks,
                                        .identity_client = std::move(identity_client),
                                        .metrics = metrics}));
  TRY(CheckConfigured(configured, *stores));
  return stores;
}

Result<std::unique_ptr<table::Table>> OpenTable(storage::Stores& stores,
                                                const std::string& location) {
  storage::Location place = TRY(storage::ParseLocation(location, "/"));
  storage::Store store = TRY(stores.Find(place.path));
  return delta::NewDeltaTable(std::move(store.objects), std::move(place.path));
}

Result<void> CheckTableAt(storage::Stores& stores, const std::string& location,
                          const std::vector<std::string>& allowed_roots) {
  const auto check = [&]() -> Result<void> {
    const storage::Location place = TRY(storage::ParseLocation(location, "/"));
    const auto table = TRY(OpenTable(stores, location));
    const table::SnapshotPtr snapshot = TRY(table->Latest());
    return sharing::CheckServable(*snapshot, {.root = place.path, .allowed_roots = allowed_roots});
  };
  Result<void> checked = check();
  if (checked.ok()) return checked;
  Error named = checked.error();
  named.message = Format("the location {}: {}", location, named.message);
  return named;
}

Result<admin::AdminService::ReadSize> MeasureRead(storage::Stores& stores,
                                                  const std::string& location,
                                                  const std::string& condition) {
  const auto table = TRY(OpenTable(stores, location));
  const table::SnapshotPtr snapshot = TRY(table->Latest());
  std::vector<expr::Predicate> predicates;
  if (!condition.empty()) {
    predicates.push_back(
        expr::ParseSqlHints(std::span(&condition, 1), snapshot->metadata().schema));
  }
  const table::FileTotals totals = TotalsOf(snapshot->Select(predicates, std::nullopt));
  return admin::AdminService::ReadSize{.files = totals.files, .bytes = totals.bytes};
}

Result<void> CheckStores(std::span<const catalog::SharePtr> shares,
                         const config::ServingTerms& defaults, storage::Stores& stores) {
  for (const catalog::SharePtr& share : shares) {
    for (const catalog::SharedTable& table : share->tables()) {
      TRY(CheckTable(table, defaults, stores));
    }
  }
  return {};
}

Result<void> CheckStoresOf(const config::Configuration& configuration,
                           std::span<const catalog::SharePtr> shares) {
  const SystemClock clock;
  const auto stores = TRY(OpenStores(configuration, clock));
  const config::ServingTerms serving = TRY(ServingTermsOf(configuration.options));
  return CheckStores(shares, serving, *stores);
}

Result<config::ServingTerms> ServingTermsOf(const config::ServerOptions& options) {
  return config::ServingTerms{.delivery = TRY(config::ParseDelivery(options.delivery)),
                              .freshness = options.freshness,
                              .serve_stale_for = options.serve_stale_for,
                              .downloads_need_token = options.downloads_need_token};
}

}  // namespace sluice::server
