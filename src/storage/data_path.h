#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::storage {

/// Where a data file of a local table lies, decoded and normalised.
struct DataPath {
  std::string path;          ///< Below the table's root, without a leading '/'; else absolute.
  bool is_absolute = false;  ///< Outside the table's root.

  friend bool operator==(const DataPath&, const DataPath&) = default;
};

/// Reads the path of a data file as a Delta log spells it (Delta's PROTOCOL.md, "Add File and
/// Remove File"): a percent-encoded path relative to the table's root, or an absolute path or URI.
/// It is decoded exactly once. An absolute path below `table_root` (absolute, normalised) becomes
/// relative.
/// Errors: kCorruptData if it is empty, longer than 4,096 bytes, badly encoded, holds a NUL or
/// names no file; kUnsupported if it has a ".." segment or leads into a `_delta_log`;
/// kNotImplemented if it is on another scheme than the table.
Result<DataPath> ResolveDataPath(std::string_view table_root, std::string_view log_path);

}  // namespace sluice::storage
