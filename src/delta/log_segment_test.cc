#include "delta/log_segment.h"

#include "base/testing.h"
#include "delta/testing.h"

namespace sluice::delta {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string CheckpointName(std::int64_t version) {
  return Format("{:020}.checkpoint.parquet", version);
}

std::string PartName(std::int64_t version, int part, int parts) {
  return Format("{:020}.checkpoint.{:010}.{:010}.parquet", version, part, parts);
}

std::string V2Name(std::int64_t version, const std::string& extension = "json") {
  return Format("{:020}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.{}", version, extension);
}

std::string CompactedName(std::int64_t first, std::int64_t last) {
  return Format("{:020}.{:020}.compacted.json", first, last);
}

class LogSegmentTest : public testing::Test {
 protected:
  void PutCommits(std::int64_t first, std::int64_t last) {
    for (std::int64_t version = first; version <= last; ++version) store_.PutCommit(version, "");
  }
  void PutHint(const std::string& text) { store_.PutLog("_last_checkpoint", text); }
  Result<LogSegment> Find(std::optional<std::int64_t> version = std::nullopt) {
    return FindLogSegment(store_, "t/_delta_log", version);
  }
  // Checks that the segment of `version` is `checkpoint` and the commits [first, last].
  void ExpectSegment(const std::vector<std::string>& checkpoint, std::int64_t first,
                     std::int64_t last, std::optional<std::int64_t> version = std::nullopt) {
    std::vector<std::string> names;
    for (std::int64_t commit = first; commit <= last; ++commit) names.push_back(CommitName(commit));
    ExpectFiles(checkpoint, names, last, version);
  }
  void ExpectFiles(const std::vector<std::string>& checkpoint,
                   const std::vector<std::string>& commits, std::int64_t last,
                   std::optional<std::int64_t> version = std::nullopt) {
    const auto segment = Find(version);
    ASSERT_THAT(segment, IsOk());
    EXPECT_EQ(segment->checkpoint_parts, checkpoint);
    std::vector<std::string> names;
    for (const CommitFile& commit : segment->commits) names.push_back(commit.name);
    EXPECT_EQ(names, commits);
    EXPECT_EQ(segment->version, table::Version(last));
  }
  void ExpectCannotLoad(std::int64_t version, const std::string& why) {
    const auto segment = Find(version);
    ASSERT_THAT(segment, FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_EQ(segment.error().message, Format("Cannot load table version {}: {}", version, why));
  }

  LogStore store_;
};

TEST_F(LogSegmentTest, CommitsAloneMakeATable) {
  PutCommits(0, 3);
  ExpectSegment({}, 0, 3);
}

TEST_F(LogSegmentTest, EmptyLogIsNoTable) {
  EXPECT_THAT(Find(), FailsWith(ErrorCode::kNotFound));
  PutHint(R"({"version":5})");
  store_.PutLog("README", "");
  EXPECT_THAT(Find(), FailsWith(ErrorCode::kNotFound));
}

TEST_F(LogSegmentTest, NewestCheckpointSparesTheCommitsBefore) {
  PutCommits(0, 12);
  store_.PutLog(CheckpointName(5), "");
  store_.PutLog(CheckpointName(10), "");
  ExpectSegment({CheckpointName(10)}, 11, 12);
}

TEST_F(LogSegmentTest, CheckpointNeedsNoCommitAtAll) {
  store_.PutLog(CheckpointName(10), "");
  const auto segment = Find();
  ASSERT_THAT(segment, IsOk());
  EXPECT_EQ(segment->version, table::Version(10));
  EXPECT_THAT(segment->commits, IsEmpty());
}

TEST_F(LogSegmentTest, RightHintIsListedFromThere) {
  PutCommits(0, 12);
  store_.PutLog(CheckpointName(10), "");
  PutHint(R"({"version":10,"size":3})");
  ExpectSegment({CheckpointName(10)}, 11, 12);
  EXPECT_EQ(store_.lists, 1);
}

TEST_F(LogSegmentTest, OldHintFindsTheNewerCheckpoint) {
  PutCommits(0, 12);
  store_.PutLog(CheckpointName(5), "");
  store_.PutLog(CheckpointName(10), "");
  PutHint(R"({"version":5})");
  ExpectSegment({CheckpointName(10)}, 11, 12);
}

TEST_F(LogSegmentTest, HintWhoseCheckpointIsMissingCostsASecondListing) {
  PutCommits(0, 12);
  store_.PutLog(CheckpointName(5), "");
  for (const char* hint : {R"({"version":10})", R"({"version":99})"}) {
    store_.lists = 0;
    PutHint(hint);
    ExpectSegment({CheckpointName(5)}, 6, 12);
    EXPECT_EQ(store_.lists, 2);
  }
}

TEST_F(LogSegmentTest, UnreadableHintIsAsGoodAsNone) {
  PutCommits(0, 12);
  store_.PutLog(CheckpointName(5), "");
  for (const char* hint : {"", "{", "[]", R"({"version":"5"})", R"({"version":-5})", "\xff"}) {
    PutHint(hint);
    ExpectSegment({CheckpointName(5)}, 6, 12);
  }
}

TEST_F(LogSegmentTest, PartsOfACheckpointComeInTheirOrder) {
  PutCommits(0, 6);
  for (const int part : {3, 1, 2}) store_.PutLog(PartName(5, part, 3), "");
  ExpectSegment({PartName(5, 1, 3), PartName(5, 2, 3), PartName(5, 3, 3)}, 6, 6);
}

TEST_F(LogSegmentTest, CheckpointThatLacksAPartIsPassedOver) {
  PutCommits(0, 6);
  store_.PutLog(CheckpointName(3), "");
  store_.PutLog(PartName(5, 1, 3), "");
  store_.PutLog(PartName(5, 3, 3), "");
  ExpectSegment({CheckpointName(3)}, 4, 6);
}

TEST_F(LogSegmentTest, PartsOfSeveralAttemptsAreNotMixed) {
  PutCommits(0, 6);
  store_.PutLog(PartName(5, 1, 2), "");
  store_.PutLog(PartName(5, 2, 3), "");
  ExpectSegment({}, 0, 6);
  store_.PutLog(PartName(5, 2, 2), "");
  ExpectSegment({PartName(5, 1, 2), PartName(5, 2, 2)}, 6, 6);
}

TEST_F(LogSegmentTest, PartsWhoseNumbersAreNotOneToNAreNoCheckpoint) {
  PutCommits(0, 6);
  store_.PutLog(PartName(5, 0, 2), "");
  store_.PutLog(PartName(5, 3, 2), "");
  ExpectSegment({}, 0, 6);
}

TEST_F(LogSegmentTest, LogMayBeCleanedBeforeTheCheckpoint) {
  PutCommits(9, 12);
  store_.PutLog(CheckpointName(10), "");
  ExpectSegment({CheckpointName(10)}, 11, 12);
}

TEST_F(LogSegmentTest, GapsAreCorruptAndNamed) {
  PutCommits(0, 2);
  PutCommits(4, 5);
  const auto segment = Find();
  ASSERT_THAT(segment, FailsWith(ErrorCode::kCorruptData));
  EXPECT_EQ(segment.error().detail, "commit 3 is missing, the newest is 5");
}

TEST_F(LogSegmentTest, LogThatDoesNotStartAtZeroIsCorrupt) {
  PutCommits(3, 5);
  EXPECT_THAT(Find(), FailsWith(ErrorCode::kCorruptData));
}

TEST_F(LogSegmentTest, GapBehindTheCheckpointIsCorrupt) {
  store_.PutLog(CheckpointName(10), "");
  PutCommits(12, 12);
  EXPECT_THAT(Find(), FailsWith(ErrorCode::kCorruptData));
}

TEST_F(LogSegmentTest, V2CheckpointsCountInEitherForm) {
  PutCommits(9, 12);
  store_.PutLog(V2Name(9, "parquet"), "");
  ExpectSegment({V2Name(9, "parquet")}, 10, 12);
  store_.PutLog(V2Name(10), "");
  ExpectSegment({V2Name(10)}, 11, 12);
  PutHint(R"({"version":10})");
  ExpectSegment({V2Name(10)}, 11, 12);
}

TEST_F(LogSegmentTest, OfOneVersionsCheckpointsTheSimplestIsRead) {
  PutCommits(10, 12);
  for (const int part : {1, 2}) store_.PutLog(PartName(10, part, 2), "");
  ExpectSegment({PartName(10, 1, 2), PartName(10, 2, 2)}, 11, 12);
  store_.PutLog(V2Name(10), "");
  ExpectSegment({V2Name(10)}, 11, 12);
  store_.PutLog(CheckpointName(10), "");
  ExpectSegment({CheckpointName(10)}, 11, 12);
  store_.PutLog(V2Name(11), "");
  ExpectSegment({V2Name(11)}, 12, 12);
}

TEST_F(LogSegmentTest, CommitsArePreferredToCompactedFiles) {
  PutCommits(0, 5);
  store_.PutLog(CompactedName(1, 4), "");
  ExpectSegment({}, 0, 5);
}

TEST_F(LogSegmentTest, CompactedFileBridgesCommitsThatAreGone) {
  for (const std::int64_t version : {0, 1, 4, 6}) store_.PutCommit(version, "");
  store_.PutLog(CompactedName(2, 3), "");
  store_.PutLog(CompactedName(2, 5), "");
  ExpectFiles({}, {CommitName(0), CommitName(1), CompactedName(2, 5), CommitName(6)}, 6);
  const auto segment = Find();
  EXPECT_EQ(segment->commits[2].first, 2);
  EXPECT_EQ(segment->commits[2].last, 5);
}

TEST_F(LogSegmentTest, CompactedFileThatReachesTooFarIsNoBridge) {
  for (const std::int64_t version : {0, 4}) store_.PutCommit(version, "");
  store_.PutLog(CompactedName(1, 3), "");
  ExpectFiles({}, {CommitName(0), CompactedName(1, 3)}, 3, 3);
  EXPECT_THAT(Find(2), FailsWith(ErrorCode::kCorruptData));
}

TEST_F(LogSegmentTest, VersionStartsFromTheNewestCheckpointAtOrBeforeIt) {
  PutCommits(0, 12);
  store_.PutLog(CheckpointName(5), "");
  store_.PutLog(V2Name(10), "");
  for (const char* hint : {"", R"({"version":10})", R"({"version":5})"}) {
    PutHint(hint);
    ExpectSegment({}, 0, 4, 4);
    ExpectSegment({CheckpointName(5)}, 6, 5, 5);
    ExpectSegment({CheckpointName(5)}, 6, 9, 9);
    ExpectSegment({V2Name(10)}, 11, 10, 10);
    ExpectSegment({V2Name(10)}, 11, 12, 12);
  }
}

TEST_F(LogSegmentTest, HintAtOrBeforeTheVersionSavesAListing) {
  PutCommits(0, 12);
  store_.PutLog(CheckpointName(5), "");
  PutHint(R"({"version":5})");
  ExpectSegment({CheckpointName(5)}, 6, 8, 8);
  EXPECT_EQ(store_.lists, 1);
}

TEST_F(LogSegmentTest, VersionAfterTheNewestIsRefused) {
  PutCommits(0, 3);
  ExpectCannotLoad(4, "the latest version is 3");
  ExpectCannotLoad(std::numeric_limits<std::int64_t>::max() - 1, "the latest version is 3");
  ExpectSegment({}, 0, 3, 3);
}

TEST_F(LogSegmentTest, VersionThatWasCleanedUpIsRefused) {
  PutCommits(8, 12);
  store_.PutLog(CheckpointName(10), "");
  for (const std::int64_t version : {0, 5, 8, 9})
    ExpectCannotLoad(version, "the log no longer reaches back to it");
  ExpectSegment({CheckpointName(10)}, 11, 10, 10);
}

TEST_F(LogSegmentTest, HoleBeforeACheckpointHidesOnlyItsVersions) {
  PutCommits(0, 6);
  PutCommits(8, 12);
  store_.PutLog(CheckpointName(10), "");
  ExpectSegment({CheckpointName(10)}, 11, 12);
  ExpectSegment({}, 0, 6, 6);
  for (const std::int64_t version : {7, 8, 9})
    ExpectCannotLoad(version, "the log no longer reaches back to it");
}

TEST_F(LogSegmentTest, GapWithoutACheckpointAfterItIsCorruptForEveryLaterVersion) {
  PutCommits(0, 2);
  PutCommits(4, 5);
  ExpectSegment({}, 0, 2, 2);
  for (const std::int64_t version : {3, 4, 5, 9})
    EXPECT_THAT(Find(version), FailsWith(ErrorCode::kCorruptData)) << version;
}

TEST_F(LogSegmentTest, NoVersionOfAnEmptyLogIsFound) {
  EXPECT_THAT(Find(0), FailsWith(ErrorCode::kNotFound));
}

TEST_F(LogSegmentTest, CommitsAreListedWithTheirTimes) {
  PutCommits(0, 1);
  store_.clock.Advance(std::chrono::minutes(1));
  PutCommits(2, 2);
  const auto commits = ListCommits(store_, "t/_delta_log");
  ASSERT_THAT(commits, IsOk());
  ASSERT_EQ(commits->size(), 3U);
  EXPECT_EQ((*commits)[2].version, 2);
  EXPECT_EQ((*commits)[0].modified_at, (*commits)[1].modified_at);
  EXPECT_EQ((*commits)[2].modified_at - (*commits)[1].modified_at, std::chrono::minutes(1));
}

TEST_F(LogSegmentTest, CommitsBeforeAGapAreNotListed) {
  PutCommits(0, 6);
  PutCommits(8, 9);
  store_.PutLog(CheckpointName(10), "");
  store_.PutLog(CompactedName(7, 9), "");
  const auto commits = ListCommits(store_, "t/_delta_log");
  ASSERT_THAT(commits, IsOk());
  ASSERT_EQ(commits->size(), 2U);
  EXPECT_EQ(commits->front().version, 8);
}

TEST_F(LogSegmentTest, LogWithoutCommitsHasNoneToList) {
  store_.PutLog(CheckpointName(10), "");
  EXPECT_THAT(ListCommits(store_, "t/_delta_log"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(LogSegmentTest, NamesThatOnlyLookLikeOursArePassedOver) {
  PutCommits(0, 1);
  for (const char* name :
       {"2.json",
        "00000000000000000002.json.tmp",
        ".00000000000000000002.json.crc",
        "0000000000000000000x.json",
        "-0000000000000000002.json",
        "+0000000000000000002.json",
        "000000000000000000002.json",
        "00000000000000000002.crc",
        "99999999999999999999.json",
        "00000000000000000002.00000000000000000002.compacted.json",
        "00000000000000000002.00000000000000000001.compacted.json",
        "00000000000000000002.00000000000000000003.compacted.json.tmp",
        "00000000000000000002.3.compacted.json",
        "00000000000000000002.checkpoint.json",
        "00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11",
        "00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json.tmp",
        "00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a1g.json",
        "00000000000000000002.checkpoint.tmp.parquet",
        "00000000000000000002.checkpoint",
        "00000000000000000002.JSON"}) {
    store_.PutLog(name, "");
  }
  ExpectSegment({}, 0, 1);
}

TEST_F(LogSegmentTest, LongLogsAreListedPageByPage) {
  for (int version = 0; version < 2500; ++version) {
    ASSERT_TRUE(store_.PutIfAbsent("t/_delta_log/" + CommitName(version), "").ok());
  }
  ExpectSegment({}, 0, 2499);
  EXPECT_EQ(store_.lists, 3);
}

TEST_F(LogSegmentTest, StoreThatFailsIsNotAMissingTable) {
  PutCommits(0, 1);
  store_.fault = [](std::string_view) { return Unavailable("the store is away"); };
  EXPECT_THAT(Find(), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::delta
