#include "sharing/latest_look.h"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/testing.h"
#include "table/testing.h"

namespace sluice::sharing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Stands still unless moved, and counts how often it was read.
class CountingClock final : public Clock {
 public:
  SystemTime Now() const override {
    ++reads_;
    return time_.Now();
  }
  void Advance(milliseconds by) { time_.Advance(by); }
  int reads() const { return reads_; }

 private:
  ManualClock time_{SystemTime(seconds(1'000'000))};
  mutable std::atomic<int> reads_ = 0;
};

/// A table that counts how often it was looked at.
class WatchedTable final : public table::Table {
 public:
  Result<table::SnapshotPtr> Latest() override {
    ++looks_;
    if (on_look) on_look();
    if (fault) return *fault;
    return snapshot_;
  }
  Result<table::SnapshotPtr> At(table::Version /*version*/,
                                const std::optional<table::Layout>& /*layout*/) override {
    return snapshot_;
  }
  Result<table::Version> LatestVersion() override { return snapshot_->version(); }
  Result<table::HistoryPtr> OpenHistory() override { return NotFound("there is none"); }
  std::size_t memory_bytes() const override { return 0; }
  int looks() const { return looks_; }

  std::function<void()> on_look;
  std::optional<Error> fault;

 private:
  std::atomic<int> looks_ = 0;
  const table::SnapshotPtr snapshot_ =
      table::SnapshotOf(table::BlockMaker().Finish(), table::MetadataOf({"id long"}));
};

class LatestLookTest : public testing::Test {
 protected:
  /// How old the answer is said to be: 0 where it is new.
  Result<milliseconds> Get(const Freshness& freshness) {
    const LatestSnapshot latest = TRY(look_.Get(table_, freshness));
    return latest.stale_for.value_or(milliseconds(0));
  }
  bool LooksAgain(const Freshness& freshness) {
    const int before = table_.looks();
    EXPECT_THAT(Get(freshness), IsOkAnd(milliseconds(0)));
    return table_.looks() > before;
  }

  CountingClock clock_;
  WatchedTable table_;
  LatestLook look_{clock_};
};

TEST_F(LatestLookTest, WithoutABoundEveryRequestLooks) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(LooksAgain({}));
}

TEST_F(LatestLookTest, ALookIsSharedAsLongAsItIsNewEnough) {
  const Freshness bound{.max_age = seconds(10)};
  EXPECT_TRUE(LooksAgain(bound));
  clock_.Advance(seconds(10));
  EXPECT_FALSE(LooksAgain(bound));
  EXPECT_FALSE(LooksAgain(bound));
  clock_.Advance(milliseconds(1));
  EXPECT_TRUE(LooksAgain(bound));
}

TEST_F(LatestLookTest, ALookOfTheFutureIsNotNew) {
  const Freshness bound{.max_age = seconds(10), .serve_stale_for = seconds(10)};
  EXPECT_TRUE(LooksAgain(bound));
  clock_.Advance(-seconds(60));
  EXPECT_TRUE(LooksAgain(bound));
  clock_.Advance(-seconds(60));
  table_.fault = Unavailable("the store is down");
  EXPECT_THAT(Get(bound), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(LatestLookTest, RequestsThatComeDuringALookShareTheNext) {
  constexpr int kRequests = 8;
  const Freshness bound{.max_age = milliseconds(1)};
  EXPECT_TRUE(LooksAgain(bound));
  clock_.Advance(milliseconds(2));

  std::vector<std::jthread> requests;
  table_.on_look = [&] {
    if (table_.looks() != 2) return;
    const int before = clock_.reads();
    for (int i = 0; i < kRequests; ++i) {
      requests.emplace_back([&] { EXPECT_THAT(look_.Get(table_, bound), IsOk()); });
    }
    // Each reads the clock once, to find that the last look is too old, and then waits.
    while (clock_.reads() < before + kRequests) std::this_thread::yield();
    clock_.Advance(milliseconds(2));  // this look is too old for them too
  };
  EXPECT_TRUE(LooksAgain(bound));
  requests.clear();
  EXPECT_EQ(table_.looks(), 3);
}

TEST_F(LatestLookTest, AStoreThatIsDownFailsTheRequest) {
  EXPECT_TRUE(LooksAgain({}));
  table_.fault = Unavailable("the store is down");
  EXPECT_THAT(Get({}), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(LatestLookTest, AStoreThatIsDownIsBridgedForAsLongAsTheOwnerAllows) {
  const Freshness bound{.serve_stale_for = seconds(60)};
  table_.fault = Unavailable("the store is down");
  EXPECT_THAT(Get(bound), FailsWith(ErrorCode::kUnavailable));  // nothing was read before
  table_.fault.reset();
  EXPECT_TRUE(LooksAgain(bound));
  table_.fault = Unavailable("the store is down");
  clock_.Advance(milliseconds(59'999));
  EXPECT_THAT(Get(bound), IsOkAnd(milliseconds(59'999)));
  clock_.Advance(milliseconds(1));
  EXPECT_THAT(Get(bound), FailsWith(ErrorCode::kUnavailable));
  table_.fault.reset();
  EXPECT_THAT(Get(bound), IsOkAnd(milliseconds(0)));
}

TEST_F(LatestLookTest, ATableThatIsGoneIsNotServedFromMemory) {
  const Freshness bound{.serve_stale_for = seconds(60)};
  EXPECT_TRUE(LooksAgain(bound));
  table_.fault = NotFound("there is no table");
  EXPECT_THAT(Get(bound), FailsWith(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace sluice::sharing
