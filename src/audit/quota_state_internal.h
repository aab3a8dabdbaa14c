#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "audit/lease_asker_internal.h"
#include "audit/quota.h"
#include "audit/quota_rules_internal.h"

namespace sluice::audit {

enum class QuotaVerdict : std::uint8_t {
  kEnough,
  kNoBudget,  ///< Of a fleet: none at hand.
  kFull,
  kNever,  ///< More than the whole limit.
};
struct QuotaRoom {
  QuotaVerdict verdict = QuotaVerdict::kEnough;
  std::int64_t wait_millis = 0;
};

/// A rule that a claim falls under, and the counter of its recipient.
struct QuotaDue {
  const QuotaRule* rule = nullptr;
  std::int64_t amount = 0;
  std::size_t counter = 0;    // Of the recipient's.
  bool lacks_budget = false;  // The claim is refused, for this among others.
};

/// A part of the recipients.
struct QuotaShard {
  mutable std::mutex mutex;
  std::shared_ptr<const QuotaRules> rules;
  TextMap<std::vector<QuotaCounter>> recipients;
  std::size_t sweep_at = 0;
  std::vector<QuotaDue> due;  // Of the check that holds the lock: kept for its memory.
  std::uint64_t answers = 0;  // Of the LeaseSource so far.
  std::condition_variable answered;
};

inline constexpr std::size_t kQuotaShards = 64;

/// quota_count.cc counts; quota.cc has the rest.
struct Quotas::Impl {
  using Due = QuotaDue;
  using Room = QuotaRoom;
  using Shard = QuotaShard;

  explicit Impl(const Clock& used_clock) : clock(used_clock) {
    for (Shard& shard : shards) shard.rules = rules;
  }

  Shard& ShardOf(std::string_view recipient_id) {
    return shards[std::hash<std::string_view>{}(recipient_id) % kQuotaShards];
  }
  void SetLimits(std::vector<catalog::Quota> quotas);

  /// What became of an attempt to count.
  struct Attempt {
    Result<void> result;
    bool lacks_budget = false;  ///< It failed only for budget that this node has not yet asked for.
    std::uint64_t answers = 0;  ///< Of the shard, when the budget was asked for.
    std::vector<std::uint64_t> running;  ///< Counters of concurrent queries that count it now.
  };
  enum class Advance : std::uint8_t { kNone, kAllowed };
  Attempt Count(const Reader& reader, const QuotaAmounts& amounts, Advance advance);
  Result<void> CountOrWait(const Reader& reader, const QuotaAmounts& amounts);
  /// Whether Count would fail for want of a lease. Counts nothing and asks for none.
  bool LacksBudget(const Reader& reader, const QuotaAmounts& amounts);
  void EndQuery(std::string_view recipient_id, const std::vector<std::uint64_t>& running);
  std::vector<State> States(std::string_view recipient_id);
  void EndLeases();

  // Called with the shard's lock held.
  std::vector<QuotaCounter>& CountersOf(Shard& shard, std::string_view recipient_id);
  void FindDue(Shard& shard, const Reader& reader, const QuotaAmounts& amounts);
  Room RoomFor(const QuotaCounter& counter, const Due& due, std::int64_t now,
               Advance advance) const;
  LeaseAsk MakeAsk(const QuotaCounter& counter, const Due& due, std::string_view recipient) const;
  /// For what is lacking, or will be soon, unless that is asked for already.
  void AskIfDue(QuotaCounter& counter, const Due& due, std::string_view recipient);

  void CreditAnswer(Shard& shard, const LeaseAsk& ask, const Result<std::int64_t>& granted);

  void TakeAnswer(const LeaseAsk& ask, const Result<std::int64_t>& granted);

  const Clock& clock;
  std::atomic<bool> has_rules = false;
  std::atomic<bool> leases_requests = false;  // Some quota on requests is of a day or a month.
  std::atomic<bool> is_source_away = false;   // So its last answer said.

  std::mutex rules_mutex;  // Of SetLimits: guards the next two.
  std::uint64_t next_counter = 1;
  std::shared_ptr<const QuotaRules> rules =
      std::make_shared<const QuotaRules>(std::vector<QuotaRule>());

  std::array<Shard, kQuotaShards> shards;
  LeaseSource* leases = nullptr;
  std::unique_ptr<LeaseAsker> asker;
};

}  // namespace sluice::audit
