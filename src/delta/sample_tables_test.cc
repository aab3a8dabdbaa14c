// The tables of tests/data, and of a larger collection where it is there, against what their makers
// and other readers say of them.

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>

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
    samples.push_back({.name = name,
                       .root = (tables / std::string(name) / "delta").string(),
                       .outcome = TextIn(expected, "outcome"),
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
  // They are whole, but need what no server knows.
  if (sample.name == "future-reader-version" || sample.name == "unknown-reader-feature")
    return false;
  return sample.outcome == "ok" || sample.outcome == "snapshot-only";
}

// The hash that expected.json has: over "path TAB size TAB cardinality of the vector LF", sorted by
// path.
std::string HashOfFiles(const table::Snapshot& snapshot) {
  const table::FileSelection selection = snapshot.Select({}, std::nullopt);
  std::vector<std::pair<std::string, std::string>> files;
  table::FileCursor cursor(selection);
  while (cursor.Next()) {
    const table::FileBlock& block = cursor.block();
    const table::DeletionVector* const vector = block.deletion_vector(cursor.row());
    files.emplace_back(block.path(cursor.row()),
                       Format("{}\t{}", block.size_bytes(cursor.row()),
                              vector != nullptr ? std::to_string(vector->cardinality) : ""));
  }
  std::sort(files.begin(), files.end());
  std::string lines;
  for (const auto& [path, rest] : files) lines += Format("{}\t{}\n", path, rest);
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

// Reads a log whose absolute paths were cut out when it was collected, with others in their place.
void ExpectReadableElsewhere(const SampleTable& sample, const std::string& placeholder,
                             const std::string& path) {
  SCOPED_TRACE(sample.name);
  const auto log = std::make_shared<LogStore>();
  int replaced = 0;
  for (const auto& entry : fs::directory_iterator(sample.root + "/_delta_log")) {
    if (!entry.is_regular_file()) continue;
    std::string text =
        storage::NewLocalStore()->ReadAll(entry.path().string(), kMaxExpectedBytes).value();
    for (std::size_t at; (at = text.find(placeholder)) != std::string::npos; ++replaced)
      text.replace(at, placeholder.size(), path);
    log->PutLog(entry.path().filename().string(), text);
  }
  EXPECT_GT(replaced, 0);
  SampleTable moved = sample;
  if (sample.name == "gen-shallow-clone") moved.files_sha256.clear();
  ExpectSnapshot(NewDeltaTable(log, "t")->Latest(), moved);
}

TEST(SampleTablesTest, OwnTablesAreReadAsTheyWereWritten) { EXPECT_EQ(LoadAll(OwnTables()), 29); }

TEST(SampleTablesTest, OwnTablesAreTheSameWhenTheirCommitsComeOneByOne) {
  EXPECT_EQ(CatchUpAll(OwnTables()), 25);
}

TEST(SampleTablesTest, OwnTablesThatNeedMoreAreRefusedByName) {
  const auto refusal = [](const std::string& name) {
    const std::string root = Format("{}/tests/data/tables/{}/delta", SLUICE_SOURCE_DIR, name);
    const auto latest = NewDeltaTable(storage::NewLocalStore(), root)->Latest();
    EXPECT_THAT(latest, FailsWith(ErrorCode::kUnsupported)) << name;
    return latest.ok() ? std::string() : latest.error().message;
  };
  EXPECT_THAT(refusal("future-reader-version"), testing::HasSubstr("reader version 9"));
  EXPECT_THAT(refusal("unknown-reader-feature"), testing::HasSubstr("timeMachine"));
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
  EXPECT_EQ(LoadAll(samples), 185);
}

TEST(SampleTablesTest, SharedTablesAreTheSameWhenTheirCommitsComeOneByOne) {
  const std::vector<SampleTable> samples = SharedTables();
  if (samples.empty()) GTEST_SKIP() << "no shared/testdata/delta beside the repository";
  EXPECT_EQ(CatchUpAll(samples), 179);
}

TEST(SampleTablesTest, SharedTablesWithAbsolutePathsAreReadInAnyPlace) {
  const std::vector<SampleTable> samples = SharedTables();
  if (samples.empty()) GTEST_SKIP() << "no shared/testdata/delta beside the repository";
  int count = 0;
  for (const SampleTable& sample : samples) {
    if (sample.name == "gen-shallow-clone") {
      ExpectReadableElsewhere(sample, "{{TABLE_DIR}}", "/data/tables/clone");
      ++count;
    } else if (sample.name == "table-with-dv-special-char") {
      ExpectReadableElsewhere(sample, "{{FOLDER_WITH_SPECIAL_CHAR}}", "/data/folder&with%25char");
      ++count;
    }
  }
  EXPECT_EQ(count, 2);
}

TEST(SampleTablesTest, SharedTablesThatNoReaderMayReadAreRefused) {
  const std::vector<SampleTable> samples = SharedTables();
  if (samples.empty()) GTEST_SKIP() << "no shared/testdata/delta beside the repository";
  std::map<std::string, int> refused;
  for (const SampleTable& sample : samples) {
    if (sample.outcome != "refuse" && sample.outcome != "catalog-managed") continue;
    const auto latest = NewDeltaTable(storage::NewLocalStore(), sample.root)->Latest();
    EXPECT_FALSE(latest.ok()) << sample.name;
    if (latest.ok()) continue;
    ++refused[sample.outcome];
    if (sample.outcome != "catalog-managed") continue;
    EXPECT_EQ(latest.error().message,
              "the table needs reader features that this server does not support: catalogManaged")
        << sample.name;
  }
  EXPECT_EQ(refused["refuse"], 8);
  EXPECT_EQ(refused["catalog-managed"], 2);
}

}  // namespace
}  // namespace sluice::delta
