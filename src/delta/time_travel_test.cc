// Every version of the tables in shared/testdata/delta, against what their makers and other readers
// say of it, in ascending and descending order: one extends what is kept, the other reads the log.

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ranges>
#include <set>

#include "base/json.h"
#include "base/testing.h"
#include "delta/delta_table.h"
#include "delta/log_segment.h"
#include "storage/object_store.h"
#include "table/testing.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

using table::PathsOf;

constexpr std::uint64_t kMaxExpectedBytes = 64 << 20;
constexpr int kReadableTables = 185;

struct ExpectedVersion {
  bool is_readable = false;  // else the log does not tell it any more
  std::int64_t files = 0;
  std::int64_t bytes = 0;
};

struct ExpectedTable {
  std::string name;
  std::string root;
  std::map<std::int64_t, ExpectedVersion> versions;
};

fs::path Folder() {
  const char* const named = getenv("SLUICE_TESTDATA");
  return named != nullptr ? fs::path(named)
                          : fs::path(SLUICE_SOURCE_DIR) / ".." / "shared" / "testdata" / "delta";
}

std::map<std::int64_t, ExpectedVersion> VersionsOf(const json::object& table) {
  std::map<std::int64_t, ExpectedVersion> versions;
  for (const auto& [version, value] : FindMember(table, "per_version")->get_object()) {
    const json::object& told = value.get_object();
    ExpectedVersion& expected = versions[std::stoll(std::string(version))];
    if (FindMember(told, "error") != nullptr) continue;
    expected = {.is_readable = true,
                .files = FindMember(told, "files")->get_int64(),
                .bytes = FindMember(told, "bytes")->get_int64()};
  }
  return versions;
}

// None if the folder is not there.
std::vector<ExpectedTable> ReadableTables() {
  std::vector<ExpectedTable> tables;
  const auto text =
      storage::NewLocalStore()->ReadAll((Folder() / "expected.json").string(), kMaxExpectedBytes);
  if (!text.ok()) return tables;
  const auto parsed = ParseJson(*text, {.max_bytes = kMaxExpectedBytes});
  EXPECT_THAT(parsed, IsOk());
  for (const auto& [name, value] : parsed->get_object()) {
    const json::object& table = value.get_object();
    const auto outcome = FindMember(table, "outcome")->get_string();
    if (outcome != "ok" && outcome != "snapshot-only") continue;
    tables.push_back({.name = name,
                      .root = (Folder() / std::string(name) / "delta").string(),
                      .versions = VersionsOf(table)});
  }
  return tables;
}

void ExpectVersion(table::Table& table, std::int64_t version, const ExpectedVersion& expected) {
  SCOPED_TRACE(version);
  const auto snapshot = table.At(table::Version(version), std::nullopt);
  if (!expected.is_readable) {
    EXPECT_THAT(snapshot, FailsWith(ErrorCode::kInvalidArgument));
    return;
  }
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->version(), table::Version(version));
  EXPECT_EQ((*snapshot)->file_count(), static_cast<std::size_t>(expected.files));
  EXPECT_EQ((*snapshot)->total_bytes(), expected.bytes);
}

class TimeTravelTest : public testing::Test {
 protected:
  void SetUp() override {
    tables_ = ReadableTables();
    if (tables_.empty()) GTEST_SKIP() << "no shared/testdata/delta beside the repository";
    ASSERT_EQ(tables_.size(), kReadableTables);
  }

  std::vector<ExpectedTable> tables_;
};

TEST_F(TimeTravelTest, VersionsAgreeInAscendingOrder) {
  for (const ExpectedTable& expected : tables_) {
    SCOPED_TRACE(expected.name);
    const auto table = NewDeltaTable(storage::NewLocalStore(), expected.root);
    for (const auto& [version, told] : expected.versions) ExpectVersion(*table, version, told);
  }
}

TEST_F(TimeTravelTest, VersionsAgreeInDescendingOrder) {
  for (const ExpectedTable& expected : tables_) {
    SCOPED_TRACE(expected.name);
    const auto table = NewDeltaTable(storage::NewLocalStore(), expected.root);
    EXPECT_THAT(table->Latest(), IsOk());
    for (const auto& [version, told] : std::views::reverse(expected.versions))
      ExpectVersion(*table, version, told);
  }
}

TEST_F(TimeTravelTest, VersionAfterTheLatestIsNotThere) {
  for (const ExpectedTable& expected : tables_) {
    const std::int64_t after = expected.versions.rbegin()->first + 1;
    const auto table = NewDeltaTable(storage::NewLocalStore(), expected.root);
    EXPECT_THAT(table->At(table::Version(after), std::nullopt),
                FailsWith(ErrorCode::kInvalidArgument))
        << expected.name;
  }
}

// Pages of one answer may come from a snapshot that was extended and one that was loaded anew.
TEST_F(TimeTravelTest, OrderOfFilesIsThatOfTheLayoutHoweverAVersionWasReached) {
  for (const ExpectedTable& expected : tables_) {
    SCOPED_TRACE(expected.name);
    const auto extended = NewDeltaTable(storage::NewLocalStore(), expected.root);
    for (const auto& [version, told] : expected.versions) {
      if (!told.is_readable) continue;
      SCOPED_TRACE(version);
      const auto one = extended->At(table::Version(version), std::nullopt);
      ASSERT_THAT(one, IsOk());
      const auto fresh = NewDeltaTable(storage::NewLocalStore(), expected.root);
      const auto other = fresh->At(table::Version(version), (*one)->layout());
      ASSERT_THAT(other, IsOk());
      EXPECT_EQ((*one)->layout(), (*other)->layout());
      EXPECT_EQ(PathsOf(**one), PathsOf(**other));
    }
  }
}

using Files = std::set<std::string>;

Files FilesOf(const table::FileBlock& block) {
  Files files;
  for (std::size_t row = 0; row < block.rows(); ++row) {
    const std::string_view id = block.deletion_vector_id(row);
    files.insert(std::string(block.path(row)) + (id.empty() ? "" : "#" + std::string(id)));
  }
  return files;
}

// The files after a commit, by the commit's own account.
Files Apply(const table::Commit& commit, Files files) {
  for (const std::string& removed : FilesOf(*commit.removed)) files.erase(removed);
  files.merge(FilesOf(*commit.added));
  return files;
}

void ExpectCommit(table::History& history, table::Table& table, table::Version version) {
  const auto after = table.At(version, std::nullopt);
  if (version.value() == 0 || !after.ok()) return;  // commits may be left that make no version
  const auto before = table.At(table::Version(version.value() - 1), std::nullopt);
  if (!before.ok()) return;
  const auto commit = history.Read(version, (*before)->metadata());
  ASSERT_THAT(commit, IsOk());
  const auto known = PathsOf(**before);
  const auto expected = PathsOf(**after);
  EXPECT_EQ(Apply(*commit, Files(known.begin(), known.end())),
            Files(expected.begin(), expected.end()));
}

void ExpectHistory(table::Table& table) {
  const auto opened = table.OpenHistory();
  ASSERT_THAT(opened, IsOk());
  table::History& history = **opened;
  SystemTime last_time = SystemTime::min();
  for (std::int64_t v = history.earliest().value(); v <= history.latest().value(); ++v) {
    SCOPED_TRACE(v);
    const table::Version version(v);
    const auto time = history.TimeOf(version);
    ASSERT_THAT(time, IsOk());
    EXPECT_GT(*time, last_time);
    last_time = *time;
    EXPECT_THAT(history.LastAtOrBefore(*time), IsOkAnd(testing::Optional(version)));
    EXPECT_THAT(history.FirstAtOrAfter(*time), IsOkAnd(testing::Optional(version)));
    ExpectCommit(history, table, version);
  }
}

bool HasCommits(const ExpectedTable& table) {
  return ListCommits(*storage::NewLocalStore(), table.root + "/_delta_log").ok();
}

TEST_F(TimeTravelTest, CommitsLeadFromEveryVersionToTheNext) {
  int count = 0;
  for (const ExpectedTable& expected : tables_) {
    SCOPED_TRACE(expected.name);
    if (!HasCommits(expected)) continue;  // a checkpoint alone
    ExpectHistory(*NewDeltaTable(storage::NewLocalStore(), expected.root));
    ++count;
  }
  EXPECT_GE(count, 180);
}

}  // namespace
}  // namespace sluice::delta
