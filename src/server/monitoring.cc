#include "server/monitoring.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "config/value.h"
#include "server/certificate.h"

namespace sluice::server {
namespace {

/// Tokens that end so soon should be rotated.
constexpr auto kExpiresSoon = std::chrono::days(14);

void AddGauge(observe::MetricRegistry& metrics, const char* name, const char* help,
              std::function<double()> read) {
  metrics.AddGaugeReading({.name = name, .help = help, .labels = {}}, std::move(read));
}

void AddCount(observe::MetricRegistry& metrics, const char* name, const char* help,
              std::function<double()> read) {
  metrics.AddCounterReading({.name = name, .help = help, .labels = {}}, std::move(read));
}

std::size_t CountTokensExpiring(const catalog::View& view, SystemTime now) {
  const auto expires_soon = [now](const catalog::TokenRecord& token) {
    return token.IsGoodAt(now) && token.expires_at && *token.expires_at < now + kExpiresSoon;
  };
  std::size_t expiring = 0;
  for (const catalog::RecipientPtr& recipient : view.recipients()) {
    expiring +=
        static_cast<std::size_t>(std::ranges::count_if(recipient->record.tokens, expires_soon));
  }
  return expiring;
}

void AddCatalogMetrics(const Monitored& monitored, observe::MetricRegistry& metrics) {
  AddGauge(metrics, "sluice_catalog_generation", "Changes of the managed catalog so far.",
           [&follower = monitored.follower] { return static_cast<double>(follower.generation()); });
  AddGauge(metrics, "sluice_catalog_stale_seconds", "Since the catalog's database last answered.",
           [&follower = monitored.follower, &clock = monitored.clock] {
             return static_cast<double>((clock.Now() - follower.last_contact()).count()) / 1000;
           });
  AddGauge(metrics, "sluice_tokens_expiring", "Good tokens of recipients that end within 14 days.",
           [&catalog = monitored.catalog, &clock = monitored.clock] {
             return static_cast<double>(CountTokensExpiring(*catalog.Current(), clock.Now()));
           });
}

void AddAuditMetrics(const Monitored& monitored, observe::MetricRegistry& metrics) {
  const audit::Journal* const journal = monitored.governance.journal.get();
  if (journal == nullptr) return;
  AddCount(metrics, "sluice_audit_records_total", "Records in the node's journal.",
           [journal] { return static_cast<double>(journal->stats().records); });
  AddCount(metrics, "sluice_audit_failures_total", "Failures to write or sync the journal.",
           [journal] { return static_cast<double>(journal->stats().failures); });
  AddCount(metrics, "sluice_audit_syncs_total", "Syncs of the journal to disk.",
           [journal] { return static_cast<double>(journal->stats().syncs); });
  AddGauge(metrics, "sluice_audit_unshipped_records",
           "Records that the database does not have yet.", [shipper = monitored.shipper] {
             audit::Sequence lag = 0;
             for (const auto& progress : shipper->progress()) lag = std::max(lag, progress.lag);
             return static_cast<double>(lag);
           });
}

void AddTableMetrics(const sharing::TableCache& tables, observe::MetricRegistry& metrics) {
  AddGauge(metrics, "sluice_table_cache_bytes", "Memory held by open tables.",
           [&tables] { return static_cast<double>(tables.stats().bytes); });
  AddGauge(metrics, "sluice_table_cache_tables", "Tables held open.",
           [&tables] { return static_cast<double>(tables.stats().tables); });
  AddCount(metrics, "sluice_table_cache_hits_total", "Requests that found their table open.",
           [&tables] { return static_cast<double>(tables.stats().hits); });
  AddCount(metrics, "sluice_table_cache_misses_total", "Requests that opened their table.",
           [&tables] { return static_cast<double>(tables.stats().misses); });
  AddCount(metrics, "sluice_table_cache_evictions_total", "Tables closed to make room.",
           [&tables] { return static_cast<double>(tables.stats().evictions); });
}

PartHealth Degraded(std::string reason) {
  return {.state = PartHealth::State::kDegraded, .reason = std::move(reason)};
}

PartHealth CatalogHealth(const catalog::Catalog& catalog, SystemTime now) {
  const auto usable = catalog.CheckUsable(now);
  if (usable.ok()) return {};
  return {.state = PartHealth::State::kFailing, .reason = usable.error().message};
}

PartHealth JournalHealth(const audit::Journal& journal, bool is_required) {
  const audit::Journal::Stats stats = journal.stats();
  if (!stats.is_failing) return {};
  return {.state = is_required ? PartHealth::State::kFailing : PartHealth::State::kDegraded,
          .reason = stats.last_failure};
}

PartHealth ShippingHealth(const audit::Shipper& shipper) {
  for (const audit::Shipper::Progress& progress : shipper.progress()) {
    if (!progress.is_failing) continue;
    return Degraded(Format("{} records wait for the {}: {}", progress.lag, progress.name,
                           progress.last_failure));
  }
  return {};
}

PartHealth StoresHealth(const storage::Stores& stores) {
  const std::vector<std::string> silent = stores.health().Silent();
  if (silent.empty()) return {};
  return Degraded(Format("{} did not answer when last asked", config::JoinList(silent)));
}

}  // namespace

void AddMetrics(const Monitored& monitored, observe::MetricRegistry& metrics) {
  observe::AddProcessMetrics(metrics);
  AddCatalogMetrics(monitored, metrics);
  AddAuditMetrics(monitored, metrics);
  AddTableMetrics(monitored.tables, metrics);
}

void AddHealthParts(const Monitored& monitored, Health& health) {
  health.AddPart("catalog", [&catalog = monitored.catalog, &clock = monitored.clock] {
    return CatalogHealth(catalog, clock.Now());
  });
  if (const audit::Journal* const journal = monitored.governance.journal.get()) {
    health.AddPart(
        "audit", [journal, shipper = monitored.shipper, is_required = monitored.is_audit_required] {
          PartHealth journals = JournalHealth(*journal, is_required);
          if (journals.state != PartHealth::State::kOk) return journals;
          return ShippingHealth(*shipper);
        });
  }
  health.AddPart("stores", [&stores = monitored.stores] { return StoresHealth(stores); });
}

void AddServerMetrics(const http::Server& server, std::int64_t workers,
                      observe::MetricRegistry& metrics) {
  AddGauge(metrics, "sluice_http_connections", "Connections open.",
           [&server] { return static_cast<double>(server.open_connections()); });
  AddGauge(metrics, "sluice_workers", "Threads of the worker pool.",
           [workers] { return static_cast<double>(workers); });
  AddGauge(metrics, "sluice_workers_busy", "Threads of the worker pool that work.",
           [&server] { return static_cast<double>(server.worker_load().busy); });
  AddGauge(metrics, "sluice_workers_queued_requests", "Requests that wait for a worker.",
           [&server] { return static_cast<double>(server.worker_load().queued_requests); });
}

void MonitorCertificate(const http::TlsContext& tls, const Clock& clock,
                        observe::MetricRegistry& metrics, Health& health) {
  health.AddPart("certificate",
                 [&tls, &clock] { return CertificateHealth(tls.ExpiresAt(), clock.Now()); });
  AddGauge(metrics, "sluice_tls_certificate_expiry_timestamp_seconds",
           "When the certificate in use ends.",
           [&tls] { return static_cast<double>(tls.ExpiresAt().time_since_epoch().count()); });
}

}  // namespace sluice::server
