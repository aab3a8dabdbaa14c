#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::storage {

/// Where a data file of a table lies, decoded and normalised.
struct DataPath {
  std::string
      path;  ///< Below the table's root, without a leading '/'; else canonical (location.h).
  bool is_absolute = false;  ///< Outside the table's root.

  friend bool operator==(const DataPath&, const DataPath&) = default;
};

/// Reads the path of a data file as a Delta log spells it (Delta's PROTOCOL.md, "Add File and
/// Remove File"): a percent-encoded path relative to the table's root, or an absolute path or URI.
/// It is decoded exactly once. An absolute path below `table_root` (canonical) becomes relative;
/// one without a scheme is in the root's own bucket. Errors: kCorruptData if it is empty, longer
/// than 4,096 bytes, badly encoded, holds a NUL or names no file; kUnsupported if it has a ".."
/// segment or leads into a `_delta_log`; kNotImplemented if a remote table's file is on this
/// machine, or the other way round.
Result<DataPath> ResolveDataPath(std::string_view table_root, std::string_view log_path);

/// The canonical path of a file of a table.
std::string FullPath(std::string_view table_root, const DataPath& data_path);

}  // namespace sluice::storage
