#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/snapshot.h"

namespace sluice::sharing {

/// Where a table lies, and where else its files may.
struct TableRoots {
  std::string root;  ///< Canonical, like the others.
  std::span<const std::string> allowed_roots;
};

/// Whether the owner allows files there that do not lie below the table's root.
bool IsAllowed(std::string_view path, const TableRoots& roots);

/// Whether every live file of a snapshot, and every bitmap of deleted rows, may be handed to
/// recipients. Errors: kUnsupported if one lies outside the table's root and the allowed ones;
/// those of storage::ResolveDataPath for files of absolute path.
Result<void> CheckServable(const table::Snapshot& snapshot, const TableRoots& roots);
/// The same for all files of a block.
Result<void> CheckServable(const table::FileBlock& block, const TableRoots& roots);

}  // namespace sluice::sharing
