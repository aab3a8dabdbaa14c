#pragma once

#include <memory>
#include <vector>

#include "audit/shipper.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/data_directory.h"
#include "config/server_options.h"
#include "db/database.h"
#include "server/governance.h"

namespace sluice::server {

/// Where this node's records go, and where all nodes' records are read back.
struct Shipping {
  /// With SQLite: audit.db in the data directory, a file of its own, so that changes of the catalog
  /// never wait for records. Null with PostgreSQL, where it is the catalog's.
  std::unique_ptr<db::Database> own_database;
  db::Database* records = nullptr;
  std::unique_ptr<audit::Shipper> shipper;  ///< Null with `audit: off`.
};

/// What of the server it needs; all must outlive it.
struct ShippingParts {
  const config::ServerOptions& options;
  const catalog::DataDirectory& data;
  const Governance& governance;
  const catalog::Catalog& catalog;  ///< Tells regions.
  const Clock& clock;
};
/// Begins to ship. Errors: kUnavailable, kCorruptData if audit.db cannot be opened; those of
/// db::Migrate. What a shared database or the other destinations lack is tried again later.
Result<Shipping> OpenShipping(const ShippingParts& parts);

}  // namespace sluice::server
