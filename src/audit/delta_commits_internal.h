#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::audit {

/// The commits of a Delta table in a folder of this machine, to which several processes append.
/// Source: Delta Transaction Log Protocol, "Delta log entries". Errors: kUnavailable. Not
/// thread-safe.
class DeltaCommits {
 public:
  static constexpr std::size_t kMaxCommitBytes = 64 << 20;

  /// Makes the folder and its `_delta_log` below one that is there.
  static Result<DeltaCommits> Open(const std::string& table_folder);

  /// The latest version; -1 if there is no commit.
  std::int64_t latest() const { return latest_; }
  /// Looks for later commits of others.
  Result<void> Refresh();
  /// Writes `actions`, a line of JSON each, as the next version, and makes it durable. False, and
  /// nothing written, if somebody else's commit has it.
  Result<bool> TryAppend(std::string_view actions);
  Result<std::string> Read(std::int64_t version) const;

 private:
  explicit DeltaCommits(std::string folder) : folder_(std::move(folder)) {}
  std::string PathOf(std::int64_t version) const;

  std::string folder_;  ///< _delta_log
  std::int64_t latest_ = -1;
};

/// Writes a new file, mode 0600, and makes it and its name durable. Errors: kAlreadyExists,
/// kUnavailable.
Result<void> WriteNewFile(const std::string& path, std::string_view bytes);
/// Replaces a file, or makes it, likewise: at any time there is the old one or the new one.
/// By one writer at a time.
Result<void> ReplaceFile(const std::string& path, std::string_view bytes);
/// Makes a folder, mode 0700, below one that is there, unless it is there too.
Result<void> MakeFolder(const std::string& path);

}  // namespace sluice::audit
