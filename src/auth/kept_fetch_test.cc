#include "auth/kept_fetch.h"

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "base/testing.h"

namespace sluice::auth {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Pointee;

class KeptFetchTest : public testing::Test {
 protected:
  Result<int> FetchNext() {
    ++fetches_;
    if (begun_ != nullptr) {
      begun_->count_down();
      go_on_->wait();
    }
    if (fails_) return Unavailable("down");
    return fetches_.load();
  }

  ManualClock clock_{SystemTime(hours(500'000))};
  std::atomic<int> fetches_ = 0;
  std::atomic<bool> fails_ = false;
  std::latch* begun_ = nullptr;
  std::latch* go_on_ = nullptr;
  KeptFetch<int> kept_{[this] { return FetchNext(); }, clock_};
};

TEST_F(KeptFetchTest, FetchesWhenFirstAskedAndKeeps) {
  EXPECT_EQ(kept_.Peek(), nullptr);
  EXPECT_FALSE(kept_.IsDue());
  EXPECT_THAT(kept_.GetNewerThan(nullptr), IsOkAnd(Pointee(1)));
  EXPECT_THAT(kept_.GetNewerThan(nullptr), IsOkAnd(Pointee(1)));
  EXPECT_THAT(kept_.Peek(), Pointee(1));
  EXPECT_EQ(fetches_, 1);
}

TEST_F(KeptFetchTest, IsDueAfterAnHour) {
  ASSERT_THAT(kept_.GetNewerThan(nullptr), IsOk());
  clock_.Advance(hours(1) - seconds(1));
  EXPECT_FALSE(kept_.IsDue());
  clock_.Advance(seconds(1));
  EXPECT_TRUE(kept_.IsDue());
  EXPECT_THAT(kept_.GetNewerThan(kept_.Peek()), IsOkAnd(Pointee(2)));
  EXPECT_FALSE(kept_.IsDue());
}

TEST_F(KeptFetchTest, WhoWantsNewerFetchesNoSoonerThanTenSecondsAfterTheLast) {
  const auto first = kept_.GetNewerThan(nullptr).value();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(kept_.GetNewerThan(first).value(), first);
  EXPECT_EQ(fetches_, 1);
  clock_.Advance(seconds(10));
  EXPECT_THAT(kept_.GetNewerThan(first), IsOkAnd(Pointee(2)));
  EXPECT_THAT(kept_.GetNewerThan(first), IsOkAnd(Pointee(2)));  // that is newer already
  EXPECT_EQ(fetches_, 2);
}

TEST_F(KeptFetchTest, AFailureIsToldToAllForTenSeconds) {
  fails_ = true;
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(kept_.GetNewerThan(nullptr), FailsWith(ErrorCode::kUnavailable));
  }
  EXPECT_EQ(fetches_, 1);
  clock_.Advance(seconds(10));
  fails_ = false;
  EXPECT_THAT(kept_.GetNewerThan(nullptr), IsOkAnd(Pointee(2)));
}

TEST_F(KeptFetchTest, WhatIsKeptHoldsForADayOfFailures) {
  const auto first = kept_.GetNewerThan(nullptr).value();
  fails_ = true;
  for (int hour = 1; hour < 24; ++hour) {
    clock_.Advance(hours(1));
    EXPECT_EQ(kept_.GetNewerThan(first).value(), first) << hour;
    EXPECT_EQ(kept_.Peek(), first) << hour;
  }
  clock_.Advance(hours(1));
  EXPECT_EQ(kept_.Peek(), nullptr);
  EXPECT_THAT(kept_.GetNewerThan(nullptr), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(KeptFetchTest, AClockThatIsSetBackDoesNotKeepForGood) {
  ASSERT_THAT(kept_.GetNewerThan(nullptr), IsOk());
  clock_.Advance(-hours(48));
  EXPECT_EQ(kept_.Peek(), nullptr);
  EXPECT_THAT(kept_.GetNewerThan(nullptr), IsOkAnd(Pointee(2)));
}

TEST_F(KeptFetchTest, AllWhoAskAtOnceShareOneFetchAndOneMoreThanMayWaitIsTurnedAway) {
  std::latch begun(1);
  std::latch go_on(1);
  begun_ = &begun;
  go_on_ = &go_on;
  std::atomic<int> got = 0;
  std::atomic<int> turned_away = 0;
  const auto ask = [&] {
    const auto result = kept_.GetNewerThan(nullptr);
    result.ok() ? ++got : ++turned_away;
  };
  std::thread first(ask);
  begun.wait();
  std::vector<std::thread> others;
  for (int i = 0; i < KeptFetch<int>::kMaxWaiting + 3; ++i) others.emplace_back(ask);
  while (turned_away < 3) std::this_thread::yield();
  go_on.count_down();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(turned_away, 3);
  EXPECT_EQ(got, KeptFetch<int>::kMaxWaiting + 1);
}

}  // namespace
}  // namespace sluice::auth
