#include "config/value.h"

#include <chrono>

#include "base/testing.h"

namespace sluice::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Value, ReadsDurationsInEveryUnit) {
  EXPECT_THAT(ParseDuration("500ms"), IsOkAnd(milliseconds(500)));
  EXPECT_THAT(ParseDuration("30s"), IsOkAnd(milliseconds(30'000)));
  EXPECT_THAT(ParseDuration("5m"), IsOkAnd(milliseconds(300'000)));
  EXPECT_THAT(ParseDuration("1h"), IsOkAnd(milliseconds(3'600'000)));
  EXPECT_THAT(ParseDuration("7d"), IsOkAnd(milliseconds(604'800'000)));
  EXPECT_THAT(ParseDuration("0"), IsOkAnd(milliseconds(0)));
}

TEST(Value, RefusesDurationsThatAreNone) {
  for (const char* text : {"", "30", "s", "-1s", "1.5h", "30 s", "1w", "99999999999999999999s",
                           "9223372036854775807d"}) {
    EXPECT_THAT(ParseDuration(text), FailsWith(ErrorCode::kInvalidArgument)) << text;
  }
}

TEST(Value, ReadsSizesInUnitsOf1024) {
  EXPECT_THAT(ParseBytes("100"), IsOkAnd(std::size_t{100}));
  EXPECT_THAT(ParseBytes("64KiB"), IsOkAnd(std::size_t{65'536}));
  EXPECT_THAT(ParseBytes("2mib"), IsOkAnd(std::size_t{2} << 20));
  EXPECT_THAT(ParseBytes("1GiB"), IsOkAnd(std::size_t{1} << 30));
  EXPECT_THAT(ParseBytes("9999999TiB"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(ParseBytes("2MB"), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(Value, WritesWhatItReads) {
  for (const char* text : {"500ms", "30s", "5m", "1h", "7d", "90s", "0"}) {
    EXPECT_EQ(FormatDuration(ParseDuration(text).value()), text);
  }
  for (const char* text : {"100", "64KiB", "2MiB", "1GiB", "1TiB", "0"}) {
    EXPECT_EQ(FormatBytes(ParseBytes(text).value()), text);
  }
}

TEST(Value, SplitsListsAtCommasAndTrims) {
  EXPECT_THAT(SplitList(" a, b ,,c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(SplitList("  "), IsEmpty());
}

TEST(Value, ReadsAddresses) {
  const HostPort name = ParseHostPort("localhost:8080").value();
  EXPECT_EQ(name.host, "localhost");
  EXPECT_EQ(name.port, 8080);
  EXPECT_EQ(ParseHostPort("[::1]:443").value().host, "::1");
  EXPECT_EQ(ParseHostPort("[::1]:443").value().ToString(), "[::1]:443");
}

TEST(Value, RefusesAddressesWithoutHostOrPort) {
  for (const char* text : {"", "localhost", ":8080", "localhost:", "localhost:65536",
                           "localhost:-1", "::1:80", "http://x:80", "[]:80"}) {
    EXPECT_THAT(ParseHostPort(text), FailsWith(ErrorCode::kInvalidArgument)) << text;
  }
}

TEST(Value, KnowsWhatOnlyThisMachineCanReach) {
  for (const char* host : {"127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "127.evil.example", "example.com"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

TEST(Value, FindsTheNameThatWasMeant) {
  EXPECT_EQ(NearestName("locaton", {"name", "location", "id"}), "location");
  EXPECT_EQ(NearestName("Location", {"name", "location", "id"}), "location");
  EXPECT_EQ(NearestName("historyshared", {"historyShared"}), "historyShared");
  EXPECT_EQ(NearestName("colour", {"name", "location", "id"}), "");
  EXPECT_EQ(NearestName("xy", {"id"}), "");
}

}  // namespace
}  // namespace sluice::config
