#include "storage/wire_time.h"

#include "base/testing.h"

namespace sluice::storage {
namespace {

using std::chrono::milliseconds;

TEST(WireTime, ReadsTheDatesOfHttp) {
  EXPECT_THAT(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"),
              IsOkAnd(SystemTime(milliseconds(784'111'777'000))));
  EXPECT_THAT(ParseHttpDate("1994-11-06T08:49:37Z"), FailsWith(ErrorCode::kMalformed));
}

TEST(WireTime, ReadsIsoTimesToTheMillisecond) {
  constexpr SystemTime kExpected{milliseconds(784'111'777'000)};
  EXPECT_THAT(ParseIsoTime("1994-11-06T08:49:37Z"), IsOkAnd(kExpected));
  EXPECT_THAT(ParseIsoTime("1994-11-06T08:49:37.0Z"), IsOkAnd(kExpected));
  EXPECT_THAT(ParseIsoTime("1994-11-06T08:49:37.123Z"), IsOkAnd(kExpected + milliseconds(123)));
  EXPECT_THAT(ParseIsoTime("1994-11-06T08:49:37.123999999Z"),
              IsOkAnd(kExpected + milliseconds(123)));
  EXPECT_THAT(ParseIsoTime("1994-11-06T09:49:37+01:00"), IsOkAnd(kExpected));
  EXPECT_THAT(ParseIsoTime("1994-11-06T03:19:37-05:30"), IsOkAnd(kExpected));
}

TEST(WireTime, RefusesWhatIsNoIsoTime) {
  for (const char* text : {"", "1994-11-06", "1994-11-06 08:49:37Z", "1994-11-06T08:49:37",
                           "1994-11-06T08:49:37.Z", "1994-13-06T08:49:37Z", "94-11-06T08:49:37Z",
                           "1994-11-06T08:49:37ZZ", "1994-11-06T08:49:37+1:00"}) {
    EXPECT_THAT(ParseIsoTime(text), FailsWith(ErrorCode::kMalformed)) << text;
  }
}

}  // namespace
}  // namespace sluice::storage
