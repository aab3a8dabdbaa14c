#pragma once

#include <cstdint>

#include "audit/shipper.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/follower.h"
#include "http/server.h"
#include "http/tls.h"
#include "observe/metrics.h"
#include "server/governance.h"
#include "server/health.h"
#include "sharing/table_cache.h"
#include "storage/stores.h"

namespace sluice::server {

/// What an operator watches of a server. All of it must outlive the metrics and the health.
struct Monitored {
  const catalog::Catalog& catalog;
  const catalog::Follower& follower;
  const Governance& governance;
  const audit::Shipper* shipper = nullptr;  ///< Null without a journal.
  const sharing::TableCache& tables;
  const storage::Stores& stores;
  const Clock& clock;
  bool is_audit_required = true;  ///< A journal that cannot be written stops every read.
};

// The readings only look at memory: nobody waits for a store or a database here.

void AddMetrics(const Monitored& monitored, observe::MetricRegistry& metrics);
void AddHealthParts(const Monitored& monitored, Health& health);

/// Connections and workers of a server that runs.
void AddServerMetrics(const http::Server& server, std::int64_t workers,
                      observe::MetricRegistry& metrics);

/// When the certificate in use ends, as a metric and as a part of the health.
void MonitorCertificate(const http::TlsContext& tls, const Clock& clock,
                        observe::MetricRegistry& metrics, Health& health);

}  // namespace sluice::server
