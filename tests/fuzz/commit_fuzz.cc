// A table's log is written by others. Input: commits, the oldest first, parted by a byte 0x1e.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "delta/replay.h"
#include "fuzz_snapshot.h"

namespace {

using sluice::Result;
using sluice::delta::ReadCommit;
using sluice::delta::Replay;
using sluice::table::SnapshotPtr;
using sluice::table::Version;

constexpr std::size_t kMaxCommits = 50;

std::vector<std::string_view> SplitCommits(std::string_view text) {
  std::vector<std::string_view> commits;
  while (commits.size() < kMaxCommits) {
    const std::size_t end = text.find('\x1e');
    commits.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return commits;
}

Result<SnapshotPtr> Load(const std::vector<std::string_view>& commits) {
  Replay replay;
  for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
    replay.BeginCommit();
    TRY(ReadCommit(*commit, "commit", replay));
  }
  return std::move(replay).FinishSnapshot(Version(static_cast<std::int64_t>(commits.size())));
}

Result<SnapshotPtr> Extend(const SnapshotPtr& snapshot, std::string_view commit) {
  Replay replay;
  replay.BeginCommit();
  TRY(ReadCommit(commit, "commit", replay));
  const Version next(snapshot->version().value() + 1);
  return snapshot->Extend(std::move(replay).FinishChange(next, snapshot->metadata()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto commits = SplitCommits({reinterpret_cast<const char*>(data), size});
  const auto whole = Load(commits);
  if (whole.ok()) sluice::WalkSnapshot(**whole);

  // The same, caught up commit by commit.
  auto snapshot = Load({commits[0]});
  for (std::size_t i = 1; snapshot.ok() && i < commits.size(); ++i) {
    snapshot = Extend(*snapshot, commits[i]);
  }
  if (!snapshot.ok()) return 0;
  sluice::WalkSnapshot(**snapshot);
  CHECK(whole.ok(), "a log that can be caught up can be loaded");
  CHECK((*whole)->file_count() == (*snapshot)->file_count(), "both ways give the same files");
  CHECK((*whole)->total_bytes() == (*snapshot)->total_bytes(), "both ways give the same bytes");
  return 0;
}
