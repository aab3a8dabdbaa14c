#include "http/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace sluice::http {
namespace {

TEST(WorkerPool, RunsEverythingThatWasQueuedBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(/*threads=*/3, /*max_queued_requests=*/1'000);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.TryStart([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

TEST(WorkerPool, RefusesStartsBeyondTheQueueButNeverContinuations) {
  std::promise<void> busy;
  std::promise<void> release;
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(/*threads=*/1, /*max_queued_requests=*/2);
    ASSERT_TRUE(pool.TryStart([&] {
      busy.set_value();
      release.get_future().wait();
    }));
    busy.get_future().wait();  // the only worker is taken, the queue empty
    EXPECT_TRUE(pool.TryStart([&ran] { ++ran; }));
    EXPECT_TRUE(pool.TryStart([&ran] { ++ran; }));
    EXPECT_FALSE(pool.TryStart([&ran] { ++ran; }));
    pool.Continue([&ran] { ++ran; });
    release.set_value();
  }
  EXPECT_EQ(ran, 3);
}

}  // namespace
}  // namespace sluice::http
