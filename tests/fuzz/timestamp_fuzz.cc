// A point in time as requests spell it: whatever is read can be printed and read again.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/format.h"
#include "protocol/query.h"

namespace {

using sluice::SystemTime;

std::string Print(SystemTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return sluice::Format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{date.year()},
                        unsigned{date.month()}, unsigned{date.day()}, clock.hours().count(),
                        clock.minutes().count(), clock.seconds().count(),
                        clock.subseconds().count());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto time = sluice::protocol::ParseTimestamp("timestamp", text);
  if (!time.ok()) return 0;
  // An offset can move a time out of the years that four digits hold.
  const std::chrono::year year =
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(*time)).year();
  if (year < std::chrono::year(0) || year > std::chrono::year(9999)) return 0;
  const auto again = sluice::protocol::ParseTimestamp("timestamp", Print(*time));
  CHECK(again.ok() && *again == *time, "a time reads back as itself");
  return 0;
}
