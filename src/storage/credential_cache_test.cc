#include "storage/credential_cache.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/testing.h"
#include "http/server_test_support.h"

namespace sluice::storage {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Cache = CredentialCache<std::string>;

/// Knows how often it was looked at.
class CountingClock final : public Clock {
 public:
  SystemTime Now() const override {
    ++looks_;
    return SystemTime(seconds(1'795'255'200));
  }
  int looks() const { return looks_; }

 private:
  mutable std::atomic<int> looks_ = 0;
};

class CredentialCacheTest : public testing::Test {
 protected:
  /// Gives "1", "2", ... for an hour each.
  Result<Expiring<std::string>> Fetch() {
    ++fetches_;
    if (fails_) return Unavailable("no credential");
    return Expiring<std::string>{.value = Format("{}", fetches_.load()),
                                 .expires_at = clock_.Now() + minutes(60)};
  }
  std::string Get() {
    const auto kept = cache_.Get();
    return kept.ok() ? (*kept)->value : kept.error().message;
  }

  ManualClock clock_{SystemTime(seconds(1'795'255'200))};
  std::atomic<int> fetches_ = 0;
  std::atomic<bool> fails_ = false;
  Cache cache_{[this] { return Fetch(); }, clock_};
};

TEST_F(CredentialCacheTest, IsFetchedOnceAndAgainBeforeItEnds) {
  EXPECT_EQ(Get(), "1");
  clock_.Advance(minutes(54));
  EXPECT_EQ(Get(), "1");
  clock_.Advance(minutes(1));
  EXPECT_EQ(Get(), "2");
}

TEST_F(CredentialCacheTest, FailureIsNotNoticedWhileTheOldOneHolds) {
  EXPECT_EQ(Get(), "1");
  fails_ = true;
  clock_.Advance(minutes(58));
  EXPECT_EQ(Get(), "1");
  EXPECT_EQ(Get(), "1");
  EXPECT_EQ(fetches_, 2);
  clock_.Advance(seconds(30));
  EXPECT_EQ(Get(), "1");
  EXPECT_EQ(fetches_, 3);
  clock_.Advance(minutes(2));
  EXPECT_EQ(Get(), "no credential");
  fails_ = false;
  EXPECT_EQ(Get(), "5");
}

TEST_F(CredentialCacheTest, RefusedOneIsLetGoOfOnceInAWhile) {
  const Cache::Pointer first = *cache_.Get();
  EXPECT_FALSE(cache_.Drop(first));  // It is too new.
  clock_.Advance(seconds(30));
  EXPECT_TRUE(cache_.Drop(first));
  EXPECT_EQ(Get(), "2");
  EXPECT_FALSE(cache_.Drop(first));
  EXPECT_EQ(Get(), "2");
}

TEST_F(CredentialCacheTest, ThoseWhoWaitTogetherFailTogether) {
  constexpr int kWaiting = 3;
  http::Gate may_end;
  const CountingClock clock;
  Cache cache(
      [&]() -> Result<Expiring<std::string>> {
        ++fetches_;
        may_end.Wait();
        return Unavailable("no credential");
      },
      clock);
  std::vector<std::thread> threads;
  for (int i = 0; i < 1 + kWaiting; ++i) {
    threads.emplace_back([&] { EXPECT_THAT(cache.Get(), FailsWith(ErrorCode::kUnavailable)); });
  }
  // Who looked at the clock fetches, or waits before the fetch can end.
  while (clock.looks() < 1 + kWaiting) std::this_thread::yield();
  may_end.Open();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fetches_, 1);
}

}  // namespace
}  // namespace sluice::storage
