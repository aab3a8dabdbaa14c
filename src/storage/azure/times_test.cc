#include "storage/azure/times.h"

#include "base/testing.h"
#include "storage/wire_time.h"

namespace sluice::storage::azure {
namespace {

constexpr SystemTime kTen{std::chrono::seconds(1'795'255'200)};  // 2026-11-21T10:00:00Z, a Saturday

std::string HttpDate(SystemTime time) {
  std::string out;
  AppendHttpDate(time, out);
  return out;
}

TEST(AzureTimes, HttpDateIsThatOfTheRfc) {
  EXPECT_EQ(HttpDate(SystemTime(std::chrono::seconds(784'111'777))),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(kTen + std::chrono::milliseconds(999)), "Sat, 21 Nov 2026 10:00:00 GMT");
}

TEST(AzureTimes, HttpDateOfEveryDayOfAYearIsReadBack) {
  for (SystemTime day = kTen; day < kTen + std::chrono::hours(366 * 24);
       day += std::chrono::hours(24)) {
    EXPECT_THAT(ParseHttpDate(HttpDate(day)), IsOkAnd(day));
  }
}

TEST(AzureTimes, UtcHasNoPartsOfASecond) {
  std::string utc;
  AppendUtcSeconds(kTen + std::chrono::milliseconds(999), utc);
  EXPECT_EQ(utc, "2026-11-21T10:00:00Z");
}

}  // namespace
}  // namespace sluice::storage::azure
