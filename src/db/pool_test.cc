#include <atomic>
#include <future>
#include <thread>

#include "base/testing.h"
#include "db/pool_internal.h"

namespace sluice::db {
namespace {

using namespace std::chrono_literals;

struct Item {
  static bool IsUsable() { return true; }
};
using ItemPool = Pool<Item>;

TEST(Pool, WhileOneCallerTriesAgainTheOthersFailAtOnce) {
  std::promise<void> is_back;
  std::atomic<int> tries = 0;
  ItemPool pool({.limit = 4, .patience = 1h, .make = [&]() -> Result<std::unique_ptr<Item>> {
                   if (++tries == 1) return Unavailable("the database is away");
                   is_back.get_future().wait();
                   return std::make_unique<Item>();
                 }});
  EXPECT_THAT(pool.Borrow(), FailsWith(ErrorCode::kUnavailable));
  std::thread trial([&] { EXPECT_THAT(pool.Borrow(), IsOk()); });
  while (tries < 2) std::this_thread::yield();
  for (int i = 0; i < 10; ++i) {
    const Result<ItemPool::Loan> loan = pool.Borrow();
    ASSERT_THAT(loan, FailsWith(ErrorCode::kUnavailable));
    EXPECT_EQ(loan.error().message, "the database is away");
  }
  is_back.set_value();
  trial.join();
  EXPECT_THAT(pool.Borrow(), IsOk());
  EXPECT_EQ(tries, 2);
}

TEST(Pool, ThoseWhoWaitForAConnectionAreToldToo) {
  std::atomic<int> tries = 0;
  std::promise<void> goes_on;
  ItemPool pool({.limit = 1, .patience = 1h, .make = [&]() -> Result<std::unique_ptr<Item>> {
                   if (++tries == 2) goes_on.get_future().wait();
                   return Unavailable("the database is away");
                 }});
  EXPECT_THAT(pool.Borrow(), FailsWith(ErrorCode::kUnavailable));
  std::thread trial([&] { EXPECT_THAT(pool.Borrow(), FailsWith(ErrorCode::kUnavailable)); });
  while (tries < 2) std::this_thread::yield();
  EXPECT_THAT(pool.Borrow(), FailsWith(ErrorCode::kUnavailable)) << "the only one is being made";
  goes_on.set_value();
  trial.join();
  EXPECT_EQ(tries, 2);
}

}  // namespace
}  // namespace sluice::db
