#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "audit/system_calls.h"
#include "base/file_descriptor.h"
#include "base/result.h"

namespace sluice::audit {

// Reading and writing files at an offset. Errors are kUnavailable, with path and cause as detail.

/// "the audit log cannot be {verb}".
Error FileFault(std::string_view verb, const std::string& path, int error_number);

/// Errors also: kNotFound if there is none.
Result<FileDescriptor> OpenToRead(const std::string& path);
Result<std::int64_t> FileSize(const FileDescriptor& file, const std::string& path);
/// Reads up to `count` bytes, fewer at the end of the file alone, into `out`.
Result<void> ReadAt(const FileDescriptor& file, std::int64_t offset, std::size_t count,
                    std::string& out);
/// The whole file; empty if there is none.
Result<std::string> ReadWhole(const std::string& path);

/// Where bytes go.
struct WritePlace {
  const SystemCalls& calls;
  const FileDescriptor& file;
  const std::string& path;
};
/// Writes all of `bytes`. After an error some may have been written.
Result<void> WriteAt(const WritePlace& place, std::int64_t offset, std::string_view bytes);
Result<void> SyncFile(const WritePlace& place);
/// Makes the names in a folder durable.
Result<void> SyncDirectory(const SystemCalls& calls, const std::string& directory);

}  // namespace sluice::audit
