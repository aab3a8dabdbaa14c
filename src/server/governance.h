#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "audit/prices.h"
#include "audit/quota_leases.h"
#include "audit/shipper.h"
#include "audit/usage.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/data_directory.h"
#include "catalog/store.h"
#include "config/server_options.h"
#include "crypto/key_ring.h"
#include "crypto/signing_key.h"
#include "db/database.h"
#include "observe/metrics.h"

namespace sluice::server {

/// What a server keeps between its runs: the managed catalog, and the records of its decisions.
struct Governance {
  std::string node;  ///< What this server calls itself in records.
  std::unique_ptr<db::Database> database;
  std::unique_ptr<catalog::Store> store;
  std::unique_ptr<audit::Journal> journal;  ///< Null with `audit: off`.
  crypto::PublicKeyBytes public_key{};      ///< Of the key that signs the journal's heads.
  /// Where records are shipped: in SQLite a file of its own, so that writing them delays no change.
  std::unique_ptr<db::Database> own_records;
  /// To PostgreSQL, connections of their own that give up soon: requests may wait for a lease.
  std::unique_ptr<db::Database> lease_database;
  std::unique_ptr<audit::LeaseSource> leases;  ///< Of a fleet, or of one server and its restarts.
  std::optional<audit::PriceList> prices;      ///< None: usage has no cost.
  db::Database& records() const { return own_records ? *own_records : *database; }
};

/// What it needs that is not its own; both must outlive it.
struct Outside {
  const Clock& clock;
  observe::MetricRegistry& metrics;
};

/// Opens the catalog's database, brings its tables up to date, and opens the journal in the data
/// directory. Errors: kUnavailable if the database cannot be reached;
/// kUnsupported if it is of a newer version; those of Journal::Open.
Result<Governance> OpenGovernance(const config::ServerOptions& options,
                                  const catalog::DataDirectory& data, const crypto::KeyRing& keys,
                                  const Outside& outside);

/// Will copy the journal into the database, and into the file and the table that the settings name.
/// Null without a journal. All must outlive it.
std::unique_ptr<audit::Shipper> MakeShipper(const config::ServerOptions& options,
                                            const Governance& governance,
                                            audit::FindRegions regions, const Clock& clock);

}  // namespace sluice::server
