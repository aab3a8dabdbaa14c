#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit/quota.h"
#include "base/clock.h"
#include "catalog/model.h"

namespace sluice::audit {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// A quota in force. `counter` stays while id, measure and window do; it is never used again.
struct QuotaRule {
  std::uint64_t counter = 0;
  std::int64_t limit = 0;  ///< Between 0 and Quotas::kMaxLimit.
  catalog::Quota quota;
};

/// How much is to be counted, by catalog::Measure; 0: nothing.
using QuotaAmounts = std::array<std::int64_t, 4>;

/// The quotas in force, to be found by whom they hold for. Immutable.
class QuotaRules {
 public:
  explicit QuotaRules(std::vector<QuotaRule> rules);

  const std::vector<QuotaRule>& all() const { return rules_; }
  /// Calls `visit` with each rule that holds for `reader`.
  template <typename Visit>
  void ForEach(const Quotas::Reader& reader, Visit visit) const {
    const auto visit_group = [&](const TextMap<Group>& groups, std::string_view key) {
      if (groups.empty() || key.empty()) return;
      const auto group = groups.find(key);
      if (group == groups.end()) return;
      for (const std::size_t i : group->second) visit(rules_[i]);
    };
    for (const std::size_t i : of_all_) visit(rules_[i]);
    visit_group(of_share_, reader.share_id);
    visit_group(of_recipient_, reader.recipient_id);
    if (of_both_.empty()) return;
    const auto shares = of_both_.find(reader.recipient_id);
    if (shares != of_both_.end()) visit_group(shares->second, reader.share_id);
  }

 private:
  using Group = std::vector<std::size_t>;  // Of rules_.

  std::vector<QuotaRule> rules_;
  Group of_all_;
  TextMap<Group> of_share_;
  TextMap<Group> of_recipient_;
  TextMap<TextMap<Group>> of_both_;  // By recipient, then by share.
};

/// Milliseconds of a UTC day or month that contain a moment: start <= it < end.
struct WindowSpan {
  std::int64_t start = 0;
  std::int64_t end = 0;
  bool Contains(std::int64_t now) const { return start <= now && now < end; }
};
WindowSpan SpanOf(catalog::Window window, std::int64_t now);

/// What one recipient used under one quota.
struct QuotaCounter {
  /// Day or month: the units used in `span`. Second: the thousandths of units in the bucket as of
  /// `span.start`. Concurrent: those running.
  std::int64_t used = 0;
  WindowSpan span;
  std::uint64_t counter = 0;
  catalog::Window window = catalog::Window::kSecond;

  // Of a fleet: what this node holds of the window's budget.
  bool is_short = false;   ///< The source had less than was asked for.
  bool is_asking = false;  ///< A question is under way.
  std::int64_t granted = 0;
  std::int64_t ask_at = 0;  ///< Not before.
  std::int64_t limit = -1;  ///< That `is_short` and `ask_at` are about.

  /// Brings it up to `now` and to the limit in force: drains a bucket, begins a new window.
  void Advance(std::int64_t now, std::int64_t limit_in_force);
  /// Nothing would be lost if it were forgotten.
  bool IsIdle(std::int64_t now) const;
};

/// "1000 requests a day", "5 queries at a time"
std::string DescribeQuota(const QuotaRule& rule);

}  // namespace sluice::audit
