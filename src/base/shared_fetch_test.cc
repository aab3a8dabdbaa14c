#include "base/shared_fetch.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "base/testing.h"

namespace sluice {
namespace {

TEST(SharedFetch, WhoeverAsksMeanwhileWaitsForTheOneThatRuns) {
  std::mutex mutex;
  std::promise<void> may_end;
  std::atomic<int> fetches = 0;
  SharedFetch<int> fetch([&, gate = may_end.get_future().share()]() -> Result<int> {
    gate.wait();
    return ++fetches;
  });
  std::optional<int> kept;
  std::atomic<int> begun = 0;
  const auto ask = [&] {
    std::unique_lock lock(mutex);
    ++begun;
    if (fetch.is_running()) {
      fetch.Await(lock);
    } else {
      kept = fetch.Run(lock).value();
    }
    EXPECT_EQ(kept, 1);
  };
  std::vector<std::jthread> askers;
  for (int i = 0; i < 4; ++i) askers.emplace_back(ask);
  while (begun < 4) std::this_thread::yield();
  may_end.set_value();
  askers.clear();
  EXPECT_EQ(fetches, 1);
}

TEST(SharedFetch, KnowsTheFailureOfTheLastAlone) {
  std::mutex mutex;
  bool fails = true;
  SharedFetch<int> fetch([&]() -> Result<int> {
    if (fails) return Unavailable("away");
    return 1;
  });
  std::unique_lock lock(mutex);
  EXPECT_THAT(fetch.Run(lock), FailsWith(ErrorCode::kUnavailable));
  ASSERT_TRUE(fetch.failure());
  fails = false;
  EXPECT_THAT(fetch.Run(lock), IsOkAnd(1));
  EXPECT_FALSE(fetch.failure());
  EXPECT_FALSE(fetch.is_running());
  EXPECT_TRUE(lock.owns_lock());
}

}  // namespace
}  // namespace sluice
