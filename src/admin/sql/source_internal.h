#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/sql/session_internal.h"

namespace sluice::admin::sql {

/// What a database in a statement is: one of the two.
struct Source {
  std::optional<catalog::LocationRoot> root;
  std::optional<catalog::ManagedShare> share;  ///< With its entries.
};

/// A database, or a part of it.
struct SourcePart {
  const Name& database;
  const Name* schema = nullptr;  ///< Null: all of the database.
  const Name* table = nullptr;   ///< Null: all of the schema.
};

/// Finds what `database` names; that it is the share itself to which something is done does not
/// count. Errors, at its place: kNotFound if it is neither a share that the caller may use nor a
/// root, kInvalidArgument if it is both.
Result<Source> FindSource(const Session& session, const Name& database, std::string_view share);

/// Requests that add a schema (one folder, or all that the share has in it) or a table to a share
/// under the names that they have. History is not shared. Errors have their place.
Result<std::vector<EntryRequest>> EntriesOf(const Session& session, const Source& source,
                                            const SourcePart& part);

/// Where a part of a database lies; nowhere if a share does not have it. Errors: kInvalidArgument
/// for names that cannot be, with their place.
Result<std::vector<std::string>> PlacesOf(const Session& session, const Source& source,
                                          const SourcePart& part);

/// Whether `location` is `place` or below it, however the two are spelled.
bool LiesWithin(const std::string& location, const std::string& place);

}  // namespace sluice::admin::sql
