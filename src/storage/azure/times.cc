#include "storage/azure/times.h"

#include <array>
#include <chrono>
#include <string_view>

namespace sluice::storage::azure {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

void AppendHttpDate(SystemTime time, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  std::string utc;
  AppendUtcSeconds(time, utc);
  out += kWeekdays[std::chrono::weekday(day).c_encoding()];
  out += ", ";
  out.append(utc, 8, 2);
  out += ' ';
  out += kMonths[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  out.append(utc, 0, 4);
  out += ' ';
  out.append(utc, 11, 8);
  out += " GMT";
}

void AppendUtcSeconds(SystemTime time, std::string& out) {
  AppendUtc(time, out);
  constexpr std::size_t kMillisAndZone = 5;  // ".000Z"
  out.resize(out.size() - kMillisAndZone);
  out += 'Z';
}

}  // namespace sluice::storage::azure
