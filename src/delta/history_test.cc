#include "delta/history.h"

#include "base/testing.h"
#include "delta/delta_table.h"
#include "delta/testing.h"
#include "table/testing.h"

namespace sluice::delta {
namespace {

using std::chrono::milliseconds;
using table::Version;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

SystemTime At(std::int64_t millis) { return SystemTime(milliseconds(millis)); }

std::string PathsOfBlock(const table::FileBlock& block) {
  std::string paths;
  for (std::size_t row = 0; row < block.rows(); ++row) {
    paths += Format("{}{}:{}", row == 0 ? "" : " ", block.path(row), block.size_bytes(row));
    const std::string_view id = block.deletion_vector_id(row);
    if (!id.empty()) paths += Format("#{}", id);
  }
  return paths;
}

std::string InfoLine(std::int64_t time_ms) {
  return Format(R"({{"commitInfo":{{"inCommitTimestamp":{},"operation":"WRITE"}}}})", time_ms);
}

// A metaData action of a column "p" by which the table is partitioned, with properties.
std::string PropertiesLine(const std::string& properties) {
  std::string line = MetadataLine("table", R"(["p"])");
  const std::string empty = R"("configuration":{})";
  return line.replace(line.find(empty), empty.size(), R"("configuration":{)" + properties + "}");
}

constexpr char kInCommitSinceStart[] = R"("delta.enableInCommitTimestamps":"true")";

class HistoryTest : public testing::Test {
 protected:
  // The time comes first, since a commit's file is stamped when it is put.
  void PutAt(std::int64_t time_ms, std::int64_t version, const std::string& text) {
    store_->clock.Advance(At(time_ms) - store_->clock.Now());
    store_->PutCommit(version, text);
  }
  table::HistoryPtr Open() {
    auto history = table_->OpenHistory();
    EXPECT_THAT(history, IsOk());
    return history.ok() ? *history : nullptr;
  }
  std::vector<std::int64_t> Times() {
    const auto history = Open();
    std::vector<std::int64_t> times;
    for (Version v = history->earliest(); v <= history->latest(); v = Version(v.value() + 1)) {
      const auto time = history->TimeOf(v);
      EXPECT_THAT(time, IsOk());
      times.push_back(time.ok() ? UnixMillis(*time) : -1);
    }
    return times;
  }
  Result<table::Commit> Read(std::int64_t version) {
    const auto before = table_->Latest();
    EXPECT_THAT(before, IsOk());
    return Open()->Read(Version(version), (*before)->metadata());
  }

  std::shared_ptr<LogStore> store_ = std::make_shared<LogStore>();
  std::unique_ptr<table::Table> table_ = NewDeltaTable(store_, "t");
};

TEST_F(HistoryTest, BoundsAreThoseOfTheCommitsThatAreThere) {
  for (int version = 0; version < 4; ++version)
    store_->PutCommit(version, version == 0 ? FirstCommit() : "");
  ASSERT_THAT(table_->Latest(), IsOk());
  store_->RemoveLog(CommitName(0));
  const auto history = Open();
  EXPECT_EQ(history->earliest(), Version(1));
  EXPECT_EQ(history->latest(), Version(3));
  EXPECT_THAT(history->TimeOf(Version(0)), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(history->TimeOf(Version(4)), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(HistoryTest, VersionBeforeAHoleHasTheTimeOfItsFile) {
  PutAt(1'000, 0, FirstCommit());
  PutAt(2'000, 1, "");
  PutAt(3'000, 2, "");
  ASSERT_THAT(table_->Latest(), IsOk());
  store_->RemoveLog(CommitName(1));
  const auto history = Open();
  EXPECT_EQ(history->earliest(), Version(2));
  EXPECT_THAT(history->TimeOf(Version(0)), IsOkAnd(At(1'000)));
  EXPECT_THAT(history->TimeOf(Version(1)), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(HistoryTest, CommitThatBringsAnUnknownFeatureIsRefusedByName) {
  store_->PutCommit(0, FirstCommit());
  const std::string needs =
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["warp"],)"
      R"("writerFeatures":["warp"]}})";
  store_->PutCommit(1, Lines({needs, AddLine("a")}));
  store_->PutCommit(2, Lines({kProtocolLine}));
  const auto commit = Read(1);
  ASSERT_THAT(commit, FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(commit.error().message, testing::HasSubstr("warp"));
  EXPECT_THAT(Read(2), IsOk());
}

TEST_F(HistoryTest, NoLogIsNotFound) {
  EXPECT_THAT(table_->OpenHistory(), FailsWith(ErrorCode::kNotFound));
}

TEST_F(HistoryTest, FileTimesAreMadeToGrow) {
  PutAt(1000, 0, FirstCommit());
  PutAt(1000, 1, "");
  PutAt(500, 2, "");
  PutAt(1002, 3, "");
  PutAt(2000, 4, "");
  EXPECT_THAT(Times(), ElementsAre(1000, 1001, 1002, 1003, 2000));
}

TEST_F(HistoryTest, InCommitTimesAreThoseOfTheCommits) {
  PutAt(9000, 0, Lines({InfoLine(100), kProtocolLine, PropertiesLine(kInCommitSinceStart)}));
  PutAt(9000, 1, Lines({InfoLine(200), AddLine("a")}));
  EXPECT_THAT(Times(), ElementsAre(100, 200));
}

TEST_F(HistoryTest, InCommitTimesCountFromTheVersionThatSwitchedThemOn) {
  PutAt(1000, 0, FirstCommit());
  PutAt(2000, 1, Lines({InfoLine(7)}));
  PutAt(9000, 2,
        Lines({InfoLine(3000),
               PropertiesLine(std::string(kInCommitSinceStart) +
                              R"(,"delta.inCommitTimestampEnablementVersion":"2")")}));
  PutAt(9000, 3, Lines({InfoLine(4000)}));
  EXPECT_THAT(Times(), ElementsAre(1000, 2000, 3000, 4000));
}

TEST_F(HistoryTest, FileTimesOfACopiedLogStayBelowTheFirstInCommitTime) {
  PutAt(9000, 0, FirstCommit());
  PutAt(9000, 1, "");
  PutAt(9000, 2,
        Lines({InfoLine(3000),
               PropertiesLine(std::string(kInCommitSinceStart) +
                              R"(,"delta.inCommitTimestampEnablementVersion":"2")")}));
  EXPECT_THAT(Times(), ElementsAre(2998, 2999, 3000));
}

TEST_F(HistoryTest, FileTimesCountAgainOnceInCommitTimesAreSwitchedOff) {
  PutAt(1000, 0, Lines({InfoLine(100), kProtocolLine, PropertiesLine(kInCommitSinceStart)}));
  PutAt(2000, 1, Lines({InfoLine(200), MetadataLine()}));
  EXPECT_THAT(Times(), ElementsAre(1000, 2000));
}

TEST_F(HistoryTest, SwitchThatIsNoVersionIsCorrupt) {
  store_->PutCommit(0,
                    Lines({kProtocolLine,
                           PropertiesLine(std::string(kInCommitSinceStart) +
                                          R"(,"delta.inCommitTimestampEnablementVersion":"2x")")}));
  EXPECT_THAT(table_->OpenHistory(), FailsWith(ErrorCode::kCorruptData));
}

TEST_F(HistoryTest, CommitThatDoesNotTellItsTimeIsCorrupt) {
  const std::string metadata = PropertiesLine(kInCommitSinceStart);
  store_->PutCommit(0, Lines({InfoLine(1), kProtocolLine, metadata}));
  for (const char* text :
       {"", "\n", "{\"add\":", R"({"commitInfo":{}})", R"({"commitInfo":{"inCommitTimestamp":-1}})",
        R"({"commitInfo":{"inCommitTimestamp":9223372036854775807}})"}) {
    const auto history = Open();
    store_->PutCommit(0, text);
    EXPECT_THAT(history->TimeOf(Version(0)), FailsWith(ErrorCode::kCorruptData)) << text;
    store_->PutCommit(0, Lines({InfoLine(1), kProtocolLine, metadata}));
  }
}

TEST_F(HistoryTest, CommitThatGoesAwayBeforeItsTimeIsReadMayBeTriedAgain) {
  store_->PutCommit(0, Lines({InfoLine(1), kProtocolLine, PropertiesLine(kInCommitSinceStart)}));
  const auto history = Open();
  store_->RemoveLog(CommitName(0));
  EXPECT_THAT(history->TimeOf(Version(0)), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(HistoryTest, LongFirstLineIsReadWhole) {
  const std::string filler(100'000, 'x');
  const std::string first = R"({"commitInfo":{"notes":")" + filler + R"(","inCommitTimestamp":5}})";
  store_->PutCommit(0, Lines({first, kProtocolLine, PropertiesLine(kInCommitSinceStart)}));
  EXPECT_THAT(Open()->TimeOf(Version(0)), IsOkAnd(At(5)));
  store_->PutCommit(
      0, Lines({InfoLine(6), kProtocolLine, PropertiesLine(kInCommitSinceStart), AddLine(filler)}));
  EXPECT_THAT(Open()->TimeOf(Version(0)), IsOkAnd(At(6)));
}

TEST_F(HistoryTest, VersionsAreFoundByTime) {
  PutAt(1000, 0, FirstCommit());
  PutAt(2000, 1, "");
  PutAt(3000, 2, "");
  const auto history = Open();
  const auto last = [&](std::int64_t time) { return history->LastAtOrBefore(At(time)).value(); };
  const auto first = [&](std::int64_t time) { return history->FirstAtOrAfter(At(time)).value(); };
  EXPECT_THAT(last(999), Eq(std::nullopt));
  EXPECT_THAT(last(1000), Optional(Version(0)));
  EXPECT_THAT(last(1999), Optional(Version(0)));
  EXPECT_THAT(last(3000), Optional(Version(2)));
  EXPECT_THAT(last(9000), Optional(Version(2)));
  EXPECT_THAT(first(0), Optional(Version(0)));
  EXPECT_THAT(first(1000), Optional(Version(0)));
  EXPECT_THAT(first(1001), Optional(Version(1)));
  EXPECT_THAT(first(3000), Optional(Version(2)));
  EXPECT_THAT(first(3001), Eq(std::nullopt));
  EXPECT_THAT(history->LastAtOrBefore(SystemTime::max()).value(), Optional(Version(2)));
  EXPECT_THAT(history->FirstAtOrAfter(SystemTime::min()).value(), Optional(Version(0)));
}

TEST_F(HistoryTest, SearchReadsFewCommitsAndEachOnce) {
  store_->PutCommit(0, Lines({InfoLine(1000), kProtocolLine, PropertiesLine(kInCommitSinceStart)}));
  for (int version = 1; version < 100; ++version)
    store_->PutCommit(version, Lines({InfoLine(1000 + version)}));
  const auto history = Open();
  EXPECT_EQ(store_->opens, 0);
  EXPECT_THAT(history->LastAtOrBefore(At(1050)).value(), Optional(Version(50)));
  const int opens = store_->opens;
  EXPECT_LE(opens, 8);
  EXPECT_THAT(history->LastAtOrBefore(At(1050)).value(), Optional(Version(50)));
  EXPECT_EQ(store_->opens, opens);
}

TEST_F(HistoryTest, ReadingACommitKeepsItsTime) {
  store_->PutCommit(0, Lines({InfoLine(1000), kProtocolLine, PropertiesLine(kInCommitSinceStart)}));
  const auto history = Open();
  ASSERT_THAT(history->Read(Version(0), (*table_->Latest())->metadata()), IsOk());
  EXPECT_THAT(history->TimeOf(Version(0)), IsOkAnd(At(1000)));
  EXPECT_EQ(store_->opens, 0);
}

TEST_F(HistoryTest, CommitIsReadWhole) {
  store_->PutCommit(0, FirstCommit({AddLine("a"), AddLine("b", "v")}));
  store_->PutCommit(1, Lines({AddLine("c", "w"), AddLine("d"),
                              R"({"remove":{"path":"a","size":7,"dataChange":true}})",
                              R"({"cdc":{"path":"_change_data/x","partitionValues":{},"size":5,)"
                              R"("dataChange":false}})"}));
  const auto commit = Read(1);
  ASSERT_THAT(commit, IsOk());
  EXPECT_EQ(commit->version, Version(1));
  EXPECT_EQ(commit->protocol, nullptr);
  EXPECT_EQ(commit->metadata, nullptr);
  EXPECT_FALSE(commit->is_void);
  EXPECT_EQ(PathsOfBlock(*commit->added), "c:1#pw d:1");
  EXPECT_EQ(PathsOfBlock(*commit->removed), "a:7");
  EXPECT_EQ(PathsOfBlock(*commit->change_data), "_change_data/x:5");
  EXPECT_FALSE(commit->change_data->data_change(0));
}

TEST_F(HistoryTest, FirstCommitBringsProtocolAndMetadata) {
  store_->PutCommit(0, FirstCommit());
  const auto commit = Read(0);
  ASSERT_THAT(commit, IsOk());
  ASSERT_NE(commit->protocol, nullptr);
  EXPECT_EQ(commit->protocol->min_writer_version, 2);
  ASSERT_NE(commit->metadata, nullptr);
  EXPECT_EQ(commit->metadata->id, "table");
  EXPECT_EQ(commit->added->rows() + commit->removed->rows() + commit->change_data->rows(), 0U);
}

TEST_F(HistoryTest, PartitionValuesAreReadByTheMetadataOfTheirTime) {
  store_->PutCommit(0, Lines({kProtocolLine, MetadataLine("table", R"(["p"])")}));
  store_->PutCommit(1, R"({"add":{"path":"a","partitionValues":{"p":"x"},"size":1}})");
  store_->PutCommit(2, Lines({MetadataLine("table", "[]")}));
  const auto history = Open();
  const auto before = table_->At(Version(0), std::nullopt);
  ASSERT_THAT(before, IsOk());
  const auto commit = history->Read(Version(1), (*before)->metadata());
  ASSERT_THAT(commit, IsOk());
  ASSERT_EQ(commit->added->partition_columns().size(), 1U);
  EXPECT_EQ(commit->added->partition_columns()[0].values[1].text, "x");
  const auto change = history->Read(Version(2), (*before)->metadata());
  ASSERT_THAT(change, IsOk());
  EXPECT_THAT(change->added->partition_columns(), IsEmpty());
}

TEST_F(HistoryTest, OfSeveralAddsOfOneFileTheLastCounts) {
  store_->PutCommit(0, FirstCommit());
  store_->PutCommit(1, Lines({R"({"add":{"path":"a","size":1}})", AddLine("b"),
                              R"({"add":{"path":"a","size":2}})", AddLine("a", "v")}));
  EXPECT_EQ(PathsOfBlock(*Read(1)->added), "b:1 a:2 a:1#pv");
}

TEST_F(HistoryTest, MergeThatChangedNoRowIsVoid) {
  store_->PutCommit(0, FirstCommit());
  const auto merge = [](int updated) {
    return Format(R"({{"commitInfo":{{"operation":"MERGE","operationMetrics":)"
                  R"({{"numTargetRowsInserted":"0","numTargetRowsUpdated":"{}",)"
                  R"("numTargetRowsDeleted":"0"}}}}}})",
                  updated);
  };
  store_->PutCommit(1, Lines({merge(0), RemoveLine("gone")}));
  store_->PutCommit(2, Lines({merge(1), AddLine("a")}));
  store_->Put("t/gone", "12");
  EXPECT_TRUE(Read(1)->is_void);
  EXPECT_FALSE(Read(2)->is_void);
}

TEST_F(HistoryTest, RemovesOfOlderWritersTakeWhatTheyLackFromTheVersionBefore) {
  store_->PutCommit(0, Lines({kProtocolLine, MetadataLine("table", R"(["p"])"),
                              R"({"add":{"path":"a","partitionValues":{"p":"x"},"size":11}})",
                              R"({"add":{"path":"b","partitionValues":{"p":"y"},"size":12}})"}));
  store_->PutCommit(1, Lines({RemoveLine("b"), R"({"remove":{"path":"a","size":13}})"}));
  const auto commit = Read(1);
  ASSERT_THAT(commit, IsOk());
  EXPECT_EQ(PathsOfBlock(*commit->removed), "b:12 a:11");
  const table::PartitionColumn& column = commit->removed->partition_columns()[0];
  EXPECT_EQ(column.values[column.codes[0]].text, "y");
  EXPECT_EQ(column.values[column.codes[1]].text, "x");
}

TEST_F(HistoryTest, SizeOfAFileThatNoVersionKnowsIsThatOfTheObject) {
  store_->PutCommit(0, FirstCommit());
  store_->PutCommit(1, Lines({RemoveLine("f%20g")}));
  const auto missing = Read(1);
  ASSERT_THAT(missing, FailsWith(ErrorCode::kMissingData));
  EXPECT_THAT(missing.error().message, HasSubstr("table files missing"));
  store_->Put("t/f g", "12345");
  EXPECT_EQ(PathsOfBlock(*Read(1)->removed), "f%20g:5");
}

TEST_F(HistoryTest, RemovesThatChangeNoDataOfFilesUnknownAreLeftOut) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  store_->PutCommit(1, Lines({R"({"remove":{"path":"a","dataChange":false}})",
                              R"({"remove":{"path":"vector.bin","dataChange":false}})"}));
  EXPECT_EQ(PathsOfBlock(*Read(1)->removed), "a:1");
}

TEST_F(HistoryTest, ObjectsOutsideTheTableAreNotAskedFor) {
  store_->PutCommit(0, FirstCommit());
  store_->Put("other/f", "12345");
  for (const char* path : {"../other/f", "/other/f", "_delta_log/00000000000000000000.json"}) {
    store_->PutCommit(1, Lines({RemoveLine(path)}));
    EXPECT_THAT(Read(1), FailsWith(ErrorCode::kMissingData)) << path;
  }
}

TEST_F(HistoryTest, CommitThatHasBeenCleanedUpIsNotFound) {
  store_->PutCommit(0, FirstCommit());
  const auto history = Open();
  const auto snapshot = table_->Latest();
  store_->RemoveLog(CommitName(0));
  const auto commit = history->Read(Version(0), (*snapshot)->metadata());
  ASSERT_THAT(commit, FailsWith(ErrorCode::kMissingData));
  EXPECT_THAT(commit.error().message, HasSubstr("table files missing"));
}

TEST_F(HistoryTest, HistoryOutlivesItsTable) {
  store_->PutCommit(0, FirstCommit({AddLine("a")}));
  store_->PutCommit(1, Lines({RemoveLine("a")}));
  const auto snapshot = table_->Latest();
  const auto history = Open();
  table_ = nullptr;
  const auto commit = history->Read(Version(1), (*snapshot)->metadata());
  ASSERT_THAT(commit, IsOk());
  EXPECT_EQ(PathsOfBlock(*commit->removed), "a:1");
}

}  // namespace
}  // namespace sluice::delta
