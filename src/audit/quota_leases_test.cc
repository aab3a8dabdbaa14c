#include "audit/quota_leases.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <vector>

#include "audit/quota.h"
#include "base/testing.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using catalog::Measure;
using catalog::Window;

constexpr Quotas::Reader kAcme{.recipient_id = "acme"};

/// The budgets of a fleet in memory.
class LeasesInMemory : public LeaseSource {
 public:
  Result<std::int64_t> Take(const LeaseKey& key, std::int64_t want) override {
    const std::lock_guard lock(mutex_);
    if (is_away_) return Unavailable("the leases are away");
    std::int64_t& taken = taken_[Key(key)];
    const std::int64_t granted = std::clamp<std::int64_t>(key.limit - taken, 0, want);
    taken += granted;
    return granted;
  }
  Result<void> Return(const LeaseKey& key, std::int64_t unused) override {
    const std::lock_guard lock(mutex_);
    if (is_away_) return Unavailable("the leases are away");
    taken_[Key(key)] -= unused;
    return {};
  }

  void SetAway(bool is_away) {
    const std::lock_guard lock(mutex_);
    is_away_ = is_away;
  }
  std::int64_t taken() const {
    const std::lock_guard lock(mutex_);
    std::int64_t sum = 0;
    for (const auto& [key, taken] : taken_) sum += taken;
    return sum;
  }

 private:
  using Text = std::tuple<std::string, std::string, SystemTime>;
  static Text Key(const LeaseKey& key) {
    return {key.quota_id, key.recipient_id, key.window_start};
  }
  mutable std::mutex mutex_;
  bool is_away_ = false;
  std::map<Text, std::int64_t> taken_;
};

catalog::Quota Limit(std::int64_t limit, Measure measure = Measure::kRequests) {
  return {.id = "q", .measure = measure, .window = Window::kDay, .limit = limit};
}

class QuotaLeasesTest : public testing::Test {
 protected:
  std::unique_ptr<Quotas> Node(const catalog::Quota& quota) {
    auto node = std::make_unique<Quotas>(clock_, leases_);
    node->SetLimits({quota});
    return node;
  }
  /// Requests until the quota is reached; returns how many.
  std::int64_t UseUp(Quotas& node) {
    std::int64_t admitted = 0;
    while (true) {
      const auto request = node.AdmitRequest(kAcme);
      if (!request.ok()) {
        EXPECT_EQ(request.error().code, ErrorCode::kResourceExhausted);
        return admitted;
      }
      ++admitted;
    }
  }

  ManualClock clock_{SystemTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + 10h};
  LeasesInMemory leases_;
};

TEST(LeaseBlock, IsAHundredthOfTheLimit) {
  EXPECT_EQ(LeaseBlock(0), 1);
  EXPECT_EQ(LeaseBlock(99), 1);
  EXPECT_EQ(LeaseBlock(1'000'000), 10'000);
  EXPECT_EQ(LeaseAdvance(99), 1);
  EXPECT_EQ(LeaseAdvance(1'000'000), 1'250);
}

TEST_F(QuotaLeasesTest, OneNodeSpendsTheWholeLimitAndNoMore) {
  for (const std::int64_t limit : {1, 2, 7, 1'000, 12'345}) {
    LeasesInMemory leases;
    Quotas node(clock_, leases);
    node.SetLimits({Limit(limit)});
    EXPECT_EQ(UseUp(node), limit);
    const auto refused = node.AdmitRequest(kAcme);
    EXPECT_EQ(refused.error().retry_after, 14h);
  }
}

TEST_F(QuotaLeasesTest, AFleetSpendsTheLimitAndNoMore) {
  constexpr std::int64_t kLimit = 20'000;
  constexpr int kNodes = 5;
  std::vector<std::unique_ptr<Quotas>> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.push_back(Node(Limit(kLimit)));
  std::vector<std::int64_t> admitted(kNodes, 0);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    threads.emplace_back([&, i] { admitted[i] = UseUp(*nodes[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  std::int64_t sum = 0;
  for (const std::int64_t count : admitted) sum += count;
  EXPECT_EQ(sum, kLimit);
}

TEST_F(QuotaLeasesTest, ManyAtOnceAreAllAdmittedWhileThereIsBudget) {
  constexpr int kThreads = 16;
  auto node = Node(Limit(kThreads));  // Leases of one.
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] { admitted += node->AdmitRequest(kAcme).ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, kThreads);
  EXPECT_THAT(node->AdmitRequest(kAcme), FailsWith(ErrorCode::kResourceExhausted));
}

TEST_F(QuotaLeasesTest, WhatIsLeftIsReturnedAtTheEnd) {
  for (int i = 0; i < 10; ++i) {
    auto node = Node(Limit(1'000, Measure::kFiles));
    ASSERT_THAT(node->AdmitRead(kAcme, 50, 0), IsOk());
    EXPECT_GE(leases_.taken(), 50 * i);
  }
  EXPECT_EQ(leases_.taken(), 500);
}

TEST_F(QuotaLeasesTest, ALargeReadTakesWhatItNeedsAtOnce) {
  auto node = Node(Limit(1'000, Measure::kBytes));
  auto other = Node(Limit(1'000, Measure::kBytes));
  EXPECT_THAT(node->AdmitRead(kAcme, 0, 700), IsOk());
  EXPECT_THAT(other->AdmitRead(kAcme, 0, 700), FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_THAT(other->AdmitRead(kAcme, 0, 200), IsOk());
  EXPECT_THAT(node->AdmitRead(kAcme, 0, 1'001), FailsWith(ErrorCode::kTooLarge));
}

TEST_F(QuotaLeasesTest, ARestartedNodeKnowsWhatWasSpent) {
  EXPECT_THAT(Node(Limit(100, Measure::kFiles))->AdmitRead(kAcme, 90, 0), IsOk());
  EXPECT_THAT(Node(Limit(100, Measure::kFiles))->AdmitRead(kAcme, 50, 0),
              FailsWith(ErrorCode::kResourceExhausted));
}

TEST_F(QuotaLeasesTest, WithoutItsSourceANodeSpendsAnAdvance) {
  leases_.SetAway(true);
  auto node = Node(Limit(16'000));
  int admitted = 0;
  while (node->AdmitRequest(kAcme).ok()) ++admitted;
  EXPECT_EQ(admitted, LeaseAdvance(16'000));
  const auto refused = node->AdmitRequest(kAcme);
  ASSERT_THAT(refused, FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(refused.error().message, "it is not known yet what is left of 16000 requests a day");
  EXPECT_EQ(refused.error().retry_after, 1s);
  leases_.SetAway(false);
  while (!node->AdmitRequest(kAcme).ok()) {
    clock_.Advance(1s);
    std::this_thread::yield();
  }
  // The next leases pay for the advance.
  EXPECT_EQ(admitted + 1 + UseUp(*node), 16'000);
  auto reads = Node(Limit(1'000, Measure::kFiles));
  leases_.SetAway(true);
  EXPECT_THAT(reads->AdmitRead(kAcme, 500, 0), FailsWith(ErrorCode::kUnavailable));
}

/// Does not answer until it is told to.
class SilentLeases : public LeaseSource {
 public:
  Result<std::int64_t> Take(const LeaseKey&, std::int64_t) override {
    answer_.wait();
    return Unavailable("the leases are away");
  }
  Result<void> Return(const LeaseKey&, std::int64_t) override { return {}; }
  void Answer() { promise_.set_value(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> answer_ = promise_.get_future().share();
};

TEST_F(QuotaLeasesTest, ASourceThatIsSilentHoldsNobodyUpForLong) {
  SilentLeases silent;
  {
    Quotas node(clock_, silent);
    node.SetLimits({Limit(16'000)});
    EXPECT_TRUE(node.MayWait());
    EXPECT_TRUE(node.WouldWait(kAcme));
    EXPECT_THAT(node.AdmitRequest(kAcme), IsOk()) << "after kMaxWait, an advance";
    silent.Answer();
  }
}

TEST_F(QuotaLeasesTest, WithALeaseAtHandARequestDoesNotWait) {
  auto node = Node(Limit(1'000));
  EXPECT_TRUE(node->WouldWait(kAcme)) << "before its first";
  ASSERT_THAT(node->AdmitRequest(kAcme), IsOk());
  EXPECT_FALSE(node->WouldWait(kAcme));
  EXPECT_TRUE(node->WouldWait({.recipient_id = "other"}));
  EXPECT_EQ(UseUp(*node), 999);
  EXPECT_FALSE(node->WouldWait(kAcme)) << "all is used: it is refused at once";
}

TEST_F(QuotaLeasesTest, WhatADeadNodeHeldIsBackWithTheNextWindow) {
  // Taken by a node that never came back.
  const auto day = std::chrono::floor<std::chrono::days>(clock_.Now());
  const LeaseKey key{.quota_id = "q",
                     .recipient_id = "acme",
                     .window_start = day,
                     .window_end = day + std::chrono::days(1),
                     .limit = 100};
  ASSERT_THAT(leases_.Take(key, 60), IsOkAnd(60));
  auto node = Node(Limit(100, Measure::kFiles));
  EXPECT_THAT(node->AdmitRead(kAcme, 50, 0), FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_THAT(node->AdmitRead(kAcme, 40, 0), IsOk());
  clock_.Advance(24h);
  EXPECT_THAT(node->AdmitRead(kAcme, 100, 0), IsOk());
}

TEST_F(QuotaLeasesTest, ARaisedLimitIsAskedForAtOnce) {
  auto node = Node(Limit(10));
  EXPECT_EQ(UseUp(*node), 10);
  node->SetLimits({Limit(30)});
  EXPECT_EQ(UseUp(*node), 20);
}

TEST_F(QuotaLeasesTest, SecondsAndConcurrencyAreTheNodesOwn) {
  catalog::Quota rate = Limit(5);
  rate.window = Window::kSecond;
  auto node = Node(rate);
  EXPECT_FALSE(node->MayWait());
  EXPECT_FALSE(node->WouldWait(kAcme));
  EXPECT_EQ(UseUp(*node), 5);
  EXPECT_EQ(leases_.taken(), 0);
}

}  // namespace
}  // namespace sluice::audit
