#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/database.h"

namespace sluice::catalog {

// The few statements that every kind of object needs. Names of tables and columns become SQL as
// they are; what comes from outside is always a parameter. Errors: those of db::Connection, and
// these.

struct Field {
  std::string_view column;
  db::Value value;
};
struct Target {
  std::string_view table;
  std::string_view key;  ///< The columns by which the row is known, separated by commas.
};
/// Inserts a row, or replaces the fields of the one with the same key.
Result<void> Upsert(db::Connection& connection, const Target& target,
                    const std::vector<Field>& fields);

Result<bool> Exists(db::Connection& connection, std::string_view table, std::string_view id);

/// The id of the object with this name in any case; empty if there is none.
Result<std::string> IdOfName(db::Connection& connection, std::string_view table,
                             std::string_view name);

struct NamedObject {
  std::string_view table;
  std::string_view what;  ///< "share", for the error.
  std::string_view id;
  std::string_view name;
};
/// Errors: kAlreadyExists if another object has the name. What is broken is found before it is
/// written, since an error of PostgreSQL would end the transaction.
Result<void> CheckNameIsFree(db::Connection& connection, const NamedObject& object);
/// Errors: kNotFound if there is no row with this id.
Result<void> DeleteRow(db::Connection& connection, const NamedObject& object);

}  // namespace sluice::catalog
