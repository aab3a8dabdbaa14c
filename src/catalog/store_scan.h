#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "catalog/folder_scan.h"
#include "storage/object_store.h"

namespace sluice::catalog {

/// Folders within a searched one, by their paths: whether each is a table.
using KnownFolders = std::unordered_map<std::string, bool>;

struct StoreScanOptions {
  int max_depth = 32;
  std::size_t max_tables = 100'000;
  std::size_t max_folders = 100'000;  ///< Tables among them.
  std::size_t requests_at_once = 16;
  /// Asked before each request, by several threads; its error ends the search.
  std::function<Result<void>()> may_go_on = [] { return Result<void>(); };
};

struct StoreScan {
  FolderScan found;
  KnownFolders known;        ///< For the next search.
  std::size_t requests = 0;  ///< How many lists were asked for.
};

/// Finds every Delta table below `folder` (a canonical path, see storage/location.h), by the same
/// rules as ScanFolder. A folder whose name would mean another place in a location ("..") is left
/// out. Unlike there, whatever cannot be read ends the search: half an answer would take tables
/// away.
///
/// A list costs money. A folder not seen before takes one for its `_delta_log` and one for its
/// folders, unless it is a table; one that was none in `known` takes one, and a table none at all:
/// that it is gone, its parent tells. What stays unseen by `known`: a table whose log was deleted
/// and whose data files were not.
/// Errors: those of ObjectStore::List and ListFolders, and of `may_go_on`.
Result<StoreScan> ScanStore(storage::ObjectStore& store, const std::string& folder,
                            const KnownFolders& known, const StoreScanOptions& options = {});

}  // namespace sluice::catalog
