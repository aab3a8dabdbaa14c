#include "base/clock.h"

#include <array>

namespace sluice {
namespace {

void AppendDigits(unsigned value, int count, std::string& out) {
  std::array<char, 4> digits;
  for (int i = count; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), count);
}

}  // namespace

void AppendUtc(SystemTime time, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  AppendDigits(static_cast<unsigned>(static_cast<int>(date.year())), 4, out);
  out += '-';
  AppendDigits(static_cast<unsigned>(date.month()), 2, out);
  out += '-';
  AppendDigits(static_cast<unsigned>(date.day()), 2, out);
  out += 'T';
  AppendDigits(static_cast<unsigned>(clock.hours().count()), 2, out);
  out += ':';
  AppendDigits(static_cast<unsigned>(clock.minutes().count()), 2, out);
  out += ':';
  AppendDigits(static_cast<unsigned>(clock.seconds().count()), 2, out);
  out += '.';
  AppendDigits(static_cast<unsigned>(clock.subseconds().count()), 3, out);
  out += 'Z';
}

}  // namespace sluice
