#include "audit/quota.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "audit/quota_state_internal.h"

namespace sluice::audit {
namespace {

using catalog::Measure;
using catalog::Window;

constexpr std::int64_t kMilli = 1'000;
// A server that ends is not held up for longer by what it gives back.
constexpr std::chrono::seconds kMaxReturning{5};

QuotaAmounts OneRequest() {
  QuotaAmounts amounts{};
  amounts[static_cast<std::size_t>(Measure::kRequests)] = 1;
  return amounts;
}

}  // namespace

void Quotas::Impl::SetLimits(std::vector<catalog::Quota> quotas) {
  const std::lock_guard lock(rules_mutex);
  TextMap<const QuotaRule*> known;
  for (const QuotaRule& rule : rules->all()) known.emplace(rule.quota.id, &rule);
  std::vector<QuotaRule> fresh;
  for (catalog::Quota& quota : quotas) {
    const auto old = known.find(quota.id);
    const bool stays = old != known.end() && old->second->quota.measure == quota.measure &&
                       old->second->quota.window == quota.window;
    const std::int64_t limit = std::clamp<std::int64_t>(quota.limit, 0, kMaxLimit);
    fresh.push_back({.counter = stays ? old->second->counter : next_counter++,
                     .limit = limit,
                     .quota = std::move(quota)});
  }
  std::unordered_set<std::uint64_t> kept;
  for (const QuotaRule& rule : fresh) kept.insert(rule.counter);
  rules = std::make_shared<const QuotaRules>(std::move(fresh));
  leases_requests = std::ranges::any_of(rules->all(), [](const QuotaRule& rule) {
    const bool is_long = rule.quota.window == Window::kDay || rule.quota.window == Window::kMonth;
    return is_long && rule.quota.measure == Measure::kRequests;
  });
  // A check that comes between is held to the old limits or to the new ones, never to none.
  if (!rules->all().empty()) has_rules.store(true, std::memory_order_release);
  for (Shard& shard : shards) {
    const std::lock_guard shard_lock(shard.mutex);
    shard.rules = rules;
    for (auto& [id, counters] : shard.recipients) {
      std::erase_if(counters, [&](const QuotaCounter& c) { return !kept.contains(c.counter); });
    }
  }
  if (rules->all().empty()) has_rules.store(false, std::memory_order_release);
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
  const auto deadline = std::chrono::steady_clock::now() + kMaxReturning;
  for (Shard& shard : shards) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [id, counters] : shard.recipients) {
      for (const QuotaCounter& counter : counters) {
        const auto rule =
            std::ranges::find(shard.rules->all(), counter.counter, &QuotaRule::counter);
        if (rule == shard.rules->all().end() || counter.granted <= counter.used) continue;
        const Due nothing{.rule = &*rule};
        const LeaseKey key = MakeAsk(counter, nothing, id).key;
        // What cannot be returned is lost until the window ends; nor can the rest be then.
        if (!leases->Return(key, counter.granted - counter.used).ok()) return;
        if (std::chrono::steady_clock::now() >= deadline) return;
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

bool Quotas::MayWait() const { return impl_->leases != nullptr && impl_->leases_requests; }

bool Quotas::WouldWait(const Reader& reader) const {
  return MayWait() && !impl_->is_source_away && impl_->LacksBudget(reader, OneRequest());
}

Result<void> Quotas::AdmitRequest(const Reader& reader) {
  return impl_->CountOrWait(reader, OneRequest());
}

Result<Quotas::Permit> Quotas::AdmitQuery(const Reader& reader) {
  QuotaAmounts amounts{};
  amounts[static_cast<std::size_t>(Measure::kConcurrent)] = 1;
  Impl::Attempt attempt = impl_->Count(reader, amounts, Impl::Advance::kNone);
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
  for (const QuotaShard& shard : impl_->shards) {
    const std::lock_guard lock(shard.mutex);
    count += shard.recipients.size();
  }
  return count;
}

}  // namespace sluice::audit
