#include "delta/delta_table.h"

#include <mutex>
#include <optional>
#include <utility>

#include "delta/features.h"
#include "delta/history.h"
#include "delta/kept_snapshots.h"
#include "delta/log_reader.h"
#include "delta/log_segment.h"

namespace sluice::delta {
namespace {

using table::Layout;

/// More commits than this at once, and the log is read anew: there may be a checkpoint by now.
constexpr std::int64_t kMaxCommitsToCatchUp = 1'000;

Result<table::SnapshotPtr> CheckedSnapshot(Result<LoadedSnapshot> loaded) {
  table::SnapshotPtr snapshot = TRY(std::move(loaded)).snapshot;
  TRY(CheckReadable(snapshot->protocol(), snapshot->metadata()));
  return snapshot;
}

// The versions of a table. Shared by the table and the histories opened of it.
class Versions {
 public:
  Versions(std::shared_ptr<storage::ObjectStore> store, std::string log_directory)
      : reader_(std::move(store), std::move(log_directory)) {}

  Result<table::SnapshotPtr> Latest() {
    const std::lock_guard lock(latest_mutex_);
    return CheckedSnapshot(RefreshLatest());
  }

  Result<table::SnapshotPtr> At(std::int64_t version, const std::optional<Layout>& layout) {
    if (version < 0) {
      return InvalidArgument("Cannot load table version {}: versions count from 0", version);
    }
    return CheckedSnapshot(FindOrLoad(version, layout));
  }

  std::size_t memory_bytes() const { return kept_.memory_bytes(); }

 private:
  Result<LoadedSnapshot> RefreshLatest() {
    const auto known = kept_.Latest();
    if (!known) return ReloadLatest();
    const auto tail = TRY(reader_.FindTail(*known, kMaxCommitsToCatchUp));
    if (!tail.is_current) {
      kept_.Clear();  // of another table
      return ReloadLatest();
    }
    return CatchUp(*known, tail);
  }

  // Reads the log from its beginning. A failure that may pass loses nothing.
  Result<LoadedSnapshot> ReloadLatest() {
    auto loaded = reader_.LoadLatest();
    if (loaded.ok()) {
      kept_.MoveLatest(*loaded);
    } else if (loaded.error().code != ErrorCode::kUnavailable) {
      kept_.Clear();
    }
    return loaded;
  }

  Result<LoadedSnapshot> CatchUp(const LoadedSnapshot& known, const LogReader::Tail& tail) {
    const std::int64_t from = known.snapshot->version().value();
    if (tail.newest == from) return known;
    if (tail.newest - from > kMaxCommitsToCatchUp) return ReloadLatest();
    auto extended = reader_.Extend(known, tail.newest, tail.commit);
    if (!extended.ok()) return ReloadFromCheckpoint(from, std::move(extended).error());
    if (!*extended) return ReloadLatest();
    kept_.MoveLatest(**extended);
    return **std::move(extended);
  }

  // A commit that cannot be read does not matter once a checkpoint stands for it; else `error`.
  Result<LoadedSnapshot> ReloadFromCheckpoint(std::int64_t from, Error error) {
    if (error.code == ErrorCode::kUnavailable) return error;
    if (error.code == ErrorCode::kNotFound)
      return ReloadLatest();  // it went away while it was read
    if (!TRY(reader_.HasCheckpointAfter(from))) return error;
    return ReloadLatest();
  }

  Result<LoadedSnapshot> FindOrLoad(std::int64_t version, const std::optional<Layout>& layout) {
    if (auto found = TRY(FindCurrent(version, layout))) return *std::move(found);
    const std::lock_guard lock(older_mutex_);
    // Another request may have loaded it meanwhile.
    if (auto found = TRY(FindCurrent(version, layout))) return *std::move(found);
    LoadedSnapshot loaded = TRY(LoadOlder(version, layout));
    kept_.Keep(loaded);
    return loaded;
  }

  Result<std::optional<LoadedSnapshot>> FindCurrent(std::int64_t version,
                                                    const std::optional<Layout>& layout) {
    auto found = kept_.Find(version, layout);
    if (found && !TRY(reader_.IsCurrent(*found))) found.reset();
    return found;
  }

  Result<LoadedSnapshot> LoadOlder(std::int64_t version, const std::optional<Layout>& layout) {
    const auto base = kept_.FindBefore(version, layout);
    if (base && version - base->snapshot->version().value() <= kMaxCommitsToCatchUp) {
      auto extended = TRY(ExtendCurrent(*base, version));
      if (extended) return *std::move(extended);
    }
    return reader_.LoadVersion(version, layout);
  }

  // None if the log must be read instead, which knows of checkpoints and what to say.
  Result<std::optional<LoadedSnapshot>> ExtendCurrent(const LoadedSnapshot& base,
                                                      std::int64_t version) {
    std::optional<LoadedSnapshot> none;
    if (!TRY(reader_.IsCurrent(base))) return none;
    auto extended = reader_.Extend(base, version);
    if (!extended.ok() && extended.error().code != ErrorCode::kUnavailable) return none;
    return extended;
  }

  const LogReader reader_;
  KeptSnapshots kept_;
  std::mutex latest_mutex_;  ///< Held while the latest version is read.
  std::mutex older_mutex_;   ///< Held while an older version is read: one at a time.
};

class DeltaTable final : public table::Table {
 public:
  DeltaTable(std::shared_ptr<storage::ObjectStore> store, std::string root)
      : store_(std::move(store)),
        root_(std::move(root)),
        versions_(std::make_shared<Versions>(store_, LogDirectory())) {}

  Result<table::SnapshotPtr> Latest() override { return versions_->Latest(); }

  Result<table::SnapshotPtr> At(table::Version version,
                                const std::optional<Layout>& layout) override {
    return versions_->At(version.value(), layout);
  }

  Result<table::Version> LatestVersion() override {
    const LogSegment segment = TRY(FindLogSegment(*store_, LogDirectory()));
    return segment.version;
  }

  Result<table::HistoryPtr> OpenHistory() override {
    // Listed first, so that the metadata is not older than the commits.
    const auto commits = TRY(ListCommits(*store_, LogDirectory()));
    const table::SnapshotPtr latest = TRY(versions_->Latest());
    return delta::OpenHistory({.store = store_,
                               .root = root_,
                               .snapshot_at =
                                   [versions = versions_](table::Version version) {
                                     return versions->At(version.value(), std::nullopt);
                                   }},
                              commits, latest->metadata());
  }

  std::size_t memory_bytes() const override { return versions_->memory_bytes(); }

 private:
  std::string LogDirectory() const { return root_ + "/_delta_log"; }

  const std::shared_ptr<storage::ObjectStore> store_;
  const std::string root_;
  const std::shared_ptr<Versions> versions_;
};

}  // namespace

std::unique_ptr<table::Table> NewDeltaTable(std::shared_ptr<storage::ObjectStore> store,
                                            std::string root) {
  return std::make_unique<DeltaTable>(std::move(store), std::move(root));
}

}  // namespace sluice::delta
