#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/share_config.h"

namespace sluice::catalog {

struct FolderScanOptions {
  /// Folders that links may lead to, besides the scanned one.
  std::vector<std::string> allowed_roots = {};
  int max_depth = 32;
  std::size_t max_tables = 100'000;
  std::size_t max_directories = 1'000'000;
};

struct FolderScan {
  config::ConfiguredShare share;  ///< History is shared; locations are absolute paths.
  std::size_t table_count = 0;
  /// What was left out and why, for the log: unreadable folders, limits, an empty folder.
  std::vector<std::string> warnings;
};

/// Finds every Delta table below `folder`: a directory whose `_delta_log` holds a commit or a
/// checkpoint. The share is called as the folder; a schema is the path from there to the table's
/// parent with '/' as '_', or "default"; a table is called as its directory. Characters that names
/// may not have (and '.', where clients split) become '_', names are cut at 255 bytes, and of
/// tables that would share a name all but the first in byte order of their paths take _2, _3, ...
/// A name that only one table wants is never taken from it. `folder` may itself be one table.
///
/// Tables inside tables are not looked for. Links are followed into allowed roots only, after all
/// real directories, and no directory is entered twice: who can write below `folder` cannot share
/// what lies elsewhere, and loops end. The same tree always gives the same answer.
/// Errors: kNotFound or kUnavailable if `folder` is missing, no directory or unreadable.
Result<FolderScan> ScanFolder(const std::string& folder, const FolderScanOptions& options = {});

}  // namespace sluice::catalog
