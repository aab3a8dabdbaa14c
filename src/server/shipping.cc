#include "server/shipping.h"

#include <string>
#include <utility>

#include "audit/delta_sink.h"
#include "audit/json_lines_sink.h"
#include "audit/record_store.h"

namespace sluice::server {
namespace {

/// So that the indexes of a busy year stay in memory while records are added.
constexpr std::size_t kCacheBytes = 64 << 20;

audit::Regions FindRegions(const catalog::View& view, std::string_view recipient,
                           std::string_view share) {
  audit::Regions regions;
  const auto found_share = view.FindShare(protocol::ShareName(std::string(share)));
  if (found_share != nullptr) regions.from = found_share->traits().region;
  const auto found_recipient = view.FindRecipient(recipient);
  if (found_recipient != nullptr) regions.to = found_recipient->record.region;
  return regions;
}

std::vector<std::unique_ptr<audit::Destination>> DestinationsOf(const ShippingParts& parts,
                                                                db::Database& records) {
  const Governance& governance = parts.governance;
  const config::ServerOptions& options = parts.options;
  std::vector<std::unique_ptr<audit::Destination>> destinations;
  destinations.push_back(audit::NewRecordStore(
      records, *governance.journal,
      {.node = governance.node,
       .public_key = governance.public_key,
       .regions = [&catalog = parts.catalog](std::string_view recipient, std::string_view share) {
         return FindRegions(*catalog.Current(), recipient, share);
       }}));
  if (!options.audit_file.empty()) {
    destinations.push_back(audit::NewJsonLinesSink(
        {.path = options.audit_file,
         .node = governance.node,
         .max_bytes = static_cast<std::int64_t>(options.audit_file_max_bytes),
         .max_age = options.audit_file_max_age},
        parts.clock));
  }
  if (!options.audit_table.empty()) {
    destinations.push_back(audit::NewDeltaSink({.folder = options.audit_table,
                                                .node = governance.node,
                                                .interval = options.audit_table_interval},
                                               parts.clock));
  }
  return destinations;
}

}  // namespace

Result<Shipping> OpenShipping(const ShippingParts& parts) {
  Shipping shipping{.records = parts.governance.database.get()};
  if (parts.options.catalog_url.empty()) {
    shipping.own_database =
        TRY(db::OpenSqlite({.path = parts.data.PathOf("audit.db"), .cache_bytes = kCacheBytes}));
    shipping.records = shipping.own_database.get();
  }
  TRY(audit::PrepareRecordTables(*shipping.records));
  if (parts.governance.journal == nullptr) return shipping;
  shipping.shipper =
      std::make_unique<audit::Shipper>(*parts.governance.journal, parts.clock,
                                       audit::ShipperOptions{.keep = parts.options.audit_keep},
                                       DestinationsOf(parts, *shipping.records));
  return shipping;
}

}  // namespace sluice::server
