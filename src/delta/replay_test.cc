#include "delta/replay.h"

#include "base/testing.h"
#include "delta/testing.h"
#include "table/testing.h"

namespace sluice::delta {
namespace {

using table::PathsOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

void ReadInto(Replay& replay, const std::string& text) {
  ASSERT_THAT(ReadCommit(text, "commit", replay), IsOk());
}

// Replays commits, the newest first, and perhaps a checkpoint.
Result<table::SnapshotPtr> ReplayAll(const std::vector<std::string>& commits,
                                     const std::string& checkpoint = "") {
  Replay replay;
  for (const std::string& commit : commits) {
    replay.BeginCommit();
    ReadInto(replay, commit);
  }
  replay.BeginCheckpoint();
  ReadInto(replay, checkpoint);
  return std::move(replay).FinishSnapshot(table::Version(9));
}

std::vector<std::string> PathsAfter(const std::vector<std::string>& commits,
                                    const std::string& checkpoint) {
  const auto snapshot = ReplayAll(commits, checkpoint);
  EXPECT_THAT(snapshot, IsOk());
  return snapshot.ok() ? PathsOf(**snapshot) : std::vector<std::string>();
}

TEST(ReplayTest, FilesStandNewestCommitFirstThenAsTheCheckpointHasThem) {
  EXPECT_THAT(PathsAfter({Lines({AddLine("e"), AddLine("f")}), Lines({AddLine("d"), AddLine("c")})},
                         FirstCommit({AddLine("b"), AddLine("a")})),
              ElementsAre("e", "f", "d", "c", "b", "a"));
}

TEST(ReplayTest, NewerRemoveHidesOlderAdd) {
  EXPECT_THAT(PathsAfter({RemoveLine("a"), AddLine("a"), AddLine("b")}, FirstCommit()),
              ElementsAre("b"));
  EXPECT_THAT(PathsAfter({RemoveLine("a")}, FirstCommit({AddLine("a"), AddLine("b")})),
              ElementsAre("b"));
}

TEST(ReplayTest, SpellingsOfOneAbsolutePathAreOneFile) {
  EXPECT_THAT(PathsAfter({RemoveLine("file:/a/b"), AddLine("file:///a/c")},
                         FirstCommit({AddLine("/a/b"), AddLine("/a/c")})),
              ElementsAre("file:///a/c"));
}

TEST(ReplayTest, NewerAddHidesOlderRemove) {
  EXPECT_THAT(PathsAfter({AddLine("a"), RemoveLine("a"), AddLine("a")}, FirstCommit()),
              ElementsAre("a"));
}

TEST(ReplayTest, FileAddedTwiceIsListedOnceWhereItWasAddedLast) {
  EXPECT_THAT(PathsAfter({AddLine("a"), Lines({AddLine("b"), AddLine("a")})},
                         FirstCommit({AddLine("a"), AddLine("c")})),
              ElementsAre("a", "b", "c"));
}

TEST(ReplayTest, WithinACommitTheLastActionCounts) {
  EXPECT_THAT(PathsAfter({Lines({RemoveLine("a"), AddLine("a")})}, FirstCommit()),
              ElementsAre("a"));
  EXPECT_THAT(PathsAfter({Lines({AddLine("a"), RemoveLine("a"), AddLine("b")})}, FirstCommit()),
              ElementsAre("b"));
  EXPECT_THAT(PathsAfter({Lines({AddLine("a"), AddLine("b"), AddLine("a")})}, FirstCommit()),
              ElementsAre("b", "a"));
}

TEST(ReplayTest, DeletionVectorIsPartOfTheName) {
  EXPECT_THAT(PathsAfter({Lines({RemoveLine("a"), AddLine("a", "v1")})},
                         FirstCommit({AddLine("a"), AddLine("b", "w")})),
              ElementsAre("a#pv1", "b#pw"));
  EXPECT_THAT(PathsAfter({RemoveLine("a", "v1")}, FirstCommit({AddLine("a"), AddLine("a", "v1")})),
              ElementsAre("a"));
}

TEST(ReplayTest, RemovesOfACheckpointHideNothing) {
  EXPECT_THAT(PathsAfter({}, FirstCommit({AddLine("a"), RemoveLine("a")})), ElementsAre("a"));
}

TEST(ReplayTest, NewestMetadataAndProtocolCount) {
  const auto snapshot = ReplayAll({AddLine("a"), MetadataLine("newer"),
                                   R"({"protocol":{"minReaderVersion":1,"minWriterVersion":5}})"},
                                  FirstCommit());
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->metadata().id, "newer");
  EXPECT_EQ((*snapshot)->protocol().min_writer_version, 5);
}

TEST(ReplayTest, LogWithoutProtocolOrMetadataIsCorrupt) {
  EXPECT_THAT(ReplayAll({Lines({kProtocolLine})}), FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(ReplayAll({MetadataLine()}), FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(ReplayAll({}), FailsWith(ErrorCode::kCorruptData));
}

TEST(ReplayTest, PartitionValuesAreReadThoughMetadataComesLast) {
  const std::string add = R"({"add":{"path":"a","partitionValues":{"p":"x","old":"y"},"size":1}})";
  const auto snapshot = ReplayAll({add}, Lines({kProtocolLine, MetadataLine("t", R"(["p"])")}));
  ASSERT_THAT(snapshot, IsOk());
  const auto& columns = (*snapshot)->segments()[0].block->partition_columns();
  ASSERT_EQ(columns.size(), 1U);
  EXPECT_EQ(columns[0].values[columns[0].codes[0]].text, "x");
}

TEST(ReplayTest, ChangeNamesAddedAndRemovedFiles) {
  Replay replay;
  for (const std::string& commit :
       {Lines({AddLine("c"), RemoveLine("a", "v")}), Lines({AddLine("b"), RemoveLine("c")})}) {
    replay.BeginCommit();
    ReadInto(replay, commit);
  }
  const auto before = table::MetadataOf({"id long"});
  const table::Change change = std::move(replay).FinishChange(table::Version(2), *before);
  EXPECT_EQ(change.version, table::Version(2));
  EXPECT_EQ(change.metadata, nullptr);
  EXPECT_EQ(change.protocol, nullptr);
  EXPECT_EQ(change.added->rows(), 2U);
  EXPECT_THAT(change.named_files,
              UnorderedElementsAre(std::pair<std::string, std::string>("c", ""),
                                   std::pair<std::string, std::string>("a", "pv"),
                                   std::pair<std::string, std::string>("b", "")));
}

TEST(ReplayTest, CompactedFileCountsAsOneCommit) {
  Replay replay;
  replay.BeginCommit();
  ReadInto(replay, Lines({RemoveLine("c")}));
  replay.BeginCompacted();
  ReadInto(replay, Lines({AddLine("c"), AddLine("d"), RemoveLine("a")}));
  replay.BeginCommit();
  ReadInto(replay, FirstCommit({AddLine("a"), AddLine("b")}));
  EXPECT_THAT(PathsOf(**std::move(replay).FinishSnapshot(table::Version(5))),
              ElementsAre("d", "b"));
}

TEST(ReplayTest, CompactedFileThatContradictsItselfIsCorrupt) {
  for (const auto& lines :
       {Lines({RemoveLine("a"), AddLine("a")}), Lines({AddLine("a"), RemoveLine("a")}),
        Lines({AddLine("a"), AddLine("a")})}) {
    Replay replay;
    replay.BeginCompacted();
    EXPECT_THAT(ReadCommit(lines, "compacted", replay), FailsWith(ErrorCode::kCorruptData));
  }
  Replay replay;
  replay.BeginCompacted();
  EXPECT_THAT(ReadCommit(Lines({RemoveLine("a"), AddLine("a", "v")}), "compacted", replay), IsOk());
}

TEST(ReplayTest, ChangeWithoutFilesIsEmpty) {
  Replay replay;
  replay.BeginCommit();
  const table::Change change =
      std::move(replay).FinishChange(table::Version(1), *table::MetadataOf({"id long"}));
  EXPECT_EQ(change.added->rows(), 0U);
  EXPECT_THAT(change.named_files, IsEmpty());
}

}  // namespace
}  // namespace sluice::delta
