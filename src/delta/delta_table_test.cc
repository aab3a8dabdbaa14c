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

// A checkpoint of a protocol, a metadata and files.
std::string SmallCheckpoint(const std::vector<std::string>& paths = {}) {
  using columnar::ArrayOf;
  const auto protocol = arrow::struct_({arrow::field("minReaderVersion", arrow::int32()),
                                        arrow::field("minWriterVersion", arrow::int32())});
  const auto metadata = arrow::struct_(
      {arrow::field("id", arrow::utf8()), arrow::field("schemaString", arrow::utf8())});
  const auto add =
      arrow::struct_({arrow::field("path", arrow::utf8()), arrow::field("size", arrow::int64())});
  std::string protocols = R"([{"minReaderVersion":1,"minWriterVersion":2}, null)";
  std::string metadatas =
      R"([null, {"id":"m","schemaString":"{\"type\":\"struct\",\"fields\":[]}"})";
  std::string adds = "[null, null";
  for (const std::string& path : paths) {
    protocols += ", null";
    metadatas += ", null";
    adds += Format(R"(, {{"path":"{}","size":1}})", path);
  }
  return columnar::WriteParquet({{"protocol", ArrayOf(protocol, protocols + "]")},
                                 {"metaData", ArrayOf(metadata, metadatas + "]")},
                                 {"add", ArrayOf(add, adds + "]")}});
}

class DeltaTableTest : public testing::Test {
 protected:
  table::SnapshotPtr Latest() {
    auto latest = table_->Latest();
    EXPECT_THAT(latest, IsOk());
    return latest.ok() ? *latest : nullptr;
  }
  table::SnapshotPtr At(std::int64_t version) {
    auto snapshot = table_->At(table::Version(version), std::nullopt);
    EXPECT_THAT(snapshot, IsOk());
    return snapshot.ok() ? *snapshot : nullptr;
  }
  // Version 0 has the file "0", and each one after it one more.
  void PutVersions(int count) {
    for (int version = 0; version < count; ++version) {
      const std::string add = AddLine(std::to_string(version));
      store_->PutCommit(version, version == 0 ? FirstCommit({add}) : Lines({add}));
    }
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

// Of a remote store, checkpoint and commits are read side by side.
TEST_F(DeltaTableTest, CommitsAfterACheckpointGiveTheSameWhereverTheyLie) {
  PutVersions(3);
  store_->PutLog(Format("{:020}.checkpoint.parquet", 2), SmallCheckpoint({"0", "1", "2"}));
  store_->PutCommit(3, Lines({AddLine("3"), RemoveLine("1"), AddLine("gone")}));
  store_->PutCommit(4, Lines({AddLine("4"), RemoveLine("gone"), RemoveLine("0"), AddLine("5")}));
  store_->PutCommit(5, Lines({AddLine("0"), AddLine("2")}));
  const auto local = Latest();
  store_->is_remote_store = true;
  table_ = NewDeltaTable(store_, "t");
  const auto remote = Latest();
  EXPECT_THAT(PathsOf(*remote), ElementsAre("0", "2", "4", "5", "3"));
  EXPECT_EQ(PathsOf(*remote), PathsOf(*local));
  EXPECT_EQ(remote->version(), table::Version(5));
  EXPECT_EQ(remote->layout(), local->layout());
  EXPECT_EQ(remote->file_count(), local->file_count());
}

TEST_F(DeltaTableTest, CommitsOfARemoteStoreMayChangeTheSchemaOfTheirCheckpoint) {
  store_->is_remote_store = true;
  PutVersions(2);
  store_->PutLog(Format("{:020}.checkpoint.parquet", 1), SmallCheckpoint({"0", "1"}));
  store_->PutCommit(2, Lines({MetadataLine("new"), AddLine("2")}));
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->metadata().id, "new");
  EXPECT_THAT(PathsOf(*snapshot), ElementsAre("2", "0", "1"));
}

TEST_F(DeltaTableTest, CheckpointOfARemoteStoreThatIsNotGivenIsAnError) {
  store_->is_remote_store = true;
  PutVersions(3);
  store_->PutLog(Format("{:020}.checkpoint.parquet", 1), SmallCheckpoint({"0", "1"}));
  FailOn("checkpoint", Unavailable("not now"));
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kUnavailable));
  FailOn("checkpoint", NotFound("cleaned"));
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kUnavailable));
  store_->fault = nullptr;
  store_->PutLog(Format("{:020}.checkpoint.parquet", 1), "no Parquet");
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kCorruptData));
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

TEST_F(DeltaTableTest, OlderVersionIsTheTableAsItWas) {
  PutVersions(4);
  EXPECT_THAT(PathsOf(*At(1)), ElementsAre("1", "0"));
  EXPECT_EQ(Latest()->version(), table::Version(3));
  EXPECT_THAT(PathsOf(*At(0)), ElementsAre("0"));
  EXPECT_THAT(PathsOf(*At(2)), ElementsAre("2", "1", "0"));
  EXPECT_EQ(At(2)->version(), table::Version(2));
}

TEST_F(DeltaTableTest, VersionThatIsNotThereIsNamed) {
  PutVersions(2);
  for (const bool warm : {false, true}) {
    const auto later = table_->At(table::Version(2), std::nullopt);
    ASSERT_THAT(later, FailsWith(ErrorCode::kInvalidArgument)) << warm;
    EXPECT_THAT(later.error().message, HasSubstr("Cannot load table version 2")) << warm;
    EXPECT_THAT(later.error().message, HasSubstr("latest version is 1")) << warm;
    const auto negative = table_->At(table::Version(-1), std::nullopt);
    ASSERT_THAT(negative, FailsWith(ErrorCode::kInvalidArgument)) << warm;
    EXPECT_THAT(negative.error().message, HasSubstr("Cannot load table version -1")) << warm;
    Latest();
  }
  store_->PutCommit(2, "");
  EXPECT_EQ(At(2)->version(), table::Version(2));
}

TEST_F(DeltaTableTest, VersionOfNoTableIsNotFound) {
  EXPECT_THAT(table_->At(table::Version(0), std::nullopt), FailsWith(ErrorCode::kNotFound));
}

TEST_F(DeltaTableTest, KeptVersionIsNotReadAgain) {
  PutVersions(4);
  const auto latest = Latest();
  const auto first = At(1);
  const int reads = store_->reads;
  const int lists = store_->lists;
  EXPECT_EQ(At(1), first);
  EXPECT_EQ(At(3), latest);
  EXPECT_EQ(store_->reads, reads);
  EXPECT_EQ(store_->lists, lists);
}

TEST_F(DeltaTableTest, VersionThatWasTheLatestStaysKept) {
  PutVersions(1);
  const auto first = Latest();
  store_->PutCommit(1, Lines({RemoveLine("0")}));
  Latest();
  const int reads = store_->reads;
  EXPECT_EQ(At(0), first);
  EXPECT_EQ(store_->reads, reads);
}

TEST_F(DeltaTableTest, VersionAfterAKeptOneCostsTheCommitsBetween) {
  PutVersions(10);
  Latest();
  At(2);
  const int lists = store_->lists;
  const int reads = store_->reads;
  EXPECT_EQ(At(5)->file_count(), 6U);
  EXPECT_EQ(store_->reads, reads + 3);
  EXPECT_EQ(store_->lists, lists);
}

TEST_F(DeltaTableTest, VersionsUsedLastAreKept) {
  PutVersions(12);
  Latest();
  for (int version = 0; version < 8; ++version) At(version);
  At(0);
  At(8);  // in the place of version 1
  const int reads = store_->reads;
  for (const int version : {0, 2, 3, 4, 5, 6, 7, 8, 11}) At(version);
  EXPECT_EQ(store_->reads, reads);
  At(1);
  EXPECT_GT(store_->reads, reads);
}

TEST_F(DeltaTableTest, FilesThatVersionsShareCountOnceAsMemory) {
  std::vector<std::string> adds;
  for (int file = 0; file < 1000; ++file) adds.push_back(AddLine(Format("file-{}", file)));
  store_->PutCommit(0, FirstCommit(adds));
  Latest();
  store_->PutCommit(1, Lines({AddLine("b")}));
  Latest();
  const std::size_t bytes = table_->memory_bytes();
  for (int version = 2; version < 8; ++version) {
    store_->PutCommit(version, Lines({AddLine(std::to_string(version))}));
    Latest();
  }
  EXPECT_GT(table_->memory_bytes(), bytes);
  EXPECT_LT(table_->memory_bytes(), bytes + bytes / 2);
}

TEST_F(DeltaTableTest, VersionOfAnotherTableInThisPlaceIsNotKept) {
  PutVersions(3);
  Latest();
  At(1);
  store_->PutCommit(0, FirstCommit({AddLine("another")}));
  store_->PutCommit(1, Lines({RemoveLine("another")}));
  store_->RemoveLog(CommitName(2));
  EXPECT_EQ(At(1)->file_count(), 0U);
  EXPECT_THAT(table_->At(table::Version(2), std::nullopt), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(PathsOf(*At(0)), ElementsAre("another"));
}

TEST_F(DeltaTableTest, OlderVersionComesFromTheCheckpointBeforeIt) {
  PutVersions(6);
  store_->PutLog(Format("{:020}.checkpoint.parquet", 2), SmallCheckpoint({"c"}));
  store_->RemoveLog(CommitName(0));
  store_->RemoveLog(CommitName(1));
  EXPECT_THAT(PathsOf(*At(3)), ElementsAre("3", "c"));
  EXPECT_THAT(PathsOf(*At(2)), ElementsAre("c"));
  const auto gone = table_->At(table::Version(1), std::nullopt);
  ASSERT_THAT(gone, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(gone.error().message, HasSubstr("Cannot load table version 1"));
}

TEST_F(DeltaTableTest, CommitsThatAreGoneBetweenTwoVersionsAreStoodForByACheckpoint) {
  PutVersions(6);
  At(0);
  store_->PutLog(Format("{:020}.checkpoint.parquet", 3), SmallCheckpoint({"c"}));
  store_->RemoveLog(CommitName(2));
  EXPECT_THAT(PathsOf(*At(4)), ElementsAre("4", "c"));
  EXPECT_THAT(table_->At(table::Version(2), std::nullopt), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(DeltaTableTest, OrderOfFilesCanBeHadAgainOnceThereIsANewerCheckpoint) {
  const std::string checkpoint = Format("{:020}.checkpoint.parquet", 2);
  PutVersions(4);
  const auto before = At(3);
  EXPECT_THAT(PathsOf(*before), ElementsAre("3", "2", "1", "0"));
  store_->PutLog(checkpoint, SmallCheckpoint({"0", "1", "2"}));
  table_ = NewDeltaTable(store_, "t");
  const auto after = At(3);
  EXPECT_THAT(PathsOf(*after), ElementsAre("3", "0", "1", "2"));
  EXPECT_EQ(after->layout().checkpoint, table::Version(2));
  const auto again = table_->At(table::Version(3), before->layout());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(PathsOf(**again), PathsOf(*before));
  EXPECT_EQ(*table_->At(table::Version(3), after->layout()), after);
  EXPECT_EQ(*table_->At(table::Version(3), before->layout()), *again);
}

TEST_F(DeltaTableTest, OrderOfAnOlderCheckpointCanBeHadAgain) {
  PutVersions(6);
  store_->PutLog(Format("{:020}.checkpoint.parquet", 1), SmallCheckpoint({"0", "1"}));
  const auto before = At(4);
  EXPECT_THAT(PathsOf(*before), ElementsAre("4", "3", "2", "0", "1"));
  store_->PutLog(Format("{:020}.checkpoint.parquet", 3), SmallCheckpoint({"3"}));
  table_ = NewDeltaTable(store_, "t");
  const auto again = table_->At(table::Version(4), before->layout());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(PathsOf(**again), PathsOf(*before));
}

TEST_F(DeltaTableTest, OrderThatHasBeenLostIsAnError) {
  PutVersions(4);
  store_->PutLog(Format("{:020}.checkpoint.parquet", 2), SmallCheckpoint({"c"}));
  store_->RemoveLog(CommitName(0));
  const auto at = [&](std::optional<std::int64_t> checkpoint) {
    table::Layout layout;
    if (checkpoint) layout.checkpoint = table::Version(*checkpoint);
    return table_->At(table::Version(3), layout);
  };
  EXPECT_THAT(at(2), IsOk());
  for (const auto checkpoint : std::vector<std::optional<std::int64_t>>{{}, -1, 0, 1, 3, 4}) {
    const auto snapshot = at(checkpoint);
    ASSERT_THAT(snapshot, FailsWith(ErrorCode::kInvalidArgument)) << checkpoint.value_or(-2);
    EXPECT_THAT(snapshot.error().message, HasSubstr("Cannot load table version 3"));
  }
}

TEST_F(DeltaTableTest, OlderVersionsAreReadByTheirOwnMetadata) {
  const std::string add = R"({"add":{"path":"a","partitionValues":{"p":"x"},"size":1}})";
  store_->PutCommit(0, FirstCommit({add}));
  store_->PutCommit(1, Lines({MetadataLine("table", R"(["p"])")}));
  store_->PutCommit(2, Lines({MetadataLine("table", "[]")}));
  const auto columns = [&](int version) {
    return At(version)->segments()[0].block->partition_columns().size();
  };
  EXPECT_EQ(columns(0), 0U);
  EXPECT_EQ(columns(1), 1U);
  EXPECT_EQ(columns(2), 0U);
  EXPECT_EQ(At(1)->segments()[0].block->partition_columns()[0].values[1].text, "x");
}

TEST_F(DeltaTableTest, FeatureThatCannotBeReadIsRefusedInItsVersionsOnly) {
  PutVersions(1);
  store_->PutCommit(
      1,
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timeMachine"],"writerFeatures":["timeMachine"]}})");
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(table_->At(table::Version(1), std::nullopt), FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(PathsOf(*At(0)), ElementsAre("0"));
}

TEST_F(DeltaTableTest, CorruptCommitDoesNotHideTheVersionsBeforeIt) {
  PutVersions(3);
  store_->PutCommit(3, "{");
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kCorruptData));
  EXPECT_EQ(At(2)->file_count(), 3U);
  EXPECT_THAT(table_->At(table::Version(3), std::nullopt), FailsWith(ErrorCode::kCorruptData));
}

TEST_F(DeltaTableTest, OlderVersionIsReadWhileTheLatestMovesOn) {
  PutVersions(3);
  table::SnapshotPtr latest;
  bool moved_on = false;
  store_->fault = [&](std::string_view path) -> std::optional<Error> {
    if (moved_on || !path.ends_with("0.json")) return std::nullopt;
    moved_on = true;
    std::thread([&] { latest = Latest(); }).join();
    store_->PutCommit(3, Lines({RemoveLine("0")}));
    return std::nullopt;
  };
  EXPECT_THAT(PathsOf(*At(1)), ElementsAre("1", "0"));
  EXPECT_EQ(latest->version(), table::Version(2));
  EXPECT_EQ(Latest()->version(), table::Version(3));
}

TEST_F(DeltaTableTest, ManyThreadsShareOneLoadOfAnOlderVersion) {
  PutVersions(3);
  std::vector<table::SnapshotPtr> snapshots(8);
  std::vector<std::thread> threads;
  for (table::SnapshotPtr& snapshot : snapshots) {
    threads.emplace_back([&] { snapshot = At(1); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(snapshots, testing::Each(snapshots[0]));
  EXPECT_EQ(store_->lists, 1);
}

TEST_F(DeltaTableTest, ChecksumThatContradictsTheLogIsFoundOut) {
  PutVersions(2);
  const auto put_checksum = [&](int files) {
    store_->PutLog(Format("{:020}.crc", 1),
                   Format(R"({{"tableSizeBytes":2,"numFiles":{},"numMetadata":1,)"
                          R"("numProtocol":1}})",
                          files));
  };
  put_checksum(3);
  EXPECT_THAT(table_->Latest(), FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(table_->At(table::Version(1), std::nullopt), FailsWith(ErrorCode::kCorruptData));
  put_checksum(2);
  EXPECT_EQ(Latest()->file_count(), 2U);
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
