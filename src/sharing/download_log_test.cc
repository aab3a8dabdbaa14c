#include "sharing/download_log.h"

#include <stdlib.h>

#include <filesystem>

#include "base/testing.h"
#include "crypto/signing_key.h"

namespace sluice::sharing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

const SystemTime kNow(seconds(1'795'255'200));

class DownloadLogTest : public testing::Test {
 protected:
  DownloadLogTest() {
    std::string pattern = testing::TempDir() + "downloads-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    journal_ = audit::Journal::Open(
                   {.directory = (folder_ / "audit").string(), .node = "n1"},
                   crypto::SigningKey::FromSeed(Secret(std::string(32, 's'))).value(), clock_)
                   .value();
    Begin({.rest = seconds(60), .sweep_interval = hours(1)});
  }
  ~DownloadLogTest() override {
    log_.reset();
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Begin(const DownloadLog::Options& options) {
    log_ = std::make_unique<DownloadLog>(*journal_, clock_, options);
  }
  /// One request of a link, for `bytes`.
  void Use(const std::string& link_id, std::uint64_t bytes) {
    audit::Decision decision(journal_.get(), audit::OnFailure::kRefuse, clock_.Now());
    decision.record().action = audit::Action::kDownload;
    decision.record().request_id = "r";
    decision.record().link_id = link_id;
    const auto link = log_->Find(link_id);
    ASSERT_THAT(link->Record(decision), IsOk());
    ASSERT_THAT(decision.Finish(nullptr), IsOk());
    link->Count(bytes);
  }
  /// The first `count` records, once they are on disk.
  std::vector<audit::Record> Records(audit::Sequence count) {
    journal_->WaitBeyond(count - 1, seconds(30));
    std::vector<audit::Record> records;
    const std::vector<std::string> lines = journal_->Read(0, 100).value();
    for (const std::string& line : lines) records.push_back(audit::DecodeRecord(line)->record);
    return records;
  }

  ManualClock clock_{kNow};
  std::filesystem::path folder_;
  std::unique_ptr<audit::Journal> journal_;
  std::unique_ptr<DownloadLog> log_;
};

TEST_F(DownloadLogTest, FirstUseIsARecordAndLaterOnesAreASum) {
  for (int i = 0; i < 3; ++i) Use("a", 10);
  EXPECT_THAT(Records(1), SizeIs(1));
  clock_.Advance(seconds(60));
  log_->Sweep();
  const auto records = Records(2);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].request_id, "r");
  EXPECT_THAT(records[1].request_id, IsEmpty());
  EXPECT_EQ(records[1].link_id, "a");
  EXPECT_EQ(records[1].bytes, 30);
  EXPECT_EQ(records[1].reason, "3 requests in all");
}

TEST_F(DownloadLogTest, ALinkInUseDoesNotRest) {
  Use("a", 1);
  clock_.Advance(seconds(59));
  Use("a", 1);
  clock_.Advance(seconds(59));
  log_->Sweep();
  EXPECT_THAT(Records(1), SizeIs(1));
}

TEST_F(DownloadLogTest, AUseAfterTheRestIsAFirstOneAgain) {
  Use("a", 1);
  clock_.Advance(seconds(60));
  log_->Sweep();
  Use("a", 1);
  EXPECT_THAT(Records(3), SizeIs(3));
}

TEST_F(DownloadLogTest, TheLinkUsedLeastRecentlyMakesRoom) {
  Begin({.max_links = 2, .rest = hours(1), .sweep_interval = hours(1)});
  Use("a", 1);
  Use("b", 2);
  Use("a", 1);
  Use("c", 3);
  const auto records = Records(4);
  ASSERT_THAT(records, SizeIs(4));
  EXPECT_EQ(records[2].link_id, "b") << "evicted, so its sum is written";
  EXPECT_EQ(records[2].bytes, 2);
}

TEST_F(DownloadLogTest, SumsAreWrittenAtTheEnd) {
  Use("a", 7);
  log_.reset();
  const auto records = Records(2);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[1].bytes, 7);
}

}  // namespace
}  // namespace sluice::sharing
