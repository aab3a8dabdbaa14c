#include <algorithm>
#include <utility>

#include "audit/quota_rules_internal.h"
#include "base/format.h"

namespace sluice::audit {
namespace {

constexpr std::int64_t kSecondMillis = 1'000;

std::string_view MeasureWord(catalog::Measure measure) {
  switch (measure) {
    case catalog::Measure::kRequests: return "requests";
    case catalog::Measure::kFiles: return "files";
    case catalog::Measure::kBytes: return "bytes";
    case catalog::Measure::kConcurrent: break;
  }
  return "queries";
}

std::string_view WindowWord(catalog::Window window) {
  switch (window) {
    case catalog::Window::kSecond: return "a second";
    case catalog::Window::kDay: return "a day";
    case catalog::Window::kMonth: return "a month";
    case catalog::Window::kNone: break;
  }
  return "at a time";
}

}  // namespace

QuotaRules::QuotaRules(std::vector<QuotaRule> rules) : rules_(std::move(rules)) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const catalog::Quota& quota = rules_[i].quota;
    if (quota.recipient_id.empty()) {
      (quota.share_id.empty() ? of_all_ : of_share_[quota.share_id]).push_back(i);
    } else if (quota.share_id.empty()) {
      of_recipient_[quota.recipient_id].push_back(i);
    } else {
      of_both_[quota.recipient_id][quota.share_id].push_back(i);
    }
  }
}

WindowSpan SpanOf(catalog::Window window, std::int64_t now) {
  using std::chrono::days;
  using std::chrono::milliseconds;
  using std::chrono::months;
  using std::chrono::sys_days;
  const auto day = std::chrono::floor<days>(SystemTime(milliseconds(now)));
  const auto millis = [](sys_days date) { return UnixMillis(SystemTime(date)); };
  if (window == catalog::Window::kDay) return {millis(day), millis(day + days(1))};
  const std::chrono::year_month_day date(day);
  const auto first = date.year() / date.month();
  return {millis(sys_days(first / 1)), millis(sys_days((first + months(1)) / 1))};
}

void QuotaCounter::Advance(std::int64_t now, std::int64_t limit_in_force) {
  switch (window) {
    case catalog::Window::kNone: return;
    case catalog::Window::kSecond: {
      // A clock that was set back drains nothing, and counts from there.
      const std::int64_t elapsed = std::clamp<std::int64_t>(now - span.start, 0, kSecondMillis);
      const std::int64_t full = limit_in_force * kSecondMillis;
      const std::int64_t drained = elapsed == kSecondMillis ? full : limit_in_force * elapsed;
      used = std::max<std::int64_t>(std::min(used, full) - drained, 0);
      span.start = now;
      return;
    }
    case catalog::Window::kDay:
    case catalog::Window::kMonth: {
      if (!span.Contains(now)) {
        const std::uint64_t same = counter;
        const catalog::Window same_window = window;
        *this =
            QuotaCounter{.span = SpanOf(same_window, now), .counter = same, .window = same_window};
      }
      if (limit == limit_in_force) return;
      limit = limit_in_force;
      is_short = false;
      ask_at = 0;
    }
  }
}

bool QuotaCounter::IsIdle(std::int64_t now) const {
  switch (window) {
    case catalog::Window::kNone: return used == 0;
    case catalog::Window::kSecond: return used == 0 || now - span.start >= kSecondMillis;
    case catalog::Window::kDay:
    case catalog::Window::kMonth: break;
  }
  return (used == 0 && granted == 0 && !is_asking) || !span.Contains(now);
}

std::string DescribeQuota(const QuotaRule& rule) {
  return Format("{} {} {}", rule.limit, MeasureWord(rule.quota.measure),
                WindowWord(rule.quota.window));
}

}  // namespace sluice::audit
