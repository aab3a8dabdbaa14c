#pragma once

// When a version was committed: the time that the store gives its commit file, each at least a
// millisecond after the one before it; or, where the table property
// delta.enableInCommitTimestamps says so, the time in the commit itself:
//
//   {"commitInfo":{"inCommitTimestamp":1704067200000,...}}
//
// Source: Delta PROTOCOL.md, "In-Commit Timestamps".

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delta/log_segment.h"
#include "storage/object_store.h"
#include "table/metadata.h"

namespace sluice::delta {

/// The first version whose commit tells its own time; none if commits need not. `latest` is the
/// metadata of the newest version. Errors: kCorruptData.
Result<std::optional<std::int64_t>> FirstInCommitTimestamp(const table::Metadata& latest);

/// The times of a run of commits, growing strictly with the version. Those that stand in commits
/// are read when asked for, and kept. Thread-safe.
class CommitTimes {
 public:
  /// `commits` ascending, without a gap, not empty.
  CommitTimes(std::shared_ptr<storage::ObjectStore> store, std::string log_directory,
              const std::vector<CommitEntry>& commits, std::optional<std::int64_t> first_in_commit);

  std::int64_t earliest() const { return earliest_; }
  std::int64_t latest() const {
    return earliest_ + static_cast<std::int64_t>(file_times_.size()) - 1;
  }

  /// Errors: kInvalidArgument if `version` is not among the commits; kCorruptData if a commit does
  /// not tell its time; kUnavailable.
  Result<SystemTime> TimeOf(std::int64_t version);
  /// How many commits, from the earliest on, are before `time`, or at it when `or_at`. Reads about
  /// log2 of the commits. Errors: those of TimeOf.
  Result<std::size_t> CountBefore(SystemTime time, bool or_at);
  /// Keeps what a commit that was read says, so that it need not be read again.
  void Note(std::int64_t version, std::int64_t in_commit_timestamp_ms);

 private:
  Result<SystemTime> TimeAt(std::size_t index);
  Result<SystemTime> InCommitTime(std::size_t index);
  Result<std::int64_t> ReadInCommitTime(const std::string& path);
  Result<std::string> ReadFirstLine(const std::string& path);

  const std::shared_ptr<storage::ObjectStore> store_;
  const std::string log_directory_;
  const std::int64_t earliest_;
  std::vector<SystemTime> file_times_;  ///< Of each commit, made to grow strictly.
  std::size_t first_in_commit_;         ///< Index; file_times_.size() if there is none.
  std::mutex mutex_;                    ///< Guards what follows; not held while reading.
  std::unordered_map<std::size_t, SystemTime> in_commit_times_;  ///< By index.
};

}  // namespace sluice::delta
