#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/result.h"
#include "storage/data_path.h"

namespace sluice::storage {

/// Where data files may lie. Paths are absolute; they may lead through symbolic links.
struct LocalRoots {
  std::string table_root;
  /// Further directories that the owner allowed by name, for files that a log lists elsewhere.
  std::span<const std::string> allowed_roots;
};

struct LocalFile {
  FileDescriptor file;  ///< Of a regular file, open for reading.
  std::uint64_t size_bytes = 0;
  SystemTime modified_at;
  std::string etag;  ///< The header's value: size and modification time in ns, hex, in quotes.
};

/// Opens a data file. What counts is where the opened file really lies: it must be below the
/// table's root or an allowed one after all symbolic links, and not in a `_delta_log`.
/// Errors: kNotFound if there is no such regular file; kPermissionDenied if it lies elsewhere or
/// may not be read; kUnavailable for other faults. Thread-safe.
Result<LocalFile> OpenLocalFile(const LocalRoots& roots, const DataPath& data_path);

}  // namespace sluice::storage
