#include <array>
#include <cstddef>

#include "expr/datetime_internal.h"

namespace sluice::expr {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
// Years of timestamps that fit 64 bits of microseconds with room to spare.
constexpr std::int64_t kMaxTimestampDays = 290'000LL * 365;
constexpr int kMaxOffsetHours = 18;

struct Digits {
  int least;
  int most;
};

// Eats a text from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool Eat(char wanted) {
    if (Peek() != wanted || empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// A number of as many digits as allowed; nullopt if there are fewer than `least`.
  std::optional<std::int64_t> Number(Digits digits) {
    std::int64_t number = 0;
    int count = 0;
    while (count < digits.most && Peek() >= '0' && Peek() <= '9') {
      number = number * 10 + (Peek() - '0');
      rest_.remove_prefix(1);
      ++count;
    }
    if (count < digits.least) return std::nullopt;
    return number;
  }

 private:
  std::string_view rest_;
};

bool IsLeapYear(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

std::int64_t DaysInMonth(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// Counts years from March, so that the leap day comes last.
std::int64_t DaysSinceEpoch(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (month <= 2) --year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  constexpr std::int64_t kDaysPerEra = 146'097;
  constexpr std::int64_t kDaysFromYearZeroToEpoch = 719'468;
  return era * kDaysPerEra + day_of_era - kDaysFromYearZeroToEpoch;
}

std::optional<std::int64_t> EatDate(Cursor& text) {
  const bool negative = text.Eat('-');
  if (!negative) text.Eat('+');
  const auto year = text.Number({4, 6});
  if (!year || !text.Eat('-')) return std::nullopt;
  const auto month = text.Number({1, 2});
  if (!month || *month < 1 || *month > 12 || !text.Eat('-')) return std::nullopt;
  const auto day = text.Number({1, 2});
  const std::int64_t signed_year = negative ? -*year : *year;
  if (!day || *day < 1 || *day > DaysInMonth(signed_year, *month)) return std::nullopt;
  return DaysSinceEpoch(signed_year, *month, *day);
}

// ".123" in microseconds; 0 if there is no fraction.
std::optional<std::int64_t> EatFraction(Cursor& text) {
  if (!text.Eat('.')) return 0;
  std::int64_t micros = 0;
  std::int64_t unit = kMicrosPerSecond;
  while (const auto digit = text.Number({1, 1})) {
    unit /= 10;
    micros += *digit * unit;
  }
  if (unit == kMicrosPerSecond) return std::nullopt;
  return micros;
}

// "HH:mm[:ss[.fraction]]" in microseconds since midnight.
std::optional<std::int64_t> EatTime(Cursor& text) {
  const auto hour = text.Number({1, 2});
  if (!hour || *hour > 23 || !text.Eat(':')) return std::nullopt;
  const auto minute = text.Number({1, 2});
  if (!minute || *minute > 59) return std::nullopt;
  const std::int64_t seconds = *hour * 3600 + *minute * 60;
  if (!text.Eat(':')) return seconds * kMicrosPerSecond;
  const auto second = text.Number({1, 2});
  if (!second || *second > 59) return std::nullopt;
  const auto fraction = EatFraction(text);
  if (!fraction) return std::nullopt;
  return (seconds + *second) * kMicrosPerSecond + *fraction;
}

// "Z" or an offset, in microseconds east of UTC.
std::optional<std::int64_t> EatZone(Cursor& text) {
  text.Eat(' ');
  if (text.Eat('Z') || text.Eat('z')) return 0;
  const bool west = text.Eat('-');
  if (!west && !text.Eat('+')) return std::nullopt;
  const auto hours = text.Number({2, 2});
  if (!hours || *hours > kMaxOffsetHours) return std::nullopt;
  const bool colon = text.Eat(':');
  std::int64_t minutes = 0;
  if (colon || !text.empty()) {
    const auto number = text.Number({2, 2});
    if (!number || *number > 59) return std::nullopt;
    minutes = *number;
  }
  const std::int64_t micros = (*hours * 3600 + minutes * 60) * kMicrosPerSecond;
  return west ? -micros : micros;
}

}  // namespace

std::optional<std::int64_t> ParseDate(std::string_view text) {
  Cursor cursor(text);
  const auto days = EatDate(cursor);
  return cursor.empty() ? days : std::nullopt;
}

std::optional<ParsedTimestamp> ParseTimestamp(std::string_view text) {
  Cursor cursor(text);
  const auto days = EatDate(cursor);
  if (!days || *days > kMaxTimestampDays || *days < -kMaxTimestampDays) return std::nullopt;
  ParsedTimestamp result{.micros = *days * kSecondsPerDay * kMicrosPerSecond};
  if (cursor.empty()) return result;
  if (!cursor.Eat('T') && !cursor.Eat(' ')) return std::nullopt;
  const auto time = EatTime(cursor);
  if (!time) return std::nullopt;
  result.micros += *time;
  if (cursor.empty()) return result;
  const auto offset = EatZone(cursor);
  if (!offset || !cursor.empty()) return std::nullopt;
  result.micros -= *offset;
  result.has_zone = true;
  return result;
}

}  // namespace sluice::expr
