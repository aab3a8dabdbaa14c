#include "base/utc.h"

#include <string>

#include "base/testing.h"

namespace sluice {
namespace {

std::string Utc(std::int64_t millis) {
  std::string text;
  AppendUtc(SystemTime(std::chrono::milliseconds(millis)), text);
  return text;
}

TEST(Utc, IsReadAsItWasWritten) {
  EXPECT_EQ(Utc(1'795'255'200'123), "2026-11-21T10:00:00.123Z");
  for (const std::int64_t millis : {0L, -1L, 951'782'400'000L, 1'795'255'200'123L}) {
    const auto time = ParseUtc(Utc(millis));
    ASSERT_THAT(time, IsOk());
    EXPECT_EQ(UnixMillis(*time), millis);
  }
}

TEST(Utc, HasOneSpelling) {
  for (const char* text :
       {"", "2026-11-21T10:00:00Z", "2026-11-21 10:00:00.123Z", "2026-11-21T10:00:00.123z",
        "2026-11-21T10:00:00.123ZZ", "2026-02-29T10:00:00.123Z", "2026-11-21T24:00:00.123Z",
        "2026-11-21T10:60:00.123Z", "2026-11-21T10:00:60.123Z", "2026-1x-21T10:00:00.123Z",
        "2026-00-21T10:00:00.123Z", "-026-11-21T10:00:00.123Z"}) {
    EXPECT_THAT(ParseUtc(text), FailsWith(ErrorCode::kMalformed)) << text;
  }
}

}  // namespace
}  // namespace sluice
