#include "delta/log_reader.h"

#include <algorithm>
#include <future>
#include <utility>

#include "delta/checkpoint.h"
#include "delta/checksum.h"
#include "observe/trace.h"
#include "storage/read_ahead.h"

namespace sluice::delta {
namespace {

constexpr std::uint64_t kMaxChecksumBytes = 64 << 20;
constexpr std::int64_t kMaxCommitsInOrder = 1'000'000;

// Whether the files listed under one metadata mean the same under the other.
bool ReadsFilesAlike(const table::Metadata& a, const table::Metadata& b) {
  const auto mapping = [](const table::Metadata& metadata) {
    const std::string* const mode = metadata.FindProperty("delta.columnMapping.mode");
    return mode != nullptr ? *mode : std::string("none");
  };
  return a.schema_string == b.schema_string && a.partition_columns == b.partition_columns &&
         mapping(a) == mapping(b);
}

// Commits follow their checkpoint at once.
table::Layout LayoutOf(const LogSegment& segment) {
  if (segment.checkpoint_parts.empty()) return {};
  if (segment.commits.empty()) return {.checkpoint = segment.version};
  return {.checkpoint = table::Version(segment.commits.front().first - 1)};
}

bool IsCompacted(const CommitFile& file) { return file.first != file.last; }

Error CannotOrder(std::int64_t version) {
  return InvalidArgument("Cannot load table version {}: the order of its files has been lost",
                         version);
}

}  // namespace

Result<LoadedSnapshot> LogReader::LoadLatest() const {
  return Load(TRY(FindLogSegment(*store_, log_directory_)));
}

Result<LoadedSnapshot> LogReader::LoadVersion(std::int64_t version,
                                              const std::optional<table::Layout>& layout) const {
  return Load(TRY(FindSegment(version, layout)));
}

// A compacted file has its files in another order than the commits that it stands in for.
Result<LogSegment> LogReader::FindSegment(std::int64_t version,
                                          const std::optional<table::Layout>& layout) const {
  LogSegment segment = TRY(FindLogSegment(*store_, log_directory_, version));
  if (!layout) return segment;
  const bool in_order =
      LayoutOf(segment) == *layout && std::ranges::none_of(segment.commits, IsCompacted);
  if (in_order) return segment;
  return RebuildSegment(version, *layout);
}

// The files that made a version before there was a newer checkpoint.
Result<LogSegment> LogReader::RebuildSegment(std::int64_t version,
                                             const table::Layout& layout) const {
  LogSegment segment{.version = table::Version(version)};
  std::int64_t first = 0;
  if (layout.checkpoint) {
    const std::int64_t checkpoint = layout.checkpoint->value();
    if (checkpoint < 0 || checkpoint > version) return CannotOrder(version);
    auto at_checkpoint = FindLogSegment(*store_, log_directory_, checkpoint);
    if (!at_checkpoint.ok()) {
      const bool is_gone = at_checkpoint.error().code == ErrorCode::kInvalidArgument;
      return is_gone ? CannotOrder(version) : std::move(at_checkpoint).error();
    }
    if (LayoutOf(*at_checkpoint) != layout) return CannotOrder(version);
    segment.checkpoint_parts = std::move(at_checkpoint->checkpoint_parts);
    first = checkpoint + 1;
  }
  if (version - first >= kMaxCommitsInOrder) return CannotOrder(version);
  for (std::int64_t next = first; next <= version; ++next) {
    segment.commits.push_back({.name = CommitName(next), .first = next, .last = next});
  }
  // Logs are cleaned from their beginning.
  if (first <= version && !TRY(StatCommit(first))) return CannotOrder(version);
  return segment;
}

Result<LoadedSnapshot> LogReader::Load(const LogSegment& segment) const {
  LoadedSnapshot loaded;
  // Asked before the log is read: one that is replaced meanwhile is then found out at the next
  // look.
  loaded.commit = TRY(StatCommit(segment.version.value()));
  auto snapshot = ReadSegment(segment);
  if (!snapshot.ok()) {
    if (snapshot.error().code != ErrorCode::kNotFound) return std::move(snapshot).error();
    return WithDetail(Unavailable("the table's log changed while it was read"),
                      snapshot.error().ToString());  // the table is there: its log is being cleaned
  }
  loaded.snapshot = std::move(*snapshot);
  TRY(Verify(*loaded.snapshot));
  return loaded;
}

Result<std::optional<LoadedSnapshot>> LogReader::Extend(
    const LoadedSnapshot& base, std::int64_t version,
    std::optional<storage::ObjectInfo> commit) const {
  LoadedSnapshot extended{.snapshot = nullptr, .commit = std::move(commit)};
  if (!extended.commit) extended.commit = TRY(StatCommit(version));
  if (!extended.commit) return NotFound("{} does not exist", CommitName(version));
  std::vector<CommitFile> commits;
  for (std::int64_t next = version; next > base.snapshot->version().value(); --next) {
    commits.push_back({.name = CommitName(next), .first = next, .last = next});
  }
  Replay replay;
  TRY(ReplayCommits(commits, replay));
  const table::Metadata& before = base.snapshot->metadata();
  table::Change change = std::move(replay).FinishChange(table::Version(version), before);
  if (change.metadata && !ReadsFilesAlike(*change.metadata, before)) {
    return std::optional<LoadedSnapshot>();
  }
  extended.snapshot = TRY(base.snapshot->Extend(std::move(change)));
  return std::optional(std::move(extended));
}

Result<bool> LogReader::IsCurrent(const LoadedSnapshot& loaded) const {
  if (!loaded.commit) return true;
  const auto now = TRY(StatCommit(loaded.snapshot->version().value()));
  return now && storage::IsSameObject(*now, *loaded.commit);
}

Result<LogReader::Tail> LogReader::FindTail(const LoadedSnapshot& loaded,
                                            std::int64_t max_commits) const {
  return store_->is_remote() ? ListTail(loaded, max_commits) : StatTail(loaded, max_commits);
}

Result<LogReader::Tail> LogReader::StatTail(const LoadedSnapshot& loaded,
                                            std::int64_t max_commits) const {
  Tail tail{.is_current = TRY(IsCurrent(loaded)), .newest = loaded.snapshot->version().value()};
  const std::int64_t last = tail.newest + max_commits + 1;
  while (tail.is_current && tail.newest < last) {
    auto next = TRY(StatCommit(tail.newest + 1));
    if (!next) break;
    ++tail.newest;
    tail.commit = std::move(next);
  }
  return tail;
}

Result<LogReader::Tail> LogReader::ListTail(const LoadedSnapshot& loaded,
                                            std::int64_t max_commits) const {
  const std::int64_t known = loaded.snapshot->version().value();
  Tail tail{.is_current = !loaded.commit, .newest = known};
  // From the commit before the known one, so that its own entry is told too.
  std::string start_after = known > 0 ? CommitName(known - 1) : std::string();
  while (tail.newest <= known + max_commits) {
    const auto infos = TRY(store_->List({.directory = log_directory_, .start_after = start_after}));
    if (infos.empty()) break;
    start_after = infos.back().name;
    for (const storage::ObjectInfo& info : infos) {
      if (info.name == CommitName(known)) {
        tail.is_current = !loaded.commit || storage::IsSameObject(info, *loaded.commit);
      } else if (info.name == CommitName(tail.newest + 1)) {
        ++tail.newest;
        tail.commit = info;
      }
    }
    if (infos.size() < storage::kListPage) break;
  }
  return tail;
}

Result<std::optional<storage::ObjectInfo>> LogReader::StatCommit(std::int64_t version) const {
  auto info = store_->Stat(log_directory_ + "/" + CommitName(version));
  if (info.ok()) return std::optional(std::move(info).value());
  if (info.error().code != ErrorCode::kNotFound) return std::move(info).error();
  return std::optional<storage::ObjectInfo>();
}

Result<bool> LogReader::HasCheckpointAfter(std::int64_t version) const {
  const LogSegment segment = TRY(FindLogSegment(*store_, log_directory_));
  if (segment.checkpoint_parts.empty()) return false;
  return segment.commits.empty() || segment.commits.front().first > version + 1;
}

Result<void> LogReader::ReplayCommits(const std::vector<CommitFile>& commits,
                                      Replay& replay) const {
  std::vector<std::string> paths;
  for (const CommitFile& commit : commits) paths.push_back(log_directory_ + "/" + commit.name);
  storage::ReadAhead texts(*store_, paths, kMaxCommitBytes);
  for (std::size_t i = 0; i < commits.size(); ++i) {
    const std::string text = TRY(texts.Next());
    if (commits[i].first == commits[i].last) {
      replay.BeginCommit();
    } else {
      replay.BeginCompacted();
    }
    TRY(ReadCommit(text, paths[i], replay));
  }
  return {};
}

Result<table::SnapshotPtr> LogReader::ReadSegment(const LogSegment& segment) const {
  if (store_->is_remote() && !segment.checkpoint_parts.empty() && !segment.commits.empty()) {
    auto snapshot = TRY(ReadSideBySide(segment));
    if (snapshot != nullptr) return snapshot;
  }
  Replay replay;
  TRY(ReplayCommits({segment.commits.rbegin(), segment.commits.rend()}, replay));
  TRY(ReplayCheckpoint(segment, replay));
  return std::move(replay).FinishSnapshot(segment.version, LayoutOf(segment));
}

// Commits of a remote store are waited for, a checkpoint is decoded: together they take little
// longer than one of them. Nothing if the commits change how the checkpoint's files are read, or
// the checkpoint does not stand by itself.
Result<table::SnapshotPtr> LogReader::ReadSideBySide(const LogSegment& segment) const {
  LogSegment before = segment;
  before.commits.clear();
  before.version = table::Version(segment.commits.front().first - 1);
  auto at_checkpoint =
      std::async(std::launch::async, observe::InCurrentTrace([&]() -> Result<table::SnapshotPtr> {
                   Replay replay;
                   TRY(ReplayCheckpoint(before, replay));
                   return std::move(replay).FinishSnapshot(before.version, LayoutOf(before));
                 }));
  Replay replay;
  TRY(ReplayCommits({segment.commits.rbegin(), segment.commits.rend()}, replay));
  const auto base = at_checkpoint.get();
  if (!base.ok()) {
    if (base.error().code == ErrorCode::kCorruptData) return table::SnapshotPtr();
    return base.error();
  }
  table::Change change = std::move(replay).FinishChange(segment.version, (*base)->metadata());
  if (change.metadata && !ReadsFilesAlike(*change.metadata, (*base)->metadata())) {
    return table::SnapshotPtr();
  }
  return (*base)->Extend(std::move(change));
}

Result<void> LogReader::ReplayCheckpoint(const LogSegment& segment, Replay& replay) const {
  replay.BeginCheckpoint();
  return ReadCheckpoint(*store_, log_directory_, segment.checkpoint_parts, replay);
}

Result<void> LogReader::Verify(const table::Snapshot& snapshot) const {
  const std::string path = Format("{}/{:020}.crc", log_directory_, snapshot.version().value());
  const auto text = store_->ReadAll(path, kMaxChecksumBytes);
  if (text.ok()) return VerifyChecksum(*text, snapshot);
  const ErrorCode code = text.error().code;
  // Most versions have none; one of that length is not worth its reading.
  if (code == ErrorCode::kNotFound || code == ErrorCode::kTooLarge) return {};
  return text.error();
}

}  // namespace sluice::delta
