#include "server/failed_sign_ins.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/testing.h"
#include "crypto/signing_key.h"

namespace sluice::server {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

constexpr char kPeer[] = "192.0.2.7";

class FailedSignInsTest : public testing::Test {
 protected:
  /// How many of `count` failures are answered one by one.
  std::int64_t CountPassed(std::string_view peer, int count) {
    std::int64_t passed = 0;
    for (int i = 0; i < count; ++i) {
      if (!failures_->Count(peer)) {
        ++passed;
      } else {
        failures_->Sum({.reason = "the bearer token is not valid",
                        .request_id = "r",
                        .peer = std::string(peer)});
      }
    }
    return passed;
  }
  /// So many that were written without waiting.
  std::vector<audit::Record> WaitForRecords(audit::Sequence count) {
    while (journal_->size() < count) journal_->WaitBeyond(journal_->size(), 1min);
    std::vector<audit::Record> records;
    const auto lines = journal_->Read(0, 100);
    for (const std::string& line : lines.value()) {
      records.push_back(audit::DecodeRecord(line)->record);
    }
    return records;
  }
  static std::string NewFolder() {
    std::string pattern = testing::TempDir() + "sign_ins_XXXXXX";
    return ::mkdtemp(pattern.data());
  }
  ~FailedSignInsTest() override { std::filesystem::remove_all(folder_); }

  const std::string folder_ = NewFolder();
  ManualClock clock_{SystemTime(1'800'000'000s)};
  std::unique_ptr<audit::Journal> journal_ =
      audit::Journal::Open({.directory = folder_ + "/audit", .node = "n"},
                           crypto::SigningKey::FromSeed(Secret(std::string(32, 's'))).value(),
                           clock_)
          .value();
  std::optional<FailedSignIns> failures_{
      std::in_place, journal_.get(), clock_,
      FailedSignIns::Options{.per_minute = 10, .max_networks = 3, .sweep_interval = 1h}};
};

TEST_F(FailedSignInsTest, AnAddressHasSoManyAtOnceAndSoManyAMinute) {
  EXPECT_EQ(CountPassed(kPeer, 30), 10);
  EXPECT_EQ(failures_->Count(kPeer), 6s);
  clock_.Advance(6s);
  EXPECT_EQ(CountPassed(kPeer, 5), 1);
  clock_.Advance(24h);
  EXPECT_EQ(CountPassed(kPeer, 30), 10);
}

TEST_F(FailedSignInsTest, AddressesOfIpv4CountAloneAndThoseOfIpv6ByTheirNetwork) {
  EXPECT_EQ(CountPassed(kPeer, 30), 10);
  EXPECT_EQ(CountPassed("192.0.2.8", 30), 10);
  EXPECT_EQ(CountPassed("2001:db8::1", 30), 10);
  EXPECT_EQ(CountPassed("2001:db8::ffff:1", 30), 0);
  EXPECT_EQ(CountPassed("2001:db8:0:1::1", 30), 10);
}

TEST_F(FailedSignInsTest, TheOwnersSocketIsNeverHeldBack) {
  EXPECT_EQ(CountPassed("unix", 30), 30);
}

TEST_F(FailedSignInsTest, AClockThatGoesBackGivesAndTakesNothing) {
  EXPECT_EQ(CountPassed(kPeer, 5), 5);
  clock_.Advance(-1h);
  EXPECT_EQ(CountPassed(kPeer, 10), 5);
  clock_.Advance(6s);
  EXPECT_EQ(CountPassed(kPeer, 5), 1);
}

TEST_F(FailedSignInsTest, WhatIsHeldBackIsOneRecordAMinute) {
  CountPassed(kPeer, 30);
  failures_->Sweep();
  clock_.Advance(60s);
  failures_->Sweep();
  failures_->Sweep();
  CountPassed("192.0.2.8", 30);
  failures_.reset();
  const auto records = WaitForRecords(2);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[1].peer, "192.0.2.8");
  EXPECT_EQ(records[0].peer, kPeer);
  EXPECT_FALSE(records[0].allowed);
  EXPECT_EQ(records[0].request_id, "");
  EXPECT_THAT(records[0].reason, HasSubstr("20 more"));
}

TEST_F(FailedSignInsTest, SumsAreWrittenWhenTheNetworkIsForgottenAndAtTheEnd) {
  CountPassed(kPeer, 30);
  for (const char* const other : {"192.0.2.8", "192.0.2.9", "192.0.2.10"}) CountPassed(other, 1);
  EXPECT_THAT(WaitForRecords(1), SizeIs(1));
  CountPassed("192.0.2.8", 15);
  failures_.reset();
  EXPECT_THAT(WaitForRecords(2), SizeIs(2));
}

}  // namespace
}  // namespace sluice::server
