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

class LogSegmentTest : public testing::Test {
 protected:
  void PutCommits(std::int64_t first, std::int64_t last) {
    for (std::int64_t version = first; version <= last; ++version) store_.PutCommit(version, "");
  }
  void PutHint(const std::string& text) { store_.PutLog("_last_checkpoint", text); }
  Result<LogSegment> Find() { return FindLogSegment(store_, "t/_delta_log"); }
  // Checks that the segment is `checkpoint` and the commits [first, last].
  void ExpectSegment(const std::vector<std::string>& checkpoint, std::int64_t first,
                     std::int64_t last) {
    const auto segment = Find();
    ASSERT_THAT(segment, IsOk());
    EXPECT_EQ(segment->checkpoint_parts, checkpoint);
    std::vector<std::int64_t> commits;
    for (std::int64_t version = first; version <= last; ++version) commits.push_back(version);
    EXPECT_EQ(segment->commits, commits);
    EXPECT_EQ(segment->version, table::Version(last));
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
  EXPECT_EQ(segment.error().detail, "commit 4 follows 2");
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

TEST_F(LogSegmentTest, CheckpointsOfAnotherFeatureAreRefusedByNameOnlyIfNeeded) {
  const std::string v2 = Format("{:020}.checkpoint.80a083e8-7026.json", 10);
  PutCommits(0, 12);
  store_.PutLog(v2, "");
  ExpectSegment({}, 0, 12);
  store_.RemoveLog(CommitName(3));
  const auto segment = Find();
  ASSERT_THAT(segment, FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(segment.error().message, testing::HasSubstr("v2Checkpoint"));
}

TEST_F(LogSegmentTest, NamesThatOnlyLookLikeOursArePassedOver) {
  PutCommits(0, 1);
  for (const char* name :
       {"2.json", "00000000000000000002.json.tmp", ".00000000000000000002.json.crc",
        "0000000000000000000x.json", "-0000000000000000002.json", "+0000000000000000002.json",
        "000000000000000000002.json", "00000000000000000002.crc", "99999999999999999999.json",
        "00000000000000000000.00000000000000000001.compacted.json",
        "00000000000000000002.checkpoint", "00000000000000000002.JSON"}) {
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
