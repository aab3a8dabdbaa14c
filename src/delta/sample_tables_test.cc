// The tables of tests/data, and of a larger collection where it is there, against what their makers
// and other readers say of them.

#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "base/testing.h"
#include "crypto/hash.h"
#include "delta/delta_table.h"
#include "delta/testing.h"
#include "table/testing.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxExpectedBytes = 64 << 20;

struct SampleTable {
  std::string name;
  std::string root;
  std::string outcome;
  std::int64_t reader_version = 0;
  std::int64_t latest_version = 0;
  std::int64_t num_files = 0;
  std::int64_t size_in_bytes = 0;
  std::string files_sha256;
};

std::int64_t NumberIn(const json::object& object, std::string_view key) {
  const json::value* const value = FindMember(object, key);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}

std::string TextIn(const json::object& object, std::string_view key) {
  const json::value* const value = FindMember(object, key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// The tables that `folder`/expected.json describes; none if it is not there.
std::vector<SampleTable> TablesOf(const fs::path& folder, const fs::path& tables) {
  const auto text =
      storage::NewLocalStore()->ReadAll((folder / "expected.json").string(), kMaxExpectedBytes);
  if (!text.ok()) return {};
  const auto parsed = ParseJson(*text, {.max_bytes = kMaxExpectedBytes});
  EXPECT_THAT(parsed, IsOk());
  std::vector<SampleTable> samples;
  for (const auto& [name, value] : parsed->get_object()) {
    const json::object& expected = value.get_object();
    const json::value* const protocol = FindMember(expected, "protocol");
    samples.push_back({.name = name,
                       .root = (tables / std::string(name) / "delta").string(),
                       .outcome = TextIn(expected, "outcome"),
                       .reader_version = protocol != nullptr
                                             ? NumberIn(protocol->get_object(), "minReaderVersion")
                                             : 0,
                       .latest_version = NumberIn(expected, "latest_version"),
                       .num_files = NumberIn(expected, "num_files"),
                       .size_in_bytes = NumberIn(expected, "size_in_bytes"),
                       .files_sha256 = TextIn(expected, "files_sha256")});
  }
  return samples;
}

std::vector<SampleTable> OwnTables() {
  const fs::path folder = fs::path(SLUICE_SOURCE_DIR) / "tests" / "data";
  return TablesOf(folder, folder / "tables");
}

std::vector<SampleTable> SharedTables() {
  const char* const named = getenv("SLUICE_TESTDATA");
  const fs::path folder =
      named != nullptr ? fs::path(named)
                       : fs::path(SLUICE_SOURCE_DIR) / ".." / "shared" / "testdata" / "delta";
  return TablesOf(folder, folder);
}

bool IsReadable(const SampleTable& sample) {
  return (sample.outcome == "ok" || sample.outcome == "snapshot-only") &&
         sample.reader_version == 1;
}

// The hash that expected.json has: over "path TAB size TAB LF", sorted by path.
std::string HashOfFiles(const table::Snapshot& snapshot) {
  const table::FileSelection selection = snapshot.Select({}, std::nullopt);
  std::vector<std::pair<std::string, std::int64_t>> files;
  table::FileCursor cursor(selection);
  while (cursor.Next()) {
    files.emplace_back(cursor.block().path(cursor.row()), cursor.block().size_bytes(cursor.row()));
  }
  std::sort(files.begin(), files.end());
  std::string lines;
  for (const auto& [path, size] : files) lines += Format("{}\t{}\t\n", path, size);
  std::string hash;
  crypto::AppendSha256Hex(lines, hash);
  return hash;
}

void ExpectSnapshot(const Result<table::SnapshotPtr>& snapshot, const SampleTable& sample) {
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->version(), table::Version(sample.latest_version));
  EXPECT_EQ((*snapshot)->file_count(), static_cast<std::size_t>(sample.num_files));
  EXPECT_EQ((*snapshot)->total_bytes(), sample.size_in_bytes);
  // A table whose log names its own place has no one hash.
  if (sample.files_sha256.empty()) return;
  EXPECT_EQ(HashOfFiles(**snapshot), sample.files_sha256);
}

// Reads every readable table; how many there were.
int LoadAll(const std::vector<SampleTable>& samples) {
  int count = 0;
  for (const SampleTable& sample : samples) {
    if (!IsReadable(sample)) continue;
    SCOPED_TRACE(sample.name);
    ExpectSnapshot(NewDeltaTable(storage::NewLocalStore(), sample.root)->Latest(), sample);
    ++count;
  }
  return count;
}

// Gives a table its commits one by one, with a look at it after each; false if the first are gone.
bool CatchUpStepByStep(const SampleTable& sample) {
  const auto disk = storage::NewLocalStore();
  const auto log = std::make_shared<LogStore>();
  const auto table = NewDeltaTable(log, "t");
  Result<table::SnapshotPtr> latest = NotFound("no commit yet");
  for (std::int64_t version = 0; version <= sample.latest_version; ++version) {
    const auto commit =
        disk->ReadAll(sample.root + "/_delta_log/" + CommitName(version), kMaxExpectedBytes);
    if (!commit.ok()) return false;
    log->PutCommit(version, *commit);
    latest = table->Latest();
  }
  ExpectSnapshot(latest, sample);
  return true;
}

int CatchUpAll(const std::vector<SampleTable>& samples) {
  int count = 0;
  for (const SampleTable& sample : samples) {
    SCOPED_TRACE(sample.name);
    if (IsReadable(sample) && CatchUpStepByStep(sample)) ++count;
  }
  return count;
}

TEST(SampleTablesTest, OwnTablesAreReadAsTheyWereWritten) { EXPECT_EQ(LoadAll(OwnTables()), 17); }

TEST(SampleTablesTest, OwnTablesAreTheSameWhenTheirCommitsComeOneByOne) {
  EXPECT_EQ(CatchUpAll(OwnTables()), 14);
}

TEST(SampleTablesTest, OwnTablesThatNeedMoreAreRefusedByName) {
  int count = 0;
  for (const SampleTable& sample : OwnTables()) {
    if (sample.reader_version <= 1) continue;
    EXPECT_THAT(NewDeltaTable(storage::NewLocalStore(), sample.root)->Latest(),
                FailsWith(ErrorCode::kUnsupported))
        << sample.name;
    ++count;
  }
  EXPECT_EQ(count, 4);
}

TEST(SampleTablesTest, OwnBrokenTablesAreErrors) {
  for (const char* name :
       {"corrupt-commit", "log-gap", "no-metadata", "no-protocol", "truncated-checkpoint"}) {
    const std::string root = Format("{}/tests/data/tables/{}/delta", SLUICE_SOURCE_DIR, name);
    EXPECT_THAT(NewDeltaTable(storage::NewLocalStore(), root)->Latest(),
                FailsWith(ErrorCode::kCorruptData))
        << name;
  }
}

TEST(SampleTablesTest, SharedTablesAreReadAsOtherReadersReadThem) {
  const std::vector<SampleTable> samples = SharedTables();
  if (samples.empty()) GTEST_SKIP() << "no shared/testdata/delta beside the repository";
  EXPECT_EQ(LoadAll(samples), 133);
}

TEST(SampleTablesTest, SharedTablesAreTheSameWhenTheirCommitsComeOneByOne) {
  const std::vector<SampleTable> samples = SharedTables();
  if (samples.empty()) GTEST_SKIP() << "no shared/testdata/delta beside the repository";
  EXPECT_GE(CatchUpAll(samples), 120);
}

TEST(SampleTablesTest, SharedBrokenTablesAreErrors) {
  const std::vector<SampleTable> samples = SharedTables();
  if (samples.empty()) GTEST_SKIP() << "no shared/testdata/delta beside the repository";
  for (const SampleTable& sample : samples) {
    if (sample.outcome != "refuse") continue;
    EXPECT_FALSE(NewDeltaTable(storage::NewLocalStore(), sample.root)->Latest().ok())
        << sample.name;
  }
}

}  // namespace
}  // namespace sluice::delta
