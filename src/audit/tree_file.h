#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/file_access.h"
#include "audit/merkle.h"

namespace sluice::audit {

/// The file of a growing tree's hashes, see StoredHashIndex. Reading is thread-safe and may go on
/// while one thread writes behind what is read.
class TreeFile {
 public:
  /// Makes the file if there is none, and keeps other processes from opening it like this. Errors:
  /// kUnavailable.
  static Result<TreeFile> Open(const SystemCalls& calls, std::string path);

  /// Hashes in the file, a torn one at its end left out.
  Result<std::int64_t> Count() const;
  /// Errors: kCorruptData if the file is shorter.
  Result<Hash> Read(std::int64_t index) const;
  ReadHash Reader() const;

  Result<void> Write(std::int64_t index, const std::vector<Hash>& hashes);
  Result<void> Truncate(std::int64_t count);
  Result<void> Sync();

 private:
  TreeFile(const SystemCalls& calls, std::string path, FileDescriptor file)
      : calls_(&calls), path_(std::move(path)), file_(std::move(file)) {}

  const SystemCalls* calls_;
  std::string path_;
  FileDescriptor file_;
};

}  // namespace sluice::audit
