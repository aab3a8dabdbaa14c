#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/testing.h"
#include "protocol/query.h"

namespace sluice::protocol {
namespace {

std::int64_t Millis(std::string_view text) {
  const auto time = ParseTimestamp("timestamp", text);
  EXPECT_THAT(time, IsOk()) << text;
  return time.ok() ? UnixMillis(*time) : -1;
}

constexpr std::int64_t kNoon2022 = 1'641'038'400'000;

// Mistake 16: every form of an offset means the same point in time.
TEST(ParseTimestamp, TakesOffsets) {
  for (const char* text :
       {"2022-01-01T12:00:00Z", "2022-01-01T12:00:00.000Z", "2022-01-01T12:00Z",
        "2022-01-01t12:00:00z", "2022-01-01T14:00:00+02:00", "2022-01-01T14:00:00+02",
        "2022-01-01T06:30:00-05:30", "2022-01-02T06:00:00+18:00", "2022-01-01T12:00:00-00:00",
        "2022-01-01 14:00:00+02:00"}) {
    EXPECT_EQ(Millis(text), kNoon2022) << text;
  }
}

// Mistake 16: a '+' that nobody escaped arrives as a space.
TEST(ParseTimestamp, TakesASpaceForThePlusOfAnOffset) {
  EXPECT_EQ(Millis("2022-01-01T14:00:00 02:00"), kNoon2022);
}

TEST(ParseTimestamp, TakesTheOldFormAsUtc) {
  EXPECT_EQ(Millis("2022-01-01 12:00:00"), kNoon2022);
  EXPECT_EQ(Millis("2022-01-01 12:00:00.0"), kNoon2022);
}

TEST(ParseTimestamp, CutsFractionsAtMilliseconds) {
  EXPECT_EQ(Millis("2022-01-01T12:00:00.1Z"), kNoon2022 + 100);
  EXPECT_EQ(Millis("2022-01-01T12:00:00.123999999Z"), kNoon2022 + 123);
  EXPECT_EQ(Millis("1969-12-31T23:59:59.9999Z"), -1);
}

TEST(ParseTimestamp, ReachesFromYear0To9999) {
  EXPECT_EQ(Millis("0000-01-01T00:00:00Z"), -62'167'219'200'000);
  EXPECT_EQ(Millis("9999-12-31T23:59:59.999Z"), 253'402'300'799'999);
  EXPECT_EQ(Millis("2024-02-29T00:00:00Z"), 1'709'164'800'000);
}

TEST(ParseTimestamp, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "abc",
                           "2022-01-01",
                           "2022-01-01T12:00:00",
                           "2022-01-01T",
                           "2022-01-01T12",
                           "2022-01-01T12:",
                           "2022-01-01T12:00:",
                           "2022-01-01T12:00:00.Z",
                           "2022-01-01T12:00:00.1234567890Z",
                           "2022-02-29T00:00:00Z",
                           "2022-00-01T00:00:00Z",
                           "2022-13-01T00:00:00Z",
                           "2022-01-32T00:00:00Z",
                           "2022-01-01T24:00:00Z",
                           "2022-01-01T00:60:00Z",
                           "2022-01-01T00:00:60Z",
                           "2022-1-1T00:00:00Z",
                           "22-01-01T00:00:00Z",
                           "+2022-01-01T00:00:00Z",
                           "2022-01-01T12:00:00ZZ",
                           "2022-01-01T12:00:00 Z",
                           "2022-01-01T12:00:00+19:00",
                           "2022-01-01T12:00:00+02:60",
                           "2022-01-01T12:00:00+2",
                           "2022-01-01T12:00:00+",
                           "2022-01-01 12:00:00 ",
                           "1641038400000",
                           "2022-01-01T12:00:00[UTC]"}) {
    EXPECT_THAT(ParseTimestamp("timestamp", text), FailsWith(ErrorCode::kInvalidArgument)) << text;
  }
}

TEST(ParseTimestamp, NamesTheParameterAndRepeatsLittleOfIt) {
  EXPECT_EQ(ParseTimestamp("startingTimestamp", "abc").error().message,
            "Invalid startingTimestamp: 'abc' is no time such as 2022-01-01T00:00:00Z");
  EXPECT_LT(ParseTimestamp("t", std::string(100'000, '1')).error().message.size(), 150u);
}

}  // namespace
}  // namespace sluice::protocol
