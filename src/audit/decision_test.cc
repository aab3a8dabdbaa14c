#include "audit/decision.h"

#include <stdlib.h>

#include <filesystem>

#include "base/testing.h"
#include "crypto/signing_key.h"

namespace sluice::audit {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const SystemTime kNow(std::chrono::seconds(1'795'255'200));

class DecisionTest : public testing::Test {
 protected:
  DecisionTest() {
    std::string pattern = testing::TempDir() + "decision-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    journal_ =
        Journal::Open({.directory = (folder_ / "audit").string(), .node = "n1"},
                      crypto::SigningKey::FromSeed(Secret(std::string(32, 's'))).value(), clock_)
            .value();
  }
  ~DecisionTest() override {
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::vector<Record> Records() {
    journal_->WaitBeyond(expected_ - 1, std::chrono::seconds(30));
    std::vector<Record> records;
    const std::vector<std::string> lines = journal_->Read(0, 100).value();
    for (const std::string& line : lines) records.push_back(DecodeRecord(line)->record);
    return records;
  }

  ManualClock clock_{kNow};
  std::filesystem::path folder_;
  std::unique_ptr<Journal> journal_;
  Sequence expected_ = 1;  ///< How many records a test waits for.
};

TEST_F(DecisionTest, AllowedOnceIsRecordedOnce) {
  Decision decision(journal_.get(), OnFailure::kRefuse, kNow);
  decision.record().object = "a.b.c";
  ASSERT_THAT(decision.Allow(), IsOk());
  ASSERT_THAT(decision.Allow(), IsOk());
  const Error fault = Unavailable("the answer broke off later");
  ASSERT_THAT(decision.Finish(&fault), IsOk());
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_TRUE(records[0].allowed);
  EXPECT_EQ(records[0].object, "a.b.c");
  EXPECT_EQ(records[0].time, kNow);
}

TEST_F(DecisionTest, RefusalSaysWhyInTheWordsThatTheCallerGot) {
  Decision decision(journal_.get(), OnFailure::kRefuse, kNow);
  const Error refusal = WithDetail(NotFound("table 'a.b.c' does not exist"), "not granted");
  ASSERT_THAT(decision.Finish(&refusal), IsOk());
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_FALSE(records[0].allowed);
  EXPECT_EQ(records[0].reason, "table 'a.b.c' does not exist");
}

TEST_F(DecisionTest, DroppedIsNotRecorded) {
  Decision dropped(journal_.get(), OnFailure::kRefuse, kNow);
  dropped.Drop();
  ASSERT_THAT(dropped.Finish(nullptr), IsOk());
  Decision kept(journal_.get(), OnFailure::kRefuse, kNow);
  kept.record().object = "kept";
  ASSERT_THAT(kept.Finish(nullptr), IsOk());
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].object, "kept");
}

TEST_F(DecisionTest, WithoutAJournalEverythingIsAllowed) {
  Decision decision(nullptr, OnFailure::kRefuse, kNow);
  EXPECT_THAT(decision.Allow(), IsOk());
  EXPECT_THAT(decision.Finish(nullptr), IsOk());
}

}  // namespace
}  // namespace sluice::audit
