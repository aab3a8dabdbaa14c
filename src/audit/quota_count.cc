#include <algorithm>
#include <chrono>
#include <utility>

#include "audit/quota_state_internal.h"

namespace sluice::audit {
namespace {

using catalog::Measure;
using catalog::Window;
using std::chrono::milliseconds;
using Verdict = QuotaVerdict;

constexpr std::size_t kMinToSweep = 64;
constexpr std::int64_t kMilli = 1'000;
// How long to go on with the source's last word: that there was too little, or that it is away.
constexpr std::int64_t kAskAgainMillis = 60'000;
constexpr std::int64_t kAskAfterFaultMillis = 1'000;

bool IsLong(Window window) { return window == Window::kDay || window == Window::kMonth; }

/// A claim that was refused, or the start of it.
struct Refusal {
  const QuotaDue* due = nullptr;
  QuotaRoom room;

  void Consider(const QuotaDue& other, const QuotaRoom& its_room) {
    const auto rank = [](const QuotaRoom& a) { return std::pair(a.verdict, a.wait_millis); };
    if (its_room.verdict == Verdict::kEnough || (due && rank(its_room) <= rank(room))) return;
    due = &other;
    room = its_room;
  }
  Error ToError() const {
    const QuotaRule& rule = *due->rule;
    switch (room.verdict) {
      case Verdict::kNever:
        return TooLarge("{} in one answer are more than the whole quota: {}", due->amount,
                        DescribeQuota(rule));
      case Verdict::kNoBudget:
        return WithRetryAfter(
            Unavailable("it is not known yet what is left of {}", DescribeQuota(rule)),
            milliseconds(room.wait_millis));
      case Verdict::kFull:
      case Verdict::kEnough: break;
    }
    return WithRetryAfter(ResourceExhausted("quota reached: {}", DescribeQuota(rule)),
                          milliseconds(room.wait_millis));
  }
};

}  // namespace

std::vector<QuotaCounter>& Quotas::Impl::CountersOf(Shard& shard, std::string_view recipient_id) {
  const auto found = shard.recipients.find(recipient_id);
  if (found != shard.recipients.end()) return found->second;
  if (shard.recipients.size() >= std::max(kMinToSweep, shard.sweep_at)) {
    const std::int64_t now = UnixMillis(clock.Now());
    std::erase_if(shard.recipients, [&](const auto& recipient) {
      return std::ranges::all_of(recipient.second,
                                 [&](const QuotaCounter& counter) { return counter.IsIdle(now); });
    });
    shard.sweep_at = 2 * shard.recipients.size();
  }
  return shard.recipients[std::string(recipient_id)];
}

void Quotas::Impl::FindDue(Shard& shard, const Reader& reader, const QuotaAmounts& amounts) {
  shard.due.clear();
  shard.rules->ForEach(reader, [&](const QuotaRule& rule) {
    const std::int64_t amount = amounts[static_cast<std::size_t>(rule.quota.measure)];
    if (amount > 0) shard.due.push_back({.rule = &rule, .amount = amount});
  });
}

Quotas::Impl::Room Quotas::Impl::RoomFor(const QuotaCounter& counter, const Due& due,
                                         std::int64_t now, Advance advance) const {
  const std::int64_t limit = due.rule->limit;
  const Measure measure = due.rule->quota.measure;
  const bool is_read = measure == Measure::kFiles || measure == Measure::kBytes;
  if (is_read && due.amount > limit) return {Verdict::kNever};
  if (counter.window == Window::kSecond) {
    if (limit == 0) return {Verdict::kFull, kMilli};
    const std::int64_t lacking = due.amount * kMilli - (limit * kMilli - counter.used);
    if (lacking <= 0) return {};
    return {Verdict::kFull, (lacking + limit - 1) / limit};
  }
  const bool fits = due.amount <= limit - counter.used;
  if (!IsLong(counter.window)) return fits ? Room{} : Room{Verdict::kFull, kMilli};
  const Room full{Verdict::kFull, counter.span.end - now};
  if (!fits) return full;
  if (!leases) return {};
  const bool may_advance = advance == Advance::kAllowed && !counter.is_short;
  const std::int64_t ahead = may_advance ? LeaseAdvance(limit) : 0;
  if (due.amount <= counter.granted + ahead - counter.used) return {};
  return counter.is_short ? full : Room{Verdict::kNoBudget, kMilli};
}

LeaseAsk Quotas::Impl::MakeAsk(const QuotaCounter& counter, const Due& due,
                               std::string_view recipient) const {
  const std::int64_t lacking = counter.used + due.amount - counter.granted;
  return {.key = {.quota_id = due.rule->quota.id,
                  .recipient_id = std::string(recipient),
                  .window_start = SystemTime(milliseconds(counter.span.start)),
                  .window_end = SystemTime(milliseconds(counter.span.end)),
                  .limit = due.rule->limit},
          .want = std::max<std::int64_t>(lacking, 0) + LeaseBlock(due.rule->limit),
          .counter = counter.counter};
}

void Quotas::Impl::AskIfDue(QuotaCounter& counter, const Due& due, std::string_view recipient) {
  if (!leases || !IsLong(counter.window) || counter.is_asking) return;
  const std::int64_t left = counter.granted - counter.used;
  if (!due.lacks_budget && left > LeaseBlock(due.rule->limit) / 2) return;
  const bool is_too_early = UnixMillis(clock.Now()) < counter.ask_at;
  if (is_too_early && (is_source_away || !due.lacks_budget)) return;
  counter.is_asking = true;
  const std::int64_t lacking = due.lacks_budget ? due.amount : 0;
  asker->Ask(MakeAsk(counter, {.rule = due.rule, .amount = lacking}, recipient));
}

Quotas::Impl::Attempt Quotas::Impl::Count(const Reader& reader, const QuotaAmounts& amounts,
                                          Advance advance) {
  if (!has_rules.load(std::memory_order_acquire)) return {};
  Shard& shard = ShardOf(reader.recipient_id);
  const std::lock_guard lock(shard.mutex);
  FindDue(shard, reader, amounts);
  if (shard.due.empty()) return {};

  std::vector<QuotaCounter>& counters = CountersOf(shard, reader.recipient_id);
  const std::int64_t now = UnixMillis(clock.Now());
  Attempt attempt;
  Refusal refusal;
  for (Due& due : shard.due) {
    const auto found = std::ranges::find(counters, due.rule->counter, &QuotaCounter::counter);
    due.counter = static_cast<std::size_t>(found - counters.begin());
    if (found == counters.end()) {
      counters.push_back({.counter = due.rule->counter, .window = due.rule->quota.window});
    }
    QuotaCounter& counter = counters[due.counter];
    counter.Advance(now, due.rule->limit);
    const Room room = RoomFor(counter, due, now, advance);
    due.lacks_budget = room.verdict == Verdict::kNoBudget;
    refusal.Consider(due, room);
  }
  if (refusal.due) attempt.result = refusal.ToError();
  attempt.lacks_budget = refusal.room.verdict == Verdict::kNoBudget;
  attempt.answers = shard.answers;
  for (Due& due : shard.due) {
    QuotaCounter& counter = counters[due.counter];
    if (!refusal.due) {
      counter.used += counter.window == Window::kSecond ? due.amount * kMilli : due.amount;
      if (counter.window == Window::kNone) attempt.running.push_back(counter.counter);
    }
    due.lacks_budget = due.lacks_budget && attempt.lacks_budget;  // Else it is refused anyway.
    AskIfDue(counter, due, reader.recipient_id);
  }
  return attempt;
}

Result<void> Quotas::Impl::CountOrWait(const Reader& reader, const QuotaAmounts& amounts) {
  if (!leases) return Count(reader, amounts, Advance::kNone).result;
  const auto deadline = std::chrono::steady_clock::now() + kMaxWait;
  while (true) {
    const bool is_alone = is_source_away || std::chrono::steady_clock::now() >= deadline;
    Attempt attempt = Count(reader, amounts, is_alone ? Advance::kAllowed : Advance::kNone);
    if (is_alone || !attempt.lacks_budget) return std::move(attempt.result);
    Shard& shard = ShardOf(reader.recipient_id);
    std::unique_lock lock(shard.mutex);
    shard.answered.wait_until(lock, deadline, [&] { return shard.answers != attempt.answers; });
  }
}

bool Quotas::Impl::LacksBudget(const Reader& reader, const QuotaAmounts& amounts) {
  Shard& shard = ShardOf(reader.recipient_id);
  const std::lock_guard lock(shard.mutex);
  FindDue(shard, reader, amounts);
  const auto recipient = shard.recipients.find(reader.recipient_id);
  const std::int64_t now = UnixMillis(clock.Now());
  return std::ranges::any_of(shard.due, [&](const Due& due) {
    if (!IsLong(due.rule->quota.window)) return false;
    if (recipient == shard.recipients.end()) return true;
    const auto counter =
        std::ranges::find(recipient->second, due.rule->counter, &QuotaCounter::counter);
    if (counter == recipient->second.end()) return true;
    counter->Advance(now, due.rule->limit);
    return RoomFor(*counter, due, now, Advance::kNone).verdict == Verdict::kNoBudget;
  });
}

void Quotas::Impl::TakeAnswer(const LeaseAsk& ask, const Result<std::int64_t>& granted) {
  is_source_away = !granted.ok();
  Shard& shard = ShardOf(ask.key.recipient_id);
  {
    const std::lock_guard lock(shard.mutex);
    ++shard.answers;
    CreditAnswer(shard, ask, granted);
  }
  shard.answered.notify_all();
}

void Quotas::Impl::CreditAnswer(Shard& shard, const LeaseAsk& ask,
                                const Result<std::int64_t>& granted) {
  const auto recipient = shard.recipients.find(ask.key.recipient_id);
  if (recipient == shard.recipients.end()) return;
  const auto counter = std::ranges::find(recipient->second, ask.counter, &QuotaCounter::counter);
  if (counter == recipient->second.end()) return;
  // An answer about a window that is over is of no use, and nothing of it is left to return.
  if (counter->span.start != UnixMillis(ask.key.window_start)) return;
  const std::int64_t now = UnixMillis(clock.Now());
  counter->is_asking = false;
  if (!granted.ok()) {
    counter->ask_at = now + kAskAfterFaultMillis;
    return;
  }
  counter->granted += std::clamp<std::int64_t>(*granted, 0, ask.want);
  if (counter->limit != ask.key.limit) return;  // Asked under another limit.
  counter->is_short = *granted < ask.want;
  counter->ask_at = counter->is_short ? now + kAskAgainMillis : 0;
}

void Quotas::Impl::EndQuery(std::string_view recipient_id,
                            const std::vector<std::uint64_t>& running) {
  Shard& shard = ShardOf(recipient_id);
  const std::lock_guard lock(shard.mutex);
  const auto recipient = shard.recipients.find(recipient_id);
  if (recipient == shard.recipients.end()) return;
  for (QuotaCounter& counter : recipient->second) {
    if (std::ranges::find(running, counter.counter) != running.end() && counter.used > 0) {
      --counter.used;
    }
  }
}

}  // namespace sluice::audit
