#include "storage/wire_time.h"

#include <optional>

#include "http/date.h"

namespace sluice::storage {
namespace {

constexpr std::size_t kMaxTimeBytes = 64;

/// Takes text off the front of what is left, and remembers if it was ever not there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int Digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = i < rest_.size() ? rest_[i] : '?';
      if (c < '0' || c > '9') return Fail();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  void Literal(std::string_view text) {
    if (!Skip(text)) Fail();
  }

  bool Skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  /// The milliseconds of ".123456", of which any number of digits may be there.
  int Fraction() {
    int millis = 0;
    int weight = 100;
    const std::string_view before = rest_;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      millis += weight * (rest_.front() - '0');
      weight /= 10;
      rest_.remove_prefix(1);
    }
    return rest_.size() == before.size() ? Fail() : millis;
  }

  bool IsDone() const { return is_good_ && rest_.empty(); }

 private:
  int Fail() {
    is_good_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool is_good_ = true;
};

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
};

TimeOfDay ScanTimeOfDay(Scanner& scanner) {
  TimeOfDay time;
  time.hour = scanner.Digits(2);
  scanner.Literal(":");
  time.minute = scanner.Digits(2);
  scanner.Literal(":");
  time.second = scanner.Digits(2);
  return time;
}

std::optional<SystemTime> Join(const Date& date, const TimeOfDay& time) {
  const std::chrono::year_month_day day{std::chrono::year(date.year),
                                        std::chrono::month(static_cast<unsigned>(date.month)),
                                        std::chrono::day(static_cast<unsigned>(date.day))};
  // 60 is a leap second, which counts as the next.
  if (!day.ok() || time.hour > 23 || time.minute > 59 || time.second > 60) return std::nullopt;
  return SystemTime(std::chrono::sys_days(day)) + std::chrono::hours(time.hour) +
         std::chrono::minutes(time.minute) + std::chrono::seconds(time.second);
}

Error NotATime(std::string_view text) {
  return WithDetail(Malformed("not a time"), std::string(text.substr(0, kMaxTimeBytes)));
}

}  // namespace

Result<SystemTime> ParseHttpDate(std::string_view text) {
  const auto time = http::ParseHttpDate(text);
  if (!time) return NotATime(text);
  return *time;
}

Result<SystemTime> ParseIsoTime(std::string_view text) {
  if (text.size() > kMaxTimeBytes) return NotATime(text);
  Scanner scanner(text);
  Date date;
  date.year = scanner.Digits(4);
  scanner.Literal("-");
  date.month = scanner.Digits(2);
  scanner.Literal("-");
  date.day = scanner.Digits(2);
  scanner.Literal("T");
  const TimeOfDay time = ScanTimeOfDay(scanner);
  const std::chrono::milliseconds fraction(scanner.Skip(".") ? scanner.Fraction() : 0);
  std::chrono::minutes offset{0};
  if (!scanner.Skip("Z")) {
    const int sign = scanner.Skip("-") ? -1 : 1;
    if (sign > 0) scanner.Literal("+");
    const int hours = scanner.Digits(2);
    scanner.Literal(":");
    offset = std::chrono::minutes(sign * (hours * 60 + scanner.Digits(2)));
  }
  const auto joined = Join(date, time);
  if (!scanner.IsDone() || !joined) return NotATime(text);
  return *joined + fraction - offset;
}

}  // namespace sluice::storage
