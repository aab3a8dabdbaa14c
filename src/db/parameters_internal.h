#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "db/database.h"

namespace sluice::db {

/// What every backend refuses, so that all refuse the same: a text with a NUL, which PostgreSQL
/// cannot keep, and one that is not UTF-8. Errors: kInvalidArgument.
Result<void> CheckParameters(std::span<const Value> parameters);
/// The same of each row. A row that is not as long as the columns is a bug.
Result<void> CheckRows(const BulkInsert& rows);

/// "a, b, c"
std::string ColumnList(const BulkInsert& rows);

}  // namespace sluice::db
