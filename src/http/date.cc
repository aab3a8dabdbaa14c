#include "http/date.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>

namespace sluice::http {
namespace {

constexpr std::string_view kShape = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// -1 if they are no digits.
int Digits(std::string_view text, std::size_t begin, std::size_t count) {
  int number = 0;
  const char* const end = text.data() + begin + count;
  const auto [stop, failure] = std::from_chars(text.data() + begin, end, number);
  return failure == std::errc() && stop == end ? number : -1;
}

/// Whether what is neither digit nor letter stands where it must.
bool HasShape(std::string_view text) {
  if (text.size() != kShape.size() || !text.ends_with(" GMT")) return false;
  return std::ranges::all_of(std::initializer_list<std::size_t>{3, 4, 7, 11, 16, 19, 22},
                             [&](std::size_t i) { return text[i] == kShape[i]; });
}

}  // namespace

std::optional<SystemTime> ParseHttpDate(std::string_view text) {
  if (!HasShape(text)) return std::nullopt;
  const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
  const int day = Digits(text, 5, 2);
  const int year = Digits(text, 12, 4);
  const int hour = Digits(text, 17, 2);
  const int minute = Digits(text, 20, 2);
  const int second = Digits(text, 23, 2);
  const bool is_time = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
                       second <= 60;  // 60 is a leap second
  if (month == std::end(kMonths) || day < 1 || year < 0 || !is_time) return std::nullopt;
  const auto month_number = static_cast<unsigned>(month - std::begin(kMonths)) + 1;
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(month_number),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace sluice::http
