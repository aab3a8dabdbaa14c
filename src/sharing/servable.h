#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "table/snapshot.h"

namespace sluice::sharing {

/// Where a table lies, and where else its data files may.
struct TableRoots {
  std::string root;  ///< Absolute, normalised.
  std::span<const std::string> allowed_roots;
};

/// Whether every live file of a snapshot may be handed to recipients. Errors: kUnsupported if a
/// file has a deletion vector, whose deleted rows must not reach a reader that would not apply it,
/// or lies outside the table's root and the allowed ones; those of storage::ResolveDataPath for
/// files of absolute path.
Result<void> CheckServable(const table::Snapshot& snapshot, const TableRoots& roots);

}  // namespace sluice::sharing
