// A point in time as requests spell it:
//
//   date ( 'T' | ' ' ) HH ':' mm [ ':' ss [ '.' digits ] ] [ offset ]
//
// where date is yyyy-MM-dd, digits are at most nine, and offset is 'Z' or ( '+' | '-' ) HH [ ':' mm
// ]. Behind a 'T' the offset must be there; behind a space UTC is meant without. Letters may be
// small. Source: ISO 8601 as Java's ISO_OFFSET_DATE_TIME has it, and java.sql.Timestamp.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/parameters_internal.h"
#include "protocol/query.h"

namespace sluice::protocol {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxFractionDigits = 9;
constexpr int kMaxOffsetHours = 18;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes a text apart from its front. What does not fit leaves it as it is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }

  /// One of `characters`, or NUL.
  char OneOf(std::string_view characters) {
    if (done() || characters.find(text_.front()) == std::string_view::npos) return '\0';
    const char found = text_.front();
    text_.remove_prefix(1);
    return found;
  }

  /// Exactly `count` digits whose number is at most `max`.
  std::optional<int> Number(std::size_t count, int max) {
    if (text_.size() < count) return std::nullopt;
    int number = 0;
    for (const char c : text_.substr(0, count)) {
      if (!IsDigit(c)) return std::nullopt;
      number = number * 10 + (c - '0');
    }
    if (number > max) return std::nullopt;
    text_.remove_prefix(count);
    return number;
  }

  /// 1 to 9 digits of a fraction of a second, cut off behind the third.
  std::optional<milliseconds> Fraction() {
    int millis = 0;
    std::size_t digits = 0;
    while (digits < kMaxFractionDigits && digits < text_.size() && IsDigit(text_[digits])) {
      if (digits < 3) millis = millis * 10 + (text_[digits] - '0');
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    text_.remove_prefix(digits);
    for (; digits < 3; ++digits) millis *= 10;
    return milliseconds(millis);
  }

 private:
  std::string_view text_;
};

std::optional<std::chrono::sys_days> ScanDate(Scanner& scanner) {
  const auto year = scanner.Number(4, 9999);
  if (!year || !scanner.OneOf("-")) return std::nullopt;
  const auto month = scanner.Number(2, 12);
  if (!month || !scanner.OneOf("-")) return std::nullopt;
  const auto day = scanner.Number(2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  return date.ok() ? std::optional<std::chrono::sys_days>(date) : std::nullopt;
}

std::optional<milliseconds> ScanTime(Scanner& scanner) {
  const auto hour = scanner.Number(2, 23);
  if (!hour || !scanner.OneOf(":")) return std::nullopt;
  const auto minute = scanner.Number(2, 59);
  if (!minute) return std::nullopt;
  const milliseconds time = hours(*hour) + minutes(*minute);
  if (!scanner.OneOf(":")) return time;
  const auto second = scanner.Number(2, 59);
  if (!second) return std::nullopt;
  if (!scanner.OneOf(".")) return time + seconds(*second);
  const auto fraction = scanner.Fraction();
  if (!fraction) return std::nullopt;
  return time + seconds(*second) + *fraction;
}

// How far local time is ahead of UTC.
std::optional<minutes> ScanOffset(Scanner& scanner) {
  if (scanner.OneOf("Zz")) return minutes(0);
  // A '+' that nobody escaped was decoded to a space.
  const char sign = scanner.OneOf("+- ");
  const auto hour = scanner.Number(2, kMaxOffsetHours);
  if (sign == '\0' || !hour) return std::nullopt;
  minutes offset = hours(*hour);
  if (scanner.OneOf(":")) {
    const auto minute = scanner.Number(2, 59);
    if (!minute) return std::nullopt;
    offset += minutes(*minute);
  }
  return sign == '-' ? -offset : offset;
}

std::optional<SystemTime> Scan(std::string_view text) {
  Scanner scanner(text);
  const auto date = ScanDate(scanner);
  const char separator = scanner.OneOf("Tt ");
  if (!date || separator == '\0') return std::nullopt;
  const auto time = ScanTime(scanner);
  if (!time) return std::nullopt;
  minutes offset(0);
  if (!scanner.done() || separator != ' ') {
    const auto given = ScanOffset(scanner);
    if (!given || !scanner.done()) return std::nullopt;
    offset = *given;
  }
  return *date + *time - offset;
}

}  // namespace

Result<SystemTime> ParseTimestamp(std::string_view name, std::string_view text) {
  if (const std::optional<SystemTime> time = Scan(text)) return *time;
  return InvalidArgument("Invalid {}: '{}' is no time such as 2022-01-01T00:00:00Z", name,
                         text.substr(0, kMaxEchoedBytes));
}

}  // namespace sluice::protocol
