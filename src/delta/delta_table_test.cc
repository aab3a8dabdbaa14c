#include "delta/delta_table.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/testing.h"
#include "columnar/testing.h"
#include "delta/testing.h"
#include "table/testing.h"

namespace sluice::delta {
namespace {

using table::PathsOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A checkpoint of a protocol and a metadata.
std::string SmallCheckpoint() {
  using columnar::ArrayOf;
  const auto protocol = arrow::struct_({arrow::field("minReaderVersion", arrow::int32()),
                                        arrow::field("minWriterVersion", arrow::int32())});
  const auto metadata = arrow::struct_(
      {arrow::field("id", arrow::utf8()), arrow::field("schemaString", arrow::utf8())});
  const auto add =
      arrow::struct_({arrow::field("path", arrow::utf8()), arrow::field("size", arrow::int64())});
  return columnar::WriteParquet(
      {{"protocol", ArrayOf(protocol, R"([{"minReaderVersion":1,"minWriterVersion":2}, null])")},
       {"metaData",
        ArrayOf(metadata,
                R"([null, {"id":"m","schemaString":"{\"type\":\"struct\",\"fields\":[]}"}])")},
       {"add", ArrayOf(add, "[null, null]")}});
}

class DeltaTableTest : public testing::Test {
 protected:
  table::SnapshotPtr Latest() {
    auto latest = table_->Latest();
    EXPECT_THAT(latest, IsOk());
    return latest.ok() ? *latest : nullptr;
  }
  void FailOn(std::string part, Error error) {
    store_->fault = [=](std::string_view path) {
      return path.find(part) != std::string_view::npos ? std::optional(error) : std::nullopt;
    };
  }

  std::shared_ptr<LogStore> store_ = std::make_shared<LogStore>();
  std::unique_ptr<table::Table> table_ = NewDeltaTable(store_, "t");
};

TEST_F(DeltaTableTest, FirstLoadReadsTheWholeLog) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  store_->PutCommit(1, Lines({AddLine("b")}));
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->version(), table::Version(1));
  EXPECT_THAT(PathsOf(*snapshot), ElementsAre("b", "a"));
  EXPECT_GT(table_->memory_bytes(), 0U);
}

TEST_F(DeltaTableTest, NoLogIsNoTableUntilThereIsOne) {
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(table_->memory_bytes(), 0U);
  store_->PutCommit(0, FirstCommit());
  EXPECT_EQ(Latest()->version(), table::Version(0));
}

TEST_F(DeltaTableTest, NothingNewGivesTheSameSnapshotWithoutReading) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  const auto first = Latest();
  const int reads = store_->reads;
  const int lists = store_->lists;
  EXPECT_EQ(Latest(), first);
  EXPECT_EQ(store_->reads, reads);
  EXPECT_EQ(store_->lists, lists);
}

TEST_F(DeltaTableTest, NewCommitsAloneAreRead) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  Latest();
  const int reads = store_->reads;
  store_->PutCommit(1, Lines({AddLine("b")}));
  EXPECT_THAT(PathsOf(*Latest()), ElementsAre("b", "a"));
  EXPECT_EQ(store_->reads, reads + 1);
  for (int version = 2; version < 50; ++version)
    store_->PutCommit(version, Lines({AddLine(std::to_string(version)), RemoveLine("b")}));
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->version(), table::Version(49));
  EXPECT_EQ(snapshot->file_count(), 49U);
  EXPECT_EQ(PathsOf(*snapshot).front(), "49");
  EXPECT_EQ(store_->reads, reads + 49);
}

TEST_F(DeltaTableTest, OlderSnapshotsStayAsTheyWere) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  const auto first = Latest();
  store_->PutCommit(1, Lines({RemoveLine("a")}));
  EXPECT_EQ(Latest()->file_count(), 0U);
  EXPECT_THAT(PathsOf(*first), ElementsAre("a"));
}

TEST_F(DeltaTableTest, MoreCommitsThanAreCaughtUpReadTheLogAnew) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  Latest();
  for (int version = 1; version <= 1100; ++version) {
    ASSERT_TRUE(store_->PutIfAbsent("t/_delta_log/" + CommitName(version), "").ok());
  }
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->version(), table::Version(1100));
  EXPECT_THAT(PathsOf(*snapshot), ElementsAre("a"));
}

TEST_F(DeltaTableTest, TableThatTookThePlaceIsReadAnew) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  store_->PutCommit(1, Lines({AddLine("b")}));
  Latest();
  store_->PutCommit(0, FirstCommit({AddLine("another")}));
  store_->RemoveLog(CommitName(1));
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->version(), table::Version(0));
  EXPECT_THAT(PathsOf(*snapshot), ElementsAre("another"));
}

TEST_F(DeltaTableTest, TableThatWentAwayIsNotFound) {
  store_->PutCommit(0, FirstCommit());
  Latest();
  store_->RemoveLog(CommitName(0));
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(table_->memory_bytes(), 0U);
}

TEST_F(DeltaTableTest, CommitThatAppearsWhileTheLogIsReadWaitsForTheNextCall) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  store_->fault = [&](std::string_view path) -> std::optional<Error> {
    if (path.ends_with("0.json")) store_->PutCommit(1, Lines({AddLine("b")}));
    return std::nullopt;
  };
  EXPECT_THAT(PathsOf(*Latest()), ElementsAre("a"));
  EXPECT_THAT(PathsOf(*Latest()), ElementsAre("b", "a"));
}

TEST_F(DeltaTableTest, StoreThatIsAwayForAMomentLosesNothing) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  const auto first = Latest();
  const int reads = store_->reads;
  for (const char* part : {"0.json", "1.json"}) {
    FailOn(part, Unavailable("the store is away"));
    EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kUnavailable)) << part;
    EXPECT_GT(table_->memory_bytes(), 0U) << part;
    store_->fault = nullptr;
    EXPECT_EQ(Latest(), first) << part;
  }
  EXPECT_EQ(store_->reads, reads);
}

TEST_F(DeltaTableTest, CorruptCommitIsAnErrorThatNamesFileAndLineUntilItIsRepaired) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  Latest();
  store_->PutCommit(1, AddLine("b") + "\n{\"add\":");
  for (int i = 0; i < 2; ++i) {
    const auto latest = table_->Latest();
    ASSERT_THAT(latest, FailsWith(ErrorCode::kCorruptData));
    EXPECT_THAT(latest.error().detail, HasSubstr("00000000000000000001.json, line 2"));
    EXPECT_THAT(latest.error().message, testing::Not(HasSubstr("json")));
  }
  store_->PutCommit(1, Lines({AddLine("b")}));
  EXPECT_THAT(PathsOf(*Latest()), ElementsAre("b", "a"));
}

TEST_F(DeltaTableTest, CorruptCommitIsFoundOutWithoutReadingTheLogAnew) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  Latest();
  store_->PutCommit(1, "{");
  const int reads = store_->reads;
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kCorruptData));
  EXPECT_EQ(store_->reads - reads, 2);  // the commit and the hint
}

TEST_F(DeltaTableTest, CorruptCommitDoesNotMatterOnceACheckpointStandsForIt) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  Latest();
  store_->PutCommit(1, "{");
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kCorruptData));
  const std::string checkpoint = Format("{:020}.checkpoint.parquet", 1);
  store_->PutLog(checkpoint, SmallCheckpoint());
  EXPECT_EQ(Latest()->version(), table::Version(1));
}

TEST_F(DeltaTableTest, LogThatIsCleanedWhileItIsReadMayBeTriedAgain) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  store_->fault = [&](std::string_view path) -> std::optional<Error> {
    if (path.ends_with(".json")) return NotFound("gone");
    return std::nullopt;
  };
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kUnavailable));
  store_->fault = nullptr;
  EXPECT_THAT(PathsOf(*Latest()), ElementsAre("a"));
}

TEST_F(DeltaTableTest, FeatureThatCannotBeReadIsRefusedWhileItIsInForce) {
  store_->PutCommit(0, FirstCommit());
  Latest();
  store_->PutCommit(
      1,
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timeMachine"],"writerFeatures":["timeMachine"]}})");
  const auto latest = table_->Latest();
  ASSERT_THAT(latest, FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(latest.error().message, HasSubstr("timeMachine"));
  store_->PutCommit(2, Lines({kProtocolLine}));
  EXPECT_EQ(Latest()->version(), table::Version(2));
}

TEST_F(DeltaTableTest, FilesThatStayAreReadByNewMetadata) {
  store_->PutCommit(0,
                    FirstCommit({R"({"add":{"path":"a","partitionValues":{"p":"x"},"size":1}})"}));
  EXPECT_TRUE(Latest()->segments()[0].block->partition_columns().empty());
  store_->PutCommit(1, Lines({MetadataLine("table", R"(["p"])")}));
  const auto snapshot = Latest();
  ASSERT_EQ(snapshot->segments()[0].block->partition_columns().size(), 1U);
  EXPECT_EQ(snapshot->segments()[0].block->partition_columns()[0].values[1].text, "x");
}

TEST_F(DeltaTableTest, ManyThreadsShareOneLoad) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  std::vector<table::SnapshotPtr> snapshots(8);
  std::vector<std::thread> threads;
  for (table::SnapshotPtr& snapshot : snapshots) {
    threads.emplace_back([&] { snapshot = Latest(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(snapshots, testing::Each(snapshots[0]));
  EXPECT_EQ(store_->lists, 1);
}

TEST(DeltaTableOnDiskTest, TableIsLoadedCaughtUpAndReplaced) {
  std::string root = testing::TempDir() + "table-XXXXXX";
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  const auto log = std::filesystem::path(root) / "_delta_log";
  std::filesystem::create_directory(log);
  const auto put = [&](std::int64_t version, const std::string& text) {
    std::ofstream(log / CommitName(version)) << text;
  };
  const auto table = NewDeltaTable(storage::NewLocalStore(), root);
  EXPECT_THAT(table->Latest(), FailsWith(ErrorCode::kNotFound));
  put(0, FirstCommit({AddLine("a")}));
  EXPECT_THAT(PathsOf(**table->Latest()), ElementsAre("a"));
  put(1, Lines({AddLine("b")}));
  put(2, Lines({RemoveLine("a")}));
  EXPECT_THAT(PathsOf(**table->Latest()), ElementsAre("b"));
  std::filesystem::remove_all(log);
  std::filesystem::create_directory(log);
  put(0, FirstCommit({AddLine("new")}));
  EXPECT_THAT(PathsOf(**table->Latest()), ElementsAre("new"));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace sluice::delta
