#include "audit/quota.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "audit/lease_asker_internal.h"
#include "audit/quota_rules_internal.h"

namespace sluice::audit {
namespace {

using catalog::Measure;
using catalog::Window;
using std::chrono::milliseconds;

constexpr std::size_t kShards = 64;
constexpr std::size_t kMinToSweep = 64;
constexpr std::int64_t kMilli = 1'000;
// How long to go on with the source's last word: that there was too little, or that it is away.
constexpr std::int64_t kAskAgainMillis = 60'000;
constexpr std::int64_t kAskAfterFaultMillis = 1'000;
// Rounds in which a large read may ask for what it lacks, while others spend it.
constexpr int kMaxRounds = 4;

bool IsLong(Window window) { return window == Window::kDay || window == Window::kMonth; }

/// A rule that a claim falls under, and the counter of its recipient.
struct Due {
  const QuotaRule* rule = nullptr;
  std::int64_t amount = 0;
  std::size_t counter = 0;  // Of the recipient's.
};

/// A part of the recipients.
struct Shard {
  mutable std::mutex mutex;
  std::shared_ptr<const QuotaRules> rules;
  TextMap<std::vector<QuotaCounter>> recipients;
  std::size_t sweep_at = kMinToSweep;
  std::vector<Due> due;  // Of the check that holds the lock: kept for its memory.
};

enum class Verdict : std::uint8_t {
  kEnough,
  kNoBudget,  ///< Of a fleet: none at hand.
  kFull,
  kNever,  ///< More than the whole limit.
};
struct Room {
  Verdict verdict = Verdict::kEnough;
  std::int64_t wait_millis = 0;
};

/// A claim that was refused, or the start of it.
struct Refusal {
  const Due* due = nullptr;
  Room room;

  void Consider(const Due& other, const Room& its_room) {
    const auto rank = [](const Room& a) { return std::pair(a.verdict, a.wait_millis); };
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

struct Quotas::Impl {
  explicit Impl(const Clock& used_clock) : clock(used_clock) {
    for (Shard& shard : shards) shard.rules = rules;
  }

  Shard& ShardOf(std::string_view recipient_id) {
    return shards[std::hash<std::string_view>{}(recipient_id) % kShards];
  }
  void SetLimits(std::vector<catalog::Quota> quotas);

  /// What became of an attempt to count. If it failed only for budget that this node has not yet,
  /// `missing` are the questions for it.
  struct Attempt {
    Result<void> result;
    std::vector<LeaseAsk> missing;
    std::vector<std::uint64_t> running;  ///< Counters of concurrent queries that count it now.
  };
  enum class IfShort : std::uint8_t { kAskAhead, kTell };
  Attempt Count(const Reader& reader, const QuotaAmounts& amounts, IfShort if_short);
  Result<void> CountOrWait(const Reader& reader, const QuotaAmounts& amounts);
  void EndQuery(std::string_view recipient_id, const std::vector<std::uint64_t>& running);
  std::vector<State> States(std::string_view recipient_id);
  void EndLeases();

  // Called with the shard's lock held.
  std::vector<QuotaCounter>& CountersOf(Shard& shard, std::string_view recipient_id);
  void FindDue(Shard& shard, const Reader& reader, const QuotaAmounts& amounts);
  Room RoomFor(const QuotaCounter& counter, const Due& due, std::int64_t now) const;
  LeaseAsk MakeAsk(const QuotaCounter& counter, const Due& due, std::string_view recipient) const;
  void AskAhead(QuotaCounter& counter, const Due& due, std::string_view recipient);

  void TakeAnswer(const LeaseAsk& ask, const Result<std::int64_t>& granted);

  const Clock& clock;
  std::atomic<bool> has_rules = false;

  std::mutex rules_mutex;  // Of SetLimits: guards the next two.
  std::uint64_t next_counter = 1;
  std::shared_ptr<const QuotaRules> rules =
      std::make_shared<const QuotaRules>(std::vector<QuotaRule>());

  std::array<Shard, kShards> shards;
  LeaseSource* leases = nullptr;
  std::unique_ptr<LeaseAsker> asker;
};

void Quotas::Impl::SetLimits(std::vector<catalog::Quota> quotas) {
  const std::lock_guard lock(rules_mutex);
  TextMap<const QuotaRule*> known;
  for (const QuotaRule& rule : rules->all()) known.emplace(rule.quota.id, &rule);
  std::vector<QuotaRule> fresh;
  for (catalog::Quota& quota : quotas) {
    const auto old = known.find(quota.id);
    const bool stays = old != known.end() && old->second->quota.measure == quota.measure &&
                       old->second->quota.window == quota.window;
    fresh.push_back({.counter = stays ? old->second->counter : next_counter++,
                     .limit = std::clamp<std::int64_t>(quota.limit, 0, kMaxLimit),
                     .quota = std::move(quota)});
  }
  std::unordered_set<std::uint64_t> kept;
  for (const QuotaRule& rule : fresh) kept.insert(rule.counter);
  rules = std::make_shared<const QuotaRules>(std::move(fresh));
  // A check that comes between is held to the old limits or to the new ones, never to none.
  if (!rules->all().empty()) has_rules.store(true, std::memory_order_release);
  for (Shard& shard : shards) {
    const std::lock_guard shard_lock(shard.mutex);
    shard.rules = rules;
    for (auto& [id, counters] : shard.recipients) {
      std::erase_if(counters, [&](const QuotaCounter& c) { return !kept.contains(c.counter); });
      for (QuotaCounter& counter : counters) counter.ask_at = 0;  // There may be more now.
    }
  }
  if (rules->all().empty()) has_rules.store(false, std::memory_order_release);
}

std::vector<QuotaCounter>& Quotas::Impl::CountersOf(Shard& shard, std::string_view recipient_id) {
  const auto found = shard.recipients.find(recipient_id);
  if (found != shard.recipients.end()) return found->second;
  if (shard.recipients.size() >= shard.sweep_at) {
    const std::int64_t now = UnixMillis(clock.Now());
    std::erase_if(shard.recipients, [&](const auto& recipient) {
      return std::ranges::all_of(recipient.second,
                                 [&](const QuotaCounter& counter) { return counter.IsIdle(now); });
    });
    shard.sweep_at = std::max(kMinToSweep, 2 * shard.recipients.size());
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

Room Quotas::Impl::RoomFor(const QuotaCounter& counter, const Due& due, std::int64_t now) const {
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
  const std::int64_t ahead = counter.is_short ? 0 : LeaseBlock(limit);
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

void Quotas::Impl::AskAhead(QuotaCounter& counter, const Due& due, std::string_view recipient) {
  if (!leases || !IsLong(counter.window) || counter.is_asking) return;
  if (counter.granted - counter.used > LeaseBlock(due.rule->limit) / 2) return;
  if (UnixMillis(clock.Now()) < counter.ask_at) return;
  counter.is_asking = true;
  asker->Ask(MakeAsk(counter, {.rule = due.rule}, recipient));
}

Quotas::Impl::Attempt Quotas::Impl::Count(const Reader& reader, const QuotaAmounts& amounts,
                                          IfShort if_short) {
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
    const Room room = RoomFor(counter, due, now);
    refusal.Consider(due, room);
    if (room.verdict == Verdict::kNoBudget) {
      attempt.missing.push_back(MakeAsk(counter, due, reader.recipient_id));
    }
  }
  if (refusal.due) {
    attempt.result = refusal.ToError();
    if (refusal.room.verdict != Verdict::kNoBudget) attempt.missing.clear();
  }
  for (const Due& due : shard.due) {
    QuotaCounter& counter = counters[due.counter];
    if (!refusal.due) {
      counter.used += counter.window == Window::kSecond ? due.amount * kMilli : due.amount;
      if (counter.window == Window::kNone) attempt.running.push_back(counter.counter);
    }
    const bool asks_itself = if_short == IfShort::kTell && !attempt.missing.empty();
    if (!asks_itself) AskAhead(counter, due, reader.recipient_id);
  }
  return attempt;
}

Result<void> Quotas::Impl::CountOrWait(const Reader& reader, const QuotaAmounts& amounts) {
  Attempt attempt = Count(reader, amounts, IfShort::kTell);
  for (int round = 1; round < kMaxRounds && !attempt.missing.empty(); ++round) {
    for (const LeaseAsk& ask : attempt.missing) {
      const Result<std::int64_t> granted = leases->Take(ask.key, ask.want);
      TakeAnswer(ask, granted);
      if (!granted.ok()) return std::move(attempt.result);
    }
    attempt = Count(reader, amounts, IfShort::kTell);
  }
  return std::move(attempt.result);
}

void Quotas::Impl::TakeAnswer(const LeaseAsk& ask, const Result<std::int64_t>& granted) {
  Shard& shard = ShardOf(ask.key.recipient_id);
  const std::lock_guard lock(shard.mutex);
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

std::vector<Quotas::State> Quotas::Impl::States(std::string_view recipient_id) {
  Shard& shard = ShardOf(recipient_id);
  const std::lock_guard lock(shard.mutex);
  const std::int64_t now = UnixMillis(clock.Now());
  const auto recipient = shard.recipients.find(recipient_id);
  std::vector<State> states;
  for (const QuotaRule& rule : shard.rules->all()) {
    if (!rule.quota.recipient_id.empty() && rule.quota.recipient_id != recipient_id) continue;
    State state{.quota = rule.quota, .recipient_id = std::string(recipient_id)};
    if (recipient != shard.recipients.end()) {
      for (QuotaCounter& counter : recipient->second) {
        if (counter.counter != rule.counter) continue;
        counter.Advance(now, rule.limit);
        const bool is_bucket = counter.window == Window::kSecond;
        state.used = is_bucket ? (counter.used + kMilli - 1) / kMilli : counter.used;
      }
    }
    states.push_back(std::move(state));
  }
  return states;
}

void Quotas::Impl::EndLeases() {
  asker.reset();
  if (!leases) return;
  for (Shard& shard : shards) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [id, counters] : shard.recipients) {
      for (const QuotaCounter& counter : counters) {
        const auto rule =
            std::ranges::find(shard.rules->all(), counter.counter, &QuotaRule::counter);
        if (rule == shard.rules->all().end() || counter.granted <= counter.used) continue;
        const Due nothing{.rule = &*rule};
        // What cannot be returned is lost until the window ends.
        (void)leases->Return(MakeAsk(counter, nothing, id).key, counter.granted - counter.used);
      }
    }
  }
}

Quotas::Quotas(const Clock& clock) : impl_(std::make_shared<Impl>(clock)) {}

Quotas::Quotas(const Clock& clock, LeaseSource& leases) : impl_(std::make_shared<Impl>(clock)) {
  impl_->leases = &leases;
  impl_->asker = std::make_unique<LeaseAsker>(
      leases, [impl = impl_.get()](const LeaseAsk& ask, const Result<std::int64_t>& granted) {
        impl->TakeAnswer(ask, granted);
      });
}

Quotas::~Quotas() { impl_->EndLeases(); }

void Quotas::SetLimits(std::vector<catalog::Quota> quotas) { impl_->SetLimits(std::move(quotas)); }

Result<void> Quotas::AdmitRequest(const Reader& reader) {
  QuotaAmounts amounts{};
  amounts[static_cast<std::size_t>(Measure::kRequests)] = 1;
  return impl_->Count(reader, amounts, Impl::IfShort::kAskAhead).result;
}

Result<Quotas::Permit> Quotas::AdmitQuery(const Reader& reader) {
  QuotaAmounts amounts{};
  amounts[static_cast<std::size_t>(Measure::kConcurrent)] = 1;
  Impl::Attempt attempt = impl_->Count(reader, amounts, Impl::IfShort::kAskAhead);
  TRY(std::move(attempt.result));
  if (attempt.running.empty()) return Permit();
  struct Running {
    std::shared_ptr<Impl> impl;
    std::string recipient_id;
    std::vector<std::uint64_t> counters;

    ~Running() { impl->EndQuery(recipient_id, counters); }
  };
  return Permit(std::shared_ptr<Running>(
      new Running{impl_, std::string(reader.recipient_id), std::move(attempt.running)}));
}

Result<void> Quotas::AdmitRead(const Reader& reader, std::int64_t files, std::int64_t bytes) {
  QuotaAmounts amounts{};
  amounts[static_cast<std::size_t>(Measure::kFiles)] = files;
  amounts[static_cast<std::size_t>(Measure::kBytes)] = bytes;
  return impl_->CountOrWait(reader, amounts);
}

std::vector<Quotas::State> Quotas::States(std::string_view recipient_id) const {
  return impl_->States(recipient_id);
}

std::size_t Quotas::remembered() const {
  std::size_t count = 0;
  for (Shard& shard : impl_->shards) {
    const std::lock_guard lock(shard.mutex);
    count += shard.recipients.size();
  }
  return count;
}

}  // namespace sluice::audit
