#include "audit/quota.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "base/format.h"
#include "base/testing.h"

namespace sluice::audit {
namespace {

using catalog::Measure;
using catalog::Quota;
using catalog::Window;
using namespace std::chrono_literals;
using std::chrono::sys_days;
using testing::HasSubstr;

constexpr Quotas::Reader kAcme{.recipient_id = "acme", .share_id = "sales"};
constexpr Quotas::Reader kOther{.recipient_id = "other", .share_id = "sales"};

SystemTime At(std::chrono::year_month_day day, std::chrono::milliseconds time = 0ms) {
  return SystemTime(sys_days(day)) + time;
}

/// A quota on requests unless it says otherwise.
Quota Limit(std::int64_t limit, Window window, Measure measure = Measure::kRequests) {
  return {.id = Format("{}-{}", static_cast<int>(measure), static_cast<int>(window)),
          .measure = measure,
          .window = window,
          .limit = limit};
}

class QuotasTest : public testing::Test {
 protected:
  /// How many of `attempts` requests are let through.
  int Admitted(int attempts, const Quotas::Reader& reader = kAcme) {
    int admitted = 0;
    for (int i = 0; i < attempts; ++i) admitted += quotas_.AdmitRequest(reader).ok() ? 1 : 0;
    return admitted;
  }
  std::int64_t Used(std::string_view recipient, std::size_t quota = 0) {
    return quotas_.States(recipient).at(quota).used;
  }
  void SetClock(SystemTime time) { clock_.Advance(time - clock_.Now()); }

  ManualClock clock_{At(2026y / 11 / 21, 10h)};
  Quotas quotas_{clock_};
};

TEST_F(QuotasTest, WithoutQuotasEverythingIsAdmittedAndNobodyRemembered) {
  EXPECT_EQ(Admitted(1'000), 1'000);
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 1 << 30, 1ll << 60), IsOk());
  EXPECT_THAT(quotas_.AdmitQuery(kAcme), IsOk());
  EXPECT_EQ(quotas_.remembered(), 0u);
}

TEST_F(QuotasTest, ASecondsBucketIsFullAtFirstAndRefillsEvenly) {
  quotas_.SetLimits({Limit(10, Window::kSecond)});
  EXPECT_EQ(Admitted(20), 10);
  clock_.Advance(99ms);
  EXPECT_EQ(Admitted(1), 0);
  clock_.Advance(1ms);
  EXPECT_EQ(Admitted(5), 1);
  clock_.Advance(500ms);
  EXPECT_EQ(Admitted(20), 5);
  clock_.Advance(1h);
  EXPECT_EQ(Admitted(20), 10);
}

TEST_F(QuotasTest, ARefusalSaysWhichQuotaAndWhenItHelpsToTryAgain) {
  quotas_.SetLimits({Limit(1, Window::kSecond)});
  EXPECT_EQ(Admitted(1), 1);
  const auto second = quotas_.AdmitRequest(kAcme);
  ASSERT_THAT(second, FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_EQ(second.error().message, "quota reached: 1 requests a second");
  EXPECT_EQ(second.error().retry_after, 1s);

  quotas_.SetLimits({Limit(1, Window::kDay)});
  EXPECT_EQ(Admitted(1), 1);
  clock_.Advance(1ms);
  const auto day = quotas_.AdmitRequest(kAcme);
  ASSERT_THAT(day, FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_EQ(day.error().message, "quota reached: 1 requests a day");
  EXPECT_EQ(day.error().retry_after, 14h);  // 13:59:59.999, rounded up.

  quotas_.SetLimits({Limit(1, Window::kMonth)});
  EXPECT_EQ(Admitted(2), 1);
  EXPECT_EQ(quotas_.AdmitRequest(kAcme).error().retry_after, 9 * 24h + 14h);
}

TEST_F(QuotasTest, DaysBeginAtMidnightUtc) {
  quotas_.SetLimits({Limit(3, Window::kDay)});
  SetClock(At(2026y / 11 / 21, 24h - 1ms));
  EXPECT_EQ(Admitted(5), 3);
  clock_.Advance(1ms);
  EXPECT_EQ(Admitted(5), 3);
  clock_.Advance(24h - 1ms);
  EXPECT_EQ(Admitted(5), 0);
  clock_.Advance(1ms);
  EXPECT_EQ(Admitted(5), 3);
}

TEST_F(QuotasTest, MonthsEndWithTheirLastDay) {
  quotas_.SetLimits({Limit(2, Window::kMonth)});
  struct Border {
    std::chrono::year_month_day last;
    std::chrono::year_month_day next;
  };
  for (const Border& border : {Border{2027y / 2 / 28, 2027y / 3 / 1},
                               {2028y / 2 / 29, 2028y / 3 / 1},
                               {2028y / 12 / 31, 2029y / 1 / 1},
                               {2100y / 2 / 28, 2100y / 3 / 1}}) {
    SetClock(At(border.last.year() / border.last.month() / 1));
    EXPECT_EQ(Admitted(1), 1);
    SetClock(At(border.last, 24h - 1ms));
    EXPECT_EQ(Admitted(5), 1);
    SetClock(At(border.next));
    EXPECT_EQ(Admitted(5), 2);
  }
}

TEST_F(QuotasTest, WhatOneQuotaRefusesIsCountedByNone) {
  quotas_.SetLimits({Limit(100, Window::kDay), Limit(2, Window::kSecond)});
  EXPECT_EQ(Admitted(50), 2);
  EXPECT_EQ(Used("acme", 0), 2);
  quotas_.SetLimits(
      {Limit(100, Window::kDay, Measure::kFiles), Limit(1'000, Window::kDay, Measure::kBytes)});
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 60, 600), IsOk());
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 10, 600), FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 50, 10), FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_EQ(Used("acme", 0), 60);
  EXPECT_EQ(Used("acme", 1), 600);
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 40, 400), IsOk());
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 0, 0), IsOk());
}

TEST_F(QuotasTest, TheLongestWaitOfSeveralIsTold) {
  quotas_.SetLimits({Limit(1, Window::kSecond), Limit(1, Window::kDay), Limit(5, Window::kMonth)});
  EXPECT_EQ(Admitted(2), 1);
  EXPECT_EQ(quotas_.AdmitRequest(kAcme).error().message, "quota reached: 1 requests a day");
}

TEST_F(QuotasTest, MoreThanAWholeQuotaIsRefusedForGood) {
  quotas_.SetLimits(
      {Limit(1'000, Window::kSecond, Measure::kBytes), Limit(10, Window::kDay, Measure::kFiles)});
  const auto read = quotas_.AdmitRead(kAcme, 1, 1'001);
  ASSERT_THAT(read, FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(read.error().message, HasSubstr("1000 bytes a second"));
  EXPECT_EQ(read.error().retry_after, std::nullopt);
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 10, 1'000), IsOk());
}

TEST_F(QuotasTest, ALimitOfNothingAdmitsNothing) {
  quotas_.SetLimits({Limit(0, Window::kSecond)});
  EXPECT_EQ(Admitted(3), 0);
  quotas_.SetLimits({Limit(-5, Window::kDay)});
  EXPECT_EQ(Admitted(3), 0);
  EXPECT_EQ(quotas_.AdmitRequest(kAcme).error().retry_after, 14h);
  quotas_.SetLimits({Limit(0, Window::kNone, Measure::kConcurrent)});
  EXPECT_THAT(quotas_.AdmitQuery(kAcme), FailsWith(ErrorCode::kResourceExhausted));
}

TEST_F(QuotasTest, HugeLimitsAndAmountsDoNotOverflow) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  quotas_.SetLimits({Limit(most, Window::kSecond, Measure::kBytes),
                     Limit(most, Window::kMonth, Measure::kFiles)});
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 1, most), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(quotas_.AdmitRead(kAcme, most, 1), FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(quotas_.AdmitRead(kAcme, Quotas::kMaxLimit, Quotas::kMaxLimit), IsOk());
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 0, Quotas::kMaxLimit),
              FailsWith(ErrorCode::kResourceExhausted));
  clock_.Advance(999ms);
  EXPECT_THAT(quotas_.AdmitRead(kAcme, 0, Quotas::kMaxLimit / 2), IsOk());
  EXPECT_THAT(quotas_.AdmitRead(kAcme, -1, -1), IsOk());
}

TEST_F(QuotasTest, QuotasHoldForThoseWhomTheyName) {
  Quota of_acme = Limit(2, Window::kDay);
  of_acme.id = "a";
  of_acme.recipient_id = "acme";
  Quota of_share = Limit(3, Window::kDay);
  of_share.id = "b";
  of_share.share_id = "sales";
  Quota of_both = Limit(1, Window::kDay);
  of_both.id = "c";
  of_both.recipient_id = "acme";
  of_both.share_id = "hr";
  quotas_.SetLimits({of_acme, of_share, of_both});
  EXPECT_EQ(Admitted(5, {.recipient_id = "acme", .share_id = "hr"}), 1);
  EXPECT_EQ(Admitted(5), 1);
  EXPECT_EQ(Admitted(5, {.recipient_id = "acme"}), 0);
  EXPECT_EQ(Admitted(5, kOther), 3);
  EXPECT_EQ(Admitted(5, {.recipient_id = "other", .share_id = "hr"}), 5);
  EXPECT_EQ(Admitted(5, {.recipient_id = "other"}), 5);
  EXPECT_THAT(quotas_.States("acme"), testing::SizeIs(3));
  EXPECT_THAT(quotas_.States("other"), testing::SizeIs(1));
  EXPECT_EQ(Used("nobody"), 0);
}

TEST_F(QuotasTest, OneRecipientNeverDisturbsAnother) {
  quotas_.SetLimits({Limit(5, Window::kSecond), Limit(50, Window::kDay)});
  EXPECT_EQ(Admitted(10'000), 5);
  EXPECT_EQ(Admitted(5, kOther), 5);
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = Format("r{}", i);
    ASSERT_EQ(Admitted(6, {.recipient_id = id}), 5);
  }
}

TEST_F(QuotasTest, ConcurrentQueriesEndWithTheirPermits) {
  quotas_.SetLimits({Limit(2, Window::kNone, Measure::kConcurrent)});
  auto first = quotas_.AdmitQuery(kAcme);
  auto second = quotas_.AdmitQuery(kAcme);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  const auto third = quotas_.AdmitQuery(kAcme);
  ASSERT_THAT(third, FailsWith(ErrorCode::kResourceExhausted));
  EXPECT_EQ(third.error().message, "quota reached: 2 queries at a time");
  EXPECT_EQ(third.error().retry_after, 1s);
  EXPECT_THAT(quotas_.AdmitQuery(kOther), IsOk());

  Quotas::Permit moved = std::move(*first);
  EXPECT_EQ(Used("acme"), 2);
  moved = std::move(*second);  // The first query's permit goes.
  EXPECT_EQ(Used("acme"), 1);
  moved = Quotas::Permit();
  EXPECT_EQ(Used("acme"), 0);
}

TEST_F(QuotasTest, APermitMayOutliveItsQuotaAndTheQuotas) {
  quotas_.SetLimits({Limit(1, Window::kNone, Measure::kConcurrent)});
  auto running = quotas_.AdmitQuery(kAcme);
  ASSERT_THAT(running, IsOk());
  quotas_.SetLimits({});
  EXPECT_THAT(quotas_.AdmitQuery(kAcme), IsOk());
  quotas_.SetLimits({Limit(1, Window::kNone, Measure::kConcurrent)});
  auto later = quotas_.AdmitQuery(kAcme);
  ASSERT_THAT(later, IsOk());
  *running = Quotas::Permit();
  EXPECT_EQ(Used("acme"), 1);  // The old one counts no longer.

  Quotas::Permit survivor;
  {
    Quotas brief(clock_);
    brief.SetLimits({Limit(1, Window::kNone, Measure::kConcurrent)});
    auto permit = brief.AdmitQuery(kAcme);
    ASSERT_THAT(permit, IsOk());
    survivor = std::move(*permit);
  }
  survivor = Quotas::Permit();
}

TEST_F(QuotasTest, UsageStaysUnderAnotherLimit) {
  quotas_.SetLimits({Limit(10, Window::kDay)});
  EXPECT_EQ(Admitted(8), 8);
  quotas_.SetLimits({Limit(5, Window::kDay)});
  EXPECT_EQ(Admitted(5), 0);
  EXPECT_EQ(Used("acme"), 8);
  quotas_.SetLimits({Limit(9, Window::kDay)});
  EXPECT_EQ(Admitted(5), 1);
  // The same name for something else begins anew.
  Quota other = Limit(5, Window::kMonth);
  other.id = Limit(0, Window::kDay).id;
  quotas_.SetLimits({other});
  EXPECT_EQ(Admitted(9), 5);
}

TEST_F(QuotasTest, ALoweredRateIsReachedWithinASecond) {
  quotas_.SetLimits({Limit(1'000, Window::kSecond)});
  EXPECT_EQ(Admitted(1'000), 1'000);
  quotas_.SetLimits({Limit(10, Window::kSecond)});
  EXPECT_EQ(Admitted(1), 0);
  clock_.Advance(1s);
  EXPECT_EQ(Admitted(20), 10);
}

TEST_F(QuotasTest, AClockThatIsSetBackStopsNobodyForLong) {
  quotas_.SetLimits({Limit(10, Window::kSecond)});
  EXPECT_EQ(Admitted(20), 10);
  clock_.Advance(-1h);
  EXPECT_EQ(Admitted(20), 0);
  clock_.Advance(1s);
  EXPECT_EQ(Admitted(20), 10);
}

TEST_F(QuotasTest, RecipientsWithNothingCountedAreForgotten) {
  quotas_.SetLimits({Limit(10, Window::kSecond), Limit(10, Window::kDay, Measure::kFiles)});
  std::size_t most = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string id = Format("recipient-{}", i);
    EXPECT_THAT(quotas_.AdmitRequest({.recipient_id = id}), IsOk());
    if (i % 1'000 == 0) {
      clock_.Advance(1s);
      most = std::max(most, quotas_.remembered());
    }
  }
  EXPECT_LT(most, 20'000u);
}

TEST_F(QuotasTest, ManyThreadsNeverGetMoreThanTheLimit) {
  quotas_.SetLimits({Limit(1'000, Window::kDay), Limit(700, Window::kMonth),
                     Limit(5, Window::kNone, Measure::kConcurrent),
                     Limit(300, Window::kDay, Measure::kFiles)});
  std::atomic<int> requests = 0;
  std::atomic<int> files = 0;
  std::atomic<int> running = 0;
  std::atomic<int> most_running = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 100; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        if (quotas_.AdmitRequest(kAcme).ok()) ++requests;
        if (quotas_.AdmitRead(kAcme, 3, 100).ok()) files += 3;
        if (const auto permit = quotas_.AdmitQuery(kAcme); permit.ok()) {
          const int now = ++running;
          for (int seen = most_running;
               seen < now && !most_running.compare_exchange_weak(seen, now);) {
          }
          --running;
        }
        if (t == 0) (void)quotas_.States("acme");
        const std::string id = Format("r{}-{}", t, i);
        EXPECT_THAT(quotas_.AdmitRequest({.recipient_id = id}), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(requests, 700);
  EXPECT_EQ(files, 300);
  EXPECT_LE(most_running, 5);
  EXPECT_EQ(Used("acme", 2), 0);
}

TEST_F(QuotasTest, LimitsMayBeReplacedWhileTheyAreUsed) {
  const Quota day = Limit(500, Window::kDay);
  quotas_.SetLimits({day});
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) admitted += quotas_.AdmitRequest(kAcme).ok() ? 1 : 0;
    });
  }
  for (int i = 0; i < 100; ++i) {
    Quota other = Limit(i, Window::kSecond, Measure::kBytes);
    quotas_.SetLimits(i % 2 == 0 ? std::vector{day, other} : std::vector{day});
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 500);
}

}  // namespace
}  // namespace sluice::audit
