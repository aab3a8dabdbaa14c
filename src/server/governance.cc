#include "server/governance.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "audit/delta_sink.h"
#include "audit/json_lines_sink.h"
#include "audit/lease_table.h"
#include "audit/recipient_tables.h"
#include "audit/record_store.h"
#include "audit/tree_head.h"
#include "config/yaml.h"
#include "crypto/hkdf.h"
#include "crypto/signing_key.h"
#include "server/backup.h"

namespace sluice::server {
namespace {

constexpr std::size_t kSeedBytes = 32;
/// So that the indexes of many records stay in memory while records are added.
constexpr std::size_t kRecordsCacheBytes = 64 << 20;
/// How long a lease may take to come, to connect and to be answered; then a node goes on without.
constexpr std::chrono::milliseconds kLeaseTimeout{1'000};
constexpr std::size_t kLeaseConnections = 2;

Result<std::string> NodeName(const config::ServerOptions& options,
                             const catalog::DataDirectory& data) {
  std::string name = options.node;
  if (name.empty()) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) name = host.data();
  }
  const std::string suffix = TRY(ReadNodeSuffix(data.path()));
  if (!suffix.empty()) name += "-" + suffix;
  if (audit::IsNodeName(name)) return name;
  return InvalidArgument("node: '{}' is no name for a server: set one of letters, digits and '-'",
                         name);
}

Result<std::unique_ptr<db::Database>> OpenDatabase(const config::ServerOptions& options,
                                                   const catalog::DataDirectory& data) {
  if (options.catalog_url.empty()) return db::OpenSqlite({.path = data.PathOf("catalog.db")});
  return db::OpenPostgres({.url = Secret(options.catalog_url)});
}

/// The leases of quotas, beside the catalog.
Result<void> OpenLeases(const config::ServerOptions& options, Governance& opened) {
  TRY(audit::PrepareLeaseTable(*opened.database));  // may wait for other nodes that start
  if (!options.catalog_url.empty()) {
    opened.lease_database = TRY(db::OpenPostgres({.url = Secret(options.catalog_url),
                                                  .max_connections = kLeaseConnections,
                                                  .connect_timeout = kLeaseTimeout,
                                                  .statement_timeout = kLeaseTimeout}));
  }
  opened.leases =
      audit::NewLeaseTable(opened.lease_database ? *opened.lease_database : *opened.database);
  return {};
}

}  // namespace

Result<Governance> OpenGovernance(const config::ServerOptions& options,
                                  const catalog::DataDirectory& data, const crypto::KeyRing& keys,
                                  const Outside& outside) {
  Governance opened{.node = TRY(NodeName(options, data))};
  opened.database = TRY(OpenDatabase(options, data));
  opened.store = TRY(catalog::Store::Open(*opened.database));
  if (options.catalog_url.empty()) {
    opened.own_records =
        TRY(db::OpenSqlite({.path = data.PathOf("audit.db"), .cache_bytes = kRecordsCacheBytes}));
  }
  TRY(OpenLeases(options, opened));
  if (!options.price_list.empty()) {
    const config::YamlDocument prices = TRY(config::ReadYamlFile(options.price_list));
    opened.prices = TRY(audit::ReadPriceList(prices));
  }
  TRY(audit::PrepareRecordTables(opened.records()));  // earlier records are read with `off` too
  if (options.audit == "off") return opened;
  const std::string seed = crypto::Hkdf({.secret = keys.newest().Reveal(),
                                         .salt = "sluice",
                                         .info = "audit tree heads of " + opened.node},
                                        kSeedBytes);
  auto key = TRY(crypto::SigningKey::FromSeed(Secret(seed)));
  opened.public_key = key.public_key();
  auto seconds = outside.metrics.AddHistogram({.name = "sluice_audit_sync_seconds",
                                               .help = "Time to write a batch of records to disk.",
                                               .labels = {}},
                                              observe::DurationBounds());
  const auto on_sync = [seconds](std::chrono::nanoseconds took) mutable {
    seconds.Observe(std::chrono::duration<double>(took).count());
  };
  opened.journal = TRY(audit::Journal::Open(
      {.directory = data.PathOf("audit"), .node = opened.node, .on_sync = on_sync}, std::move(key),
      outside.clock));
  return opened;
}

std::unique_ptr<audit::Shipper> MakeShipper(const config::ServerOptions& options,
                                            const Governance& governance,
                                            audit::FindRegions regions, const Clock& clock) {
  if (governance.journal == nullptr) return nullptr;
  std::vector<std::unique_ptr<audit::Destination>> destinations;
  destinations.push_back(audit::NewRecordStore(governance.records(), *governance.journal,
                                               {.node = governance.node,
                                                .public_key = governance.public_key,
                                                .regions = std::move(regions)}));
  if (!options.audit_file.empty()) {
    destinations.push_back(audit::NewJsonLinesSink(
        {.path = options.audit_file,
         .node = governance.node,
         .max_bytes = static_cast<std::int64_t>(options.audit_file_max_bytes),
         .max_age = options.audit_file_max_age},
        clock));
  }
  if (!options.audit_table.empty()) {
    destinations.push_back(audit::NewDeltaSink({.folder = options.audit_table,
                                                .node = governance.node,
                                                .interval = options.audit_table_interval},
                                               clock));
  }
  if (!options.audit_recipient_tables.empty()) {
    destinations.push_back(audit::NewRecipientTables({.folder = options.audit_recipient_tables,
                                                      .node = governance.node,
                                                      .interval = options.audit_table_interval},
                                                     clock));
  }
  return std::make_unique<audit::Shipper>(*governance.journal, clock,
                                          audit::ShipperOptions{.keep = options.audit_keep},
                                          std::move(destinations));
}

}  // namespace sluice::server
