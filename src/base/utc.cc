#include "base/utc.h"

#include <cstddef>

namespace sluice {
namespace {

constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";

/// A digit wherever the form has '0', and the form's own character elsewhere.
bool HasForm(std::string_view text) {
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = kForm[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == kForm[i];
    if (!fits) return false;
  }
  return true;
}

int NumberOf(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

Result<SystemTime> ParseUtc(std::string_view text) {
  if (!HasForm(text)) return Malformed("a time is written like 2026-11-21T10:00:00.123Z");
  const std::chrono::year_month_day date(
      std::chrono::year(NumberOf(text.substr(0, 4))),
      std::chrono::month(static_cast<unsigned>(NumberOf(text.substr(5, 2)))),
      std::chrono::day(static_cast<unsigned>(NumberOf(text.substr(8, 2)))));
  const int hours = NumberOf(text.substr(11, 2));
  const int minutes = NumberOf(text.substr(14, 2));
  const int seconds = NumberOf(text.substr(17, 2));
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59) {
    return Malformed("there is no such time");
  }
  return SystemTime(std::chrono::sys_days(date) + std::chrono::hours(hours) +
                    std::chrono::minutes(minutes) + std::chrono::seconds(seconds) +
                    std::chrono::milliseconds(NumberOf(text.substr(20, 3))));
}

}  // namespace sluice
