#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/log_segment.h"
#include "delta/replay.h"
#include "storage/object_store.h"
#include "table/snapshot.h"

namespace sluice::delta {

inline constexpr std::uint64_t kMaxCommitBytes = std::uint64_t{4} << 30;

/// A snapshot, and what tells whether the log that it was read from is still there.
struct LoadedSnapshot {
  table::SnapshotPtr snapshot;
  /// The commit of its version; none if only a checkpoint told that version.
  std::optional<storage::ObjectInfo> commit;
};

/// Makes snapshots of the log in one folder. Keeps nothing. Thread-safe.
class LogReader {
 public:
  LogReader(std::shared_ptr<storage::ObjectStore> store, std::string log_directory)
      : store_(std::move(store)), log_directory_(std::move(log_directory)) {}

  /// Reads the newest version, and verifies it by the version's checksum file if there is one.
  /// Errors: those of FindLogSegment; kUnavailable if the log is cleaned meanwhile; kCorruptData.
  Result<LoadedSnapshot> LoadLatest() const;
  /// The same for `version`, with its files in the order of `layout` if one is given. Errors also:
  /// kInvalidArgument if what is left of the log cannot tell it, or not in that order.
  Result<LoadedSnapshot> LoadVersion(std::int64_t version,
                                     const std::optional<table::Layout>& layout) const;

  /// `base` with the commits up to `version`, which is after it and of which the store said
  /// `commit` if it was asked. None if they change how files are read that stay: then the log must
  /// be read anew. Errors: kNotFound if one of the commits is not there; kCorruptData;
  /// kUnavailable.
  Result<std::optional<LoadedSnapshot>> Extend(
      const LoadedSnapshot& base, std::int64_t version,
      std::optional<storage::ObjectInfo> commit = std::nullopt) const;

  /// False if the log does not hold the commit any more that `loaded` ends with: another table may
  /// have taken the place of the one that was read.
  Result<bool> IsCurrent(const LoadedSnapshot& loaded) const;

  /// What has become of the log since `loaded` was read: by two or more looks at single names, or
  /// by one list where that costs a request as well.
  struct Tail {
    bool is_current = true;                     ///< As by IsCurrent.
    std::int64_t newest = 0;                    ///< The newest commit that follows without a gap.
    std::optional<storage::ObjectInfo> commit;  ///< Of `newest`, if the look told.
  };
  /// Looks at no more than `max_commits` commits after `loaded`, and one further.
  Result<Tail> FindTail(const LoadedSnapshot& loaded, std::int64_t max_commits) const;

  /// What the store says of a commit; none if there is no such commit.
  Result<std::optional<storage::ObjectInfo>> StatCommit(std::int64_t version) const;

  /// True if a checkpoint stands for the commit after `version`, so that its text does not matter.
  Result<bool> HasCheckpointAfter(std::int64_t version) const;

 private:
  Result<LogSegment> FindSegment(std::int64_t version,
                                 const std::optional<table::Layout>& layout) const;
  Result<LogSegment> RebuildSegment(std::int64_t version, const table::Layout& layout) const;
  Result<LoadedSnapshot> Load(const LogSegment& segment) const;
  Result<Tail> StatTail(const LoadedSnapshot& loaded, std::int64_t max_commits) const;
  Result<Tail> ListTail(const LoadedSnapshot& loaded, std::int64_t max_commits) const;
  /// In the order given, which is that of replay: newest first.
  Result<void> ReplayCommits(const std::vector<CommitFile>& commits, Replay& replay) const;
  Result<table::SnapshotPtr> ReadSegment(const LogSegment& segment) const;
  Result<table::SnapshotPtr> ReadSideBySide(const LogSegment& segment) const;
  Result<void> ReplayCheckpoint(const LogSegment& segment, Replay& replay) const;
  Result<void> Verify(const table::Snapshot& snapshot) const;

  const std::shared_ptr<storage::ObjectStore> store_;
  const std::string log_directory_;
};

}  // namespace sluice::delta
