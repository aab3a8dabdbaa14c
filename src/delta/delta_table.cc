#include "delta/delta_table.h"

#include <mutex>
#include <optional>
#include <utility>

#include "delta/checkpoint.h"
#include "delta/features.h"
#include "delta/log_segment.h"
#include "delta/replay.h"

namespace sluice::delta {
namespace {

constexpr std::uint64_t kMaxCommitBytes = std::uint64_t{4} << 30;
/// More new commits than this at once, and the log is read anew: there may be a checkpoint by now.
constexpr std::int64_t kMaxCommitsToCatchUp = 1'000;

// Whether the files listed under one metadata mean the same under the other.
bool ReadsFilesAlike(const table::Metadata& a, const table::Metadata& b) {
  return a.schema_string == b.schema_string && a.partition_columns == b.partition_columns;
}

class DeltaTable final : public table::Table {
 public:
  DeltaTable(std::shared_ptr<storage::ObjectStore> store, const std::string& root)
      : store_(std::move(store)), log_directory_(root + "/_delta_log") {}

  Result<table::SnapshotPtr> Latest() override {
    const std::lock_guard lock(refresh_mutex_);
    auto refreshed = snapshot_ == nullptr ? Load() : CatchUp();
    Publish();
    const table::SnapshotPtr latest = TRY(std::move(refreshed));
    TRY(CheckReadable(latest->protocol(), latest->metadata()));
    return latest;
  }

  std::size_t memory_bytes() const override {
    const std::lock_guard lock(published_mutex_);
    return published_ != nullptr ? published_->memory_bytes() : 0;
  }

 private:
  void Publish() {
    const std::lock_guard lock(published_mutex_);
    published_ = snapshot_;
  }

  std::string CommitPath(std::int64_t version) const {
    return log_directory_ + "/" + CommitName(version);
  }

  Result<void> ReplayCommit(std::int64_t version, Replay& replay) {
    const std::string path = CommitPath(version);
    const std::string text = TRY(store_->ReadAll(path, kMaxCommitBytes));
    replay.BeginCommit();
    return ReadCommit(text, path, replay);
  }

  Result<void> ReplayLog(const LogSegment& segment, Replay& replay) {
    for (auto commit = segment.commits.rbegin(); commit != segment.commits.rend(); ++commit) {
      TRY(ReplayCommit(*commit, replay));
    }
    replay.BeginCheckpoint();
    for (const std::string& part : segment.checkpoint_parts) {
      TRY(ReadCheckpoint(*store_, log_directory_ + "/" + part, replay));
    }
    return {};
  }

  Result<table::SnapshotPtr> ReadLog() {
    const LogSegment segment = TRY(FindLogSegment(*store_, log_directory_));
    Replay replay;
    if (auto read = ReplayLog(segment, replay); !read.ok()) {
      if (read.error().code != ErrorCode::kNotFound) return std::move(read).error();
      return WithDetail(Unavailable("the table's log changed while it was read"),
                        read.error().ToString());  // the table is there: its log is being cleaned
    }
    return std::move(replay).FinishSnapshot(segment.version);
  }

  // Reads the log from its beginning. A failure that may pass loses nothing.
  Result<table::SnapshotPtr> Load() {
    auto loaded = ReadLog();
    if (loaded.ok()) {
      snapshot_ = *loaded;
      auto info = StatCommit(snapshot_->version().value());
      newest_commit_ = info.ok() ? std::move(info).value() : std::nullopt;
    } else if (loaded.error().code != ErrorCode::kUnavailable) {
      snapshot_ = nullptr;
    }
    return loaded;
  }

  // What tells that a commit is still the one that was read; nothing if there is no such commit.
  Result<std::optional<storage::ObjectInfo>> StatCommit(std::int64_t version) {
    auto info = store_->Stat(CommitPath(version));
    if (info.ok()) return std::optional(std::move(info).value());
    if (info.error().code != ErrorCode::kNotFound) return std::move(info).error();
    return std::optional<storage::ObjectInfo>();
  }

  // Another table may have taken the place of the one that was read.
  Result<bool> IsSameTable() {
    if (!newest_commit_) return true;  // only a checkpoint told that version
    const auto now = TRY(StatCommit(snapshot_->version().value()));
    return now && now->size_bytes == newest_commit_->size_bytes &&
           now->modified_at == newest_commit_->modified_at;
  }

  Result<table::SnapshotPtr> CatchUp() {
    if (!TRY(IsSameTable())) return Load();
    const std::int64_t known = snapshot_->version().value();
    std::int64_t newest = known;
    std::optional<storage::ObjectInfo> newest_info;
    while (newest - known <= kMaxCommitsToCatchUp) {
      auto info = TRY(StatCommit(newest + 1));
      if (!info) break;
      newest_info = std::move(info);
      ++newest;
    }
    if (newest == known) return snapshot_;
    if (newest - known > kMaxCommitsToCatchUp) return Load();
    Replay replay;
    for (std::int64_t version = newest; version > known; --version) {
      auto replayed = ReplayCommit(version, replay);
      if (!replayed.ok()) return LoadFromNewerCheckpoint(std::move(replayed).error());
    }
    table::Change change =
        std::move(replay).FinishChange(table::Version(newest), snapshot_->metadata());
    if (change.metadata && !ReadsFilesAlike(*change.metadata, snapshot_->metadata())) return Load();
    snapshot_ = TRY(snapshot_->Extend(std::move(change)));
    newest_commit_ = std::move(newest_info);
    return snapshot_;
  }

  // A commit that cannot be read does not matter once a checkpoint stands for it; else `error`.
  Result<table::SnapshotPtr> LoadFromNewerCheckpoint(Error error) {
    if (error.code == ErrorCode::kUnavailable) return error;
    const LogSegment segment = TRY(FindLogSegment(*store_, log_directory_));
    const std::int64_t next = snapshot_->version().value() + 1;
    const bool is_newer = segment.commits.empty() || segment.commits.front() > next;
    if (segment.checkpoint_parts.empty() || !is_newer) return error;
    return Load();
  }

  const std::shared_ptr<storage::ObjectStore> store_;
  const std::string log_directory_;
  std::mutex refresh_mutex_;  ///< Held while the log is read; guards the next two.
  table::SnapshotPtr snapshot_;
  std::optional<storage::ObjectInfo> newest_commit_;
  mutable std::mutex published_mutex_;  ///< Held for a moment; guards what follows.
  table::SnapshotPtr published_;
};

}  // namespace

std::unique_ptr<table::Table> NewDeltaTable(std::shared_ptr<storage::ObjectStore> store,
                                            std::string root) {
  return std::make_unique<DeltaTable>(std::move(store), root);
}

}  // namespace sluice::delta
