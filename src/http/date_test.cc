#include "http/date.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

TEST(ParseHttpDate, ReadsTheFormOfToday) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"),
            SystemTime(std::chrono::seconds(784111777)));
  EXPECT_EQ(ParseHttpDate("Thu, 01 Jan 1970 00:00:00 GMT"), SystemTime());
  EXPECT_EQ(ParseHttpDate("Thu, 29 Feb 2024 23:59:59 GMT"),
            SystemTime(std::chrono::seconds(1709251199)));
}

TEST(ParseHttpDate, RefusesAnythingElse) {
  for (const char* text : {"", "now", "3", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 06 NOV 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08.49.37 GMT", "Sun, 06 Nov 1994 08:49:-1 GMT"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sluice::http
