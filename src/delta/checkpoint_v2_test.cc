#include "base/testing.h"
#include "columnar/testing.h"
#include "delta/checkpoint.h"
#include "delta/replay.h"
#include "delta/testing.h"
#include "table/testing.h"

namespace sluice::delta {
namespace {

using columnar::ArrayOf;
using columnar::WriteParquet;
using table::PathsOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kName[] = "00000000000000000010.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11";

std::shared_ptr<arrow::DataType> AddType() {
  return arrow::struct_(
      {arrow::field("path", arrow::utf8()), arrow::field("size", arrow::int64()),
       arrow::field("stats_parsed", arrow::struct_({arrow::field("numRecords", arrow::int64())}))});
}

// A sidecar of these files.
std::string Sidecar(const std::vector<std::string>& paths) {
  std::string adds;
  for (const std::string& path : paths) {
    adds += (adds.empty() ? "" : ",") + (R"({"path":")" + path) +
            R"(","size":1,"stats_parsed":{"numRecords":2}})";
  }
  return WriteParquet({{"add", ArrayOf(AddType(), "[" + adds + "]")}});
}

std::string SidecarLine(const std::string& path) {
  return R"({"sidecar":{"path":")" + path + R"(","sizeInBytes":1,"modificationTime":1}})";
}

// The same as Parquet: checkpointMetadata, protocol, metaData and the sidecars.
std::string ParquetOf(const std::vector<std::string>& sidecars) {
  const auto protocol = arrow::struct_({arrow::field("minReaderVersion", arrow::int32()),
                                        arrow::field("minWriterVersion", arrow::int32())});
  const auto metadata = arrow::struct_(
      {arrow::field("id", arrow::utf8()), arrow::field("schemaString", arrow::utf8())});
  const auto sidecar = arrow::struct_(
      {arrow::field("path", arrow::utf8()), arrow::field("sizeInBytes", arrow::int64())});
  const auto about = arrow::struct_({arrow::field("version", arrow::int64())});
  std::string nulls;
  std::string named;
  for (const std::string& path : sidecars) {
    nulls += ",null";
    named += R"(,{"path":")" + path + R"(","sizeInBytes":1})";
  }
  return WriteParquet(
      {{"checkpointMetadata", ArrayOf(about, R"([{"version":10},null,null)" + nulls + "]")},
       {"protocol", ArrayOf(protocol, R"([null,{"minReaderVersion":1,"minWriterVersion":2},null)" +
                                          nulls + "]")},
       {"metaData",
        ArrayOf(metadata,
                R"([null,null,{"id":"m","schemaString":"{\"type\":\"struct\",\"fields\":[]}"})" +
                    nulls + "]")},
       {"sidecar", ArrayOf(sidecar, "[null,null,null" + named + "]")}});
}

class V2CheckpointTest : public testing::Test {
 protected:
  void PutSidecar(const std::string& name, const std::vector<std::string>& paths) {
    store_.PutLog("_sidecars/" + name, Sidecar(paths));
  }
  Result<table::SnapshotPtr> Read(const std::string& name) {
    Replay replay;
    replay.BeginCheckpoint();
    TRY(ReadCheckpoint(store_, "t/_delta_log", {name}, replay));
    return std::move(replay).FinishSnapshot(table::Version(10));
  }
  Result<table::SnapshotPtr> ReadJson(const std::vector<std::string>& lines) {
    const std::string name = std::string(kName) + ".json";
    store_.PutLog(name, R"({"checkpointMetadata":{"version":10,"tags":{}}})"
                        "\n" +
                            FirstCommit(lines));
    return Read(name);
  }
  Result<table::SnapshotPtr> ReadParquet(const std::string& name,
                                         const std::vector<std::string>& sidecars) {
    store_.PutLog(name, ParquetOf(sidecars));
    return Read(name);
  }

  LogStore store_;
};

TEST_F(V2CheckpointTest, JsonFormReadsItsSidecars) {
  PutSidecar("1.parquet", {"a", "b"});
  PutSidecar("2.parquet", {"c"});
  const auto snapshot = ReadJson({SidecarLine("1.parquet"), SidecarLine("2.parquet")});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(PathsOf(**snapshot), ElementsAre("a", "b", "c"));
  EXPECT_EQ((*snapshot)->metadata().id, "table");
}

TEST_F(V2CheckpointTest, ParquetFormReadsItsSidecarsUnderEitherName) {
  PutSidecar("1.parquet", {"a", "b"});
  PutSidecar("2.parquet", {"c"});
  for (const std::string& name :
       {std::string(kName) + ".parquet", std::string("00000000000000000010.checkpoint.parquet")}) {
    const auto snapshot = ReadParquet(name, {"1.parquet", "2.parquet"});
    ASSERT_THAT(snapshot, IsOk()) << name;
    EXPECT_THAT(PathsOf(**snapshot), ElementsAre("a", "b", "c")) << name;
  }
}

TEST_F(V2CheckpointTest, SidecarsOfARemoteStoreComeInTheirOrder) {
  store_.is_remote_store = true;
  std::vector<std::string> lines;
  std::vector<std::string> paths;
  for (char name = 'a'; name < 'm'; ++name) {
    PutSidecar(Format("{}.parquet", name), {Format("{}1", name), Format("{}2", name)});
    lines.push_back(SidecarLine(Format("{}.parquet", name)));
    paths.insert(paths.end(), {Format("{}1", name), Format("{}2", name)});
  }
  const auto snapshot = ReadJson(lines);
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(PathsOf(**snapshot), testing::ElementsAreArray(paths));
  EXPECT_EQ(store_.opens, 12);
}

TEST_F(V2CheckpointTest, SidecarThatTheStoreDoesNotGiveIsUnavailable) {
  store_.is_remote_store = true;
  PutSidecar("1.parquet", {"a"});
  PutSidecar("2.parquet", {"b"});
  store_.fault = [](std::string_view path) -> std::optional<Error> {
    if (!path.ends_with("2.parquet")) return std::nullopt;
    return Unavailable("2.parquet was replaced");
  };
  EXPECT_THAT(ReadJson({SidecarLine("1.parquet"), SidecarLine("2.parquet")}),
              FailsWith(ErrorCode::kUnavailable));
}

TEST_F(V2CheckpointTest, FilesMayStandInTheCheckpointItself) {
  const auto snapshot = ReadJson({AddLine("a"), AddLine("b", "v"), RemoveLine("gone")});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(PathsOf(**snapshot), ElementsAre("a", "b#pv"));
}

TEST_F(V2CheckpointTest, StatisticsThatASidecarHasOnlyAsColumnsAreRendered) {
  PutSidecar("1.parquet", {"a"});
  const auto snapshot = ReadJson({SidecarLine("1.parquet")});
  ASSERT_THAT(snapshot, IsOk());
  auto stats = (*snapshot)->segments()[0].block->EscapedStats();
  EXPECT_EQ(stats.Get(0), R"({\"numRecords\":2})");
}

TEST_F(V2CheckpointTest, SidecarNamedTwiceIsReadOnce) {
  PutSidecar("1.parquet", {"a"});
  const auto snapshot = ReadJson({SidecarLine("1.parquet"), SidecarLine("%31.parquet"),
                                  SidecarLine("s3://bucket/t/_delta_log/_sidecars/1.parquet")});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(PathsOf(**snapshot), ElementsAre("a"));
}

TEST_F(V2CheckpointTest, FilesThatNewerCommitsNameAreVoidInSidecarsToo) {
  PutSidecar("1.parquet", {"a", "b"});
  store_.PutLog(std::string(kName) + ".json", FirstCommit({SidecarLine("1.parquet")}));
  Replay replay;
  replay.BeginCommit();
  ASSERT_THAT(ReadCommit(RemoveLine("a"), "commit", replay), IsOk());
  replay.BeginCheckpoint();
  ASSERT_THAT(ReadCheckpoint(store_, "t/_delta_log", {std::string(kName) + ".json"}, replay),
              IsOk());
  EXPECT_THAT(PathsOf(**std::move(replay).FinishSnapshot(table::Version(11))), ElementsAre("b"));
}

TEST_F(V2CheckpointTest, SidecarHoldsFilesAndNothingElse) {
  store_.PutLog("_sidecars/1.parquet", ParquetOf({"1.parquet"}));
  store_.PutLog(std::string(kName) + ".json", SidecarLine("1.parquet"));
  EXPECT_THAT(Read(std::string(kName) + ".json"), FailsWith(ErrorCode::kCorruptData));
}

TEST_F(V2CheckpointTest, MissingSidecarIsNotFound) {
  EXPECT_THAT(ReadJson({SidecarLine("1.parquet")}), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(ReadParquet(std::string(kName) + ".parquet", {"1.parquet"}),
              FailsWith(ErrorCode::kNotFound));
}

TEST_F(V2CheckpointTest, DamagedSidecarIsCorruptAndNamed) {
  store_.PutLog("_sidecars/1.parquet", Sidecar({"a"}).substr(7));
  const auto snapshot = ReadJson({SidecarLine("1.parquet")});
  ASSERT_THAT(snapshot, FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(snapshot.error().detail, HasSubstr("_sidecars/1.parquet"));
}

TEST_F(V2CheckpointTest, SidecarElsewhereIsRefused) {
  PutSidecar("1.parquet", {"a"});
  store_.Put("t/stolen.parquet", Sidecar({"x"}));
  store_.PutLog("stolen.parquet", Sidecar({"x"}));
  for (const char* path :
       {"../stolen.parquet", "../../stolen.parquet", "x/../../stolen.parquet",
        "%2e%2e/stolen.parquet", "/t/stolen.parquet", "s3://b/t/stolen.parquet"}) {
    EXPECT_THAT(ReadJson({SidecarLine(path)}), FailsWith(ErrorCode::kCorruptData)) << path;
    EXPECT_THAT(ReadParquet("c.parquet", {path}), FailsWith(ErrorCode::kCorruptData)) << path;
  }
}

TEST_F(V2CheckpointTest, BrokenLineIsCorruptAndNamed) {
  const auto snapshot = ReadJson({R"({"sidecar":{}})"});
  ASSERT_THAT(snapshot, FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(snapshot.error().detail, HasSubstr("64bd76c43a11.json, line 4"));
}

}  // namespace
}  // namespace sluice::delta
