#pragma once

#include <memory>

#include "audit/quota_leases.h"
#include "base/result.h"
#include "db/database.h"

namespace sluice::audit {

/// Leases in a table: in PostgreSQL for a fleet, in SQLite so that a node that starts again knows
/// what it had spent. Rows of windows that are over are deleted. `database` must outlive it. Brings
/// its table up to date. Errors: those of db::Migrate.
Result<std::unique_ptr<LeaseSource>> OpenLeaseTable(db::Database& database);

}  // namespace sluice::audit
