#pragma once

#include <memory>

#include "audit/quota_leases.h"
#include "base/result.h"
#include "db/database.h"

namespace sluice::audit {

/// Brings the table of leases up to date. Errors: those of db::Migrate.
Result<void> PrepareLeaseTable(db::Database& database);

/// Leases in that table: in PostgreSQL for a fleet, in SQLite so that a node that starts again
/// knows what it had spent. Rows of windows that are over are deleted. `database` must outlive it;
/// what its calls wait at most, so does a read that needs a lease.
std::unique_ptr<LeaseSource> NewLeaseTable(db::Database& database);

}  // namespace sluice::audit
