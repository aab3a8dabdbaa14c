#include "audit/lease_table.h"

#include <chrono>
#include <thread>
#include <vector>

#include "audit/quota.h"
#include "base/testing.h"
#include "db/testing.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr SystemTime kDay{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)};

class LeaseTable : public testing::TestWithParam<db::Backend> {
 protected:
  void SetUp() override {
    const std::string reason = db::TestDatabase::ReasonToSkip(GetParam());
    if (!reason.empty()) GTEST_SKIP() << reason;
    database_ = test_database_.Open();
    ASSERT_THAT(PrepareLeaseTable(*database_), IsOk());
    leases_ = NewLeaseTable(*database_);
  }

  static LeaseKey Key(std::string recipient, SystemTime day = kDay) {
    return {.quota_id = "q",
            .recipient_id = std::move(recipient),
            .window_start = day,
            .window_end = day + days(1),
            .limit = 100};
  }
  std::int64_t Rows() {
    std::int64_t count = 0;
    const auto counted = database_->Run([&](db::Connection& connection) -> Result<void> {
      const db::Rows rows = TRY(connection.Query("SELECT count(*) FROM quota_lease", {}));
      count = rows.at(0).Int(0);
      return {};
    });
    EXPECT_THAT(counted, IsOk());
    return count;
  }

  db::TestDatabase test_database_{GetParam()};
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<LeaseSource> leases_;
};

TEST_P(LeaseTable, GrantsUpToTheLimit) {
  EXPECT_THAT(leases_->Take(Key("a"), 60), IsOkAnd(60));
  EXPECT_THAT(leases_->Take(Key("a"), 60), IsOkAnd(40));
  EXPECT_THAT(leases_->Take(Key("a"), 60), IsOkAnd(0));
  EXPECT_THAT(leases_->Take(Key("b'; DROP TABLE quota_lease; --"), 60), IsOkAnd(60));
  EXPECT_THAT(leases_->Take(Key("a", kDay + days(1)), 60), IsOkAnd(60));
}

TEST_P(LeaseTable, WhatIsReturnedIsGrantedAgain) {
  ASSERT_THAT(leases_->Take(Key("a"), 100), IsOkAnd(100));
  EXPECT_THAT(leases_->Return(Key("a"), 30), IsOk());
  EXPECT_THAT(leases_->Take(Key("a"), 50), IsOkAnd(30));
  EXPECT_THAT(leases_->Return(Key("nobody"), 30), IsOk());
  EXPECT_THAT(leases_->Take(Key("nobody"), 200), IsOkAnd(100));
}

TEST_P(LeaseTable, ALoweredLimitGrantsNothingAndARaisedOneTheRest) {
  ASSERT_THAT(leases_->Take(Key("a"), 80), IsOkAnd(80));
  LeaseKey key = Key("a");
  key.limit = 50;
  EXPECT_THAT(leases_->Take(key, 10), IsOkAnd(0));
  key.limit = 150;
  EXPECT_THAT(leases_->Take(key, 100), IsOkAnd(70));
}

TEST_P(LeaseTable, WindowsThatAreOverAreDeleted) {
  LeaseKey month = Key("a");
  month.quota_id = "month";
  month.window_end = kDay + days(10);
  ASSERT_THAT(leases_->Take(month, 1), IsOk());
  ASSERT_THAT(leases_->Take(Key("a"), 1), IsOk());
  ASSERT_THAT(leases_->Take(Key("b"), 1), IsOk());
  EXPECT_EQ(Rows(), 3);
  ASSERT_THAT(leases_->Take(Key("a", kDay + days(1)), 1), IsOk());
  EXPECT_EQ(Rows(), 2);
}

TEST_P(LeaseTable, NodesThatTakeAtOnceGetTheLimitTogether) {
  std::vector<std::int64_t> granted(4, 0);
  std::vector<std::thread> nodes;
  for (std::int64_t& sum : granted) {
    nodes.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto taken = leases_->Take(Key("a"), 3);
        ASSERT_THAT(taken, IsOk());
        sum += *taken;
      }
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(granted[0] + granted[1] + granted[2] + granted[3], 100);
}

TEST_P(LeaseTable, ANodeThatStartsAgainKnowsWhatWasSpent) {
  const ManualClock clock(kDay + 10h);
  const catalog::Quota quota{.id = "q",
                             .measure = catalog::Measure::kFiles,
                             .window = catalog::Window::kMonth,
                             .limit = 1'000};
  for (int start = 0; start < 4; ++start) {
    Quotas node(clock, *leases_);
    node.SetLimits({quota});
    EXPECT_THAT(node.AdmitRead({.recipient_id = "a"}, 300, 0),
                start < 3 ? testing::Matcher<const Result<void>&>(IsOk())
                          : FailsWith(ErrorCode::kResourceExhausted));
  }
}

INSTANTIATE_TEST_SUITE_P(Databases, LeaseTable, testing::ValuesIn(db::kBackends), db::BackendName);

}  // namespace
}  // namespace sluice::audit
