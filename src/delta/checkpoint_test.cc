#include "delta/checkpoint.h"

#include "base/testing.h"
#include "columnar/testing.h"
#include "delta/replay.h"
#include "delta/testing.h"
#include "table/testing.h"

namespace sluice::delta {
namespace {

using columnar::ArrayOf;
using columnar::ArrowArray;
using columnar::WriteParquet;
using table::PathsOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Columns = std::vector<std::pair<std::string, ArrowArray>>;

std::shared_ptr<arrow::DataType> TextMap() { return arrow::map(arrow::utf8(), arrow::utf8()); }

std::shared_ptr<arrow::DataType> AddType(arrow::FieldVector more = {}) {
  arrow::FieldVector fields = {arrow::field("path", arrow::utf8()),
                               arrow::field("partitionValues", TextMap()),
                               arrow::field("size", arrow::int64())};
  fields.insert(fields.end(), more.begin(), more.end());
  return arrow::struct_(fields);
}

std::shared_ptr<arrow::DataType> MetadataType() {
  return arrow::struct_(
      {arrow::field("id", arrow::utf8()), arrow::field("schemaString", arrow::utf8()),
       arrow::field("format", arrow::struct_({arrow::field("provider", arrow::utf8()),
                                              arrow::field("options", TextMap())})),
       arrow::field("partitionColumns", arrow::list(arrow::utf8())),
       arrow::field("configuration", TextMap()), arrow::field("createdTime", arrow::int64())});
}

std::shared_ptr<arrow::DataType> ProtocolType() {
  return arrow::struct_({arrow::field("minReaderVersion", arrow::int32()),
                         arrow::field("minWriterVersion", arrow::int32())});
}

// A protocol, a metadata and two files.
Columns Actions(const std::shared_ptr<arrow::DataType>& add_type, const std::string& first,
                const std::string& second) {
  return {
      {"protocol", ArrayOf(ProtocolType(),
                           R"([{"minReaderVersion":1,"minWriterVersion":2}, null, null, null])")},
      {"metaData",
       ArrayOf(MetadataType(),
               R"([null, {"id":"m","schemaString":"{\"type\":\"struct\",\"fields\":[]}",)"
               R"("format":{"provider":"parquet","options":[]},"partitionColumns":["p"],)"
               R"("configuration":[["delta.x","y"]],"createdTime":5}, null, null])")},
      {"add", ArrayOf(add_type, "[null, null, " + first + ", " + second + "]")}};
}

Result<table::SnapshotPtr> ReadFile(std::string bytes) {
  LogStore store;
  store.Put("t/c.parquet", std::move(bytes));
  Replay replay;
  replay.BeginCheckpoint();
  TRY(ReadCheckpoint(store, "t", {"c.parquet"}, replay));
  return std::move(replay).FinishSnapshot(table::Version(0));
}

Result<table::SnapshotPtr> ReadColumns(const Columns& columns) {
  return ReadFile(WriteParquet(columns));
}

std::string StatsOf(const table::Snapshot& snapshot, std::size_t row) {
  auto stats = snapshot.segments()[0].block->EscapedStats();
  return std::string(stats.Get(row));
}

constexpr char kFirst[] = R"({"path":"a","partitionValues":[["p","x"]],"size":3})";
constexpr char kSecond[] = R"({"path":"b","partitionValues":[["p",null]],"size":4})";

TEST(CheckpointTest, ActionsAreReadFromTheirColumns) {
  const auto snapshot = ReadColumns(Actions(AddType(), kFirst, kSecond));
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(PathsOf(**snapshot), ElementsAre("a", "b"));
  EXPECT_EQ((*snapshot)->total_bytes(), 7);
  EXPECT_EQ((*snapshot)->protocol().min_writer_version, 2);
  const table::Metadata& metadata = (*snapshot)->metadata();
  EXPECT_EQ(metadata.id, "m");
  EXPECT_EQ(metadata.created_time_ms, 5);
  EXPECT_EQ(*metadata.FindProperty("delta.x"), "y");
  const auto& column = (*snapshot)->segments()[0].block->partition_columns()[0];
  EXPECT_EQ(column.values[column.codes[0]].text, "x");
  EXPECT_EQ(column.values[column.codes[1]].text, std::nullopt);
}

TEST(CheckpointTest, TextStatisticsAreTakenVerbatim) {
  const auto type = AddType({arrow::field("stats", arrow::utf8())});
  const auto snapshot = ReadColumns(Actions(
      type, R"({"path":"a","size":1,"stats":"{\"numRecords\": 3}"})", R"({"path":"b","size":1})"));
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(StatsOf(**snapshot, 0), R"({\"numRecords\": 3})");
  EXPECT_EQ(StatsOf(**snapshot, 1), "");
}

std::shared_ptr<arrow::DataType> ParsedStatsType() {
  const auto values =
      arrow::struct_({arrow::field("id", arrow::int32()), arrow::field("d", arrow::date32())});
  return arrow::struct_({arrow::field("numRecords", arrow::int64()),
                         arrow::field("minValues", values), arrow::field("maxValues", values)});
}

TEST(CheckpointTest, ParsedStatisticsAreRenderedWhereThereIsNoText) {
  const auto type = AddType(
      {arrow::field("stats", arrow::utf8()), arrow::field("stats_parsed", ParsedStatsType())});
  const auto snapshot = ReadColumns(Actions(
      type,
      R"({"path":"a","size":1,"stats_parsed":{"numRecords":3,"minValues":{"id":-5,"d":-1},"maxValues":{"id":7}}})",
      R"({"path":"b","size":1})"));
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(StatsOf(**snapshot, 0),
            R"({\"numRecords\":3,\"minValues\":{\"id\":-5,\"d\":\"1969-12-31\"},)"
            R"(\"maxValues\":{\"id\":7}})");
  EXPECT_EQ(StatsOf(**snapshot, 1), "");
}

std::shared_ptr<arrow::DataType> VectorType() {
  return arrow::struct_(
      {arrow::field("storageType", arrow::utf8()), arrow::field("pathOrInlineDv", arrow::utf8()),
       arrow::field("offset", arrow::int32()), arrow::field("sizeInBytes", arrow::int32()),
       arrow::field("cardinality", arrow::int64())});
}

std::string AddWithVector(const std::string& vector) {
  return R"({"path":"a","size":1,"deletionVector":)" + vector + "}";
}

TEST(CheckpointTest, DeletionVectorsAndFurtherMembersAreKept) {
  const auto type =
      AddType({arrow::field("deletionVector", VectorType()), arrow::field("tags", TextMap()),
               arrow::field("baseRowId", arrow::int64())});
  const auto snapshot =
      ReadColumns(Actions(type,
                          AddWithVector(R"({"storageType":"p","pathOrInlineDv":"v","offset":4,)"
                                        R"("sizeInBytes":40,"cardinality":6})"),
                          R"({"path":"b","size":1,"tags":[["k","v"]],"baseRowId":7})"));
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(PathsOf(**snapshot), ElementsAre("a#pv@4", "b"));
  EXPECT_EQ(*(*snapshot)->segments()[0].block->deletion_vector(0),
            (table::DeletionVector{.storage_type = "p",
                                   .path_or_inline = "v",
                                   .offset = 4,
                                   .size_bytes = 40,
                                   .cardinality = 6,
                                   .file_path = "v"}));
  EXPECT_EQ((*snapshot)->segments()[0].block->extra(1), R"(,"tags":{"k":"v"},"baseRowId":7)");
}

TEST(CheckpointTest, DeletionVectorThatNoWriterCanHaveMeantIsCorrupt) {
  const auto type = AddType({arrow::field("deletionVector", VectorType())});
  for (
      const char* vector :
      {R"({"storageType":"p","pathOrInlineDv":"v","sizeInBytes":1})",
       R"({"storageType":"p","pathOrInlineDv":"v","cardinality":1})",
       R"({"storageType":"p","sizeInBytes":1,"cardinality":1})",
       R"({"pathOrInlineDv":"v","sizeInBytes":1,"cardinality":1})",
       R"({"storageType":"x","pathOrInlineDv":"v","sizeInBytes":1,"cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"","sizeInBytes":1,"cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"v","sizeInBytes":-1,"cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"v","sizeInBytes":1,"cardinality":-1})",
       R"({"storageType":"p","pathOrInlineDv":"v","offset":-1,"sizeInBytes":1,"cardinality":1})"}) {
    EXPECT_THAT(ReadColumns(Actions(type, AddWithVector(vector), kSecond)),
                FailsWith(ErrorCode::kCorruptData))
        << vector;
  }
}

TEST(CheckpointTest, FilesThatNewerCommitsNameAreVoid) {
  LogStore store;
  store.Put("t/c.parquet", WriteParquet(Actions(AddType(), kFirst, kSecond)));
  Replay replay;
  replay.BeginCommit();
  ASSERT_THAT(ReadCommit(RemoveLine("a"), "commit", replay), IsOk());
  replay.BeginCheckpoint();
  ASSERT_THAT(ReadCheckpoint(store, "t", {"c.parquet"}, replay), IsOk());
  EXPECT_THAT(PathsOf(**std::move(replay).FinishSnapshot(table::Version(1))), ElementsAre("b"));
}

TEST(CheckpointTest, ColumnsOfAnotherTypeAreCorruptAndNamed) {
  const auto type =
      arrow::struct_({arrow::field("path", arrow::int64()), arrow::field("size", arrow::int64())});
  const auto snapshot =
      ReadColumns(Actions(type, R"({"path":1,"size":1})", R"({"path":2,"size":1})"));
  ASSERT_THAT(snapshot, FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(snapshot.error().detail, HasSubstr("t/c.parquet: column 'path'"));
}

TEST(CheckpointTest, WhatEveryAddMustHaveIsDemanded) {
  for (const char* add : {R"({"size":1})", R"({"path":"a"})", R"({"path":"a","size":-1})"}) {
    EXPECT_THAT(ReadColumns(Actions(AddType(), kFirst, add)), FailsWith(ErrorCode::kCorruptData))
        << add;
  }
  EXPECT_THAT(ReadColumns({{"add", ArrayOf(arrow::int64(), "[1]")}}),
              FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(ReadColumns({{"other", ArrayOf(arrow::int64(), "[1]")}}),
              FailsWith(ErrorCode::kCorruptData));
}

TEST(CheckpointTest, DamagedFilesNeverCrash) {
  const std::string file = WriteParquet(Actions(AddType(), kFirst, kSecond));
  for (std::size_t at = 0; at < file.size(); at += 7) {
    std::string damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const auto snapshot = ReadFile(std::move(damaged));
    EXPECT_TRUE(!snapshot.ok() || PathsOf(**snapshot).size() <= 2);
    EXPECT_FALSE(ReadFile(file.substr(0, at)).ok());
  }
}

TEST(CheckpointTest, EmptyFileIsCorruptAndNamed) {
  const auto snapshot = ReadFile("");
  ASSERT_THAT(snapshot, FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(snapshot.error().detail, HasSubstr("t/c.parquet"));
}

}  // namespace
}  // namespace sluice::delta
