#include "storage/location.h"

#include "base/testing.h"

namespace sluice::storage {
namespace {

std::string Parse(std::string_view text) {
  const Result<Location> location = ParseLocation(text, "/srv/conf");
  if (!location.ok()) return std::string(ErrorCodeName(location.error().code));
  return location->scheme + " " + location->path;
}

TEST(Location, AbsolutePathIsNormalised) {
  EXPECT_EQ(Parse("/data/orders"), "file /data/orders");
  EXPECT_EQ(Parse("//data/./x/../orders//"), "file /data/orders");
  EXPECT_EQ(Parse("/.."), "file /");
  EXPECT_EQ(Parse("/"), "file /");
}

TEST(Location, RelativePathStartsAtTheBase) {
  EXPECT_EQ(Parse("orders"), "file /srv/conf/orders");
  EXPECT_EQ(Parse("./orders/"), "file /srv/conf/orders");
  EXPECT_EQ(Parse("../orders"), "file /srv/orders");
  EXPECT_EQ(Parse("a:b/c"), "file /srv/conf/a:b/c");
}

TEST(Location, PathsAreNotPercentDecoded) { EXPECT_EQ(Parse("/data/100%25"), "file /data/100%25"); }

TEST(Location, FileUrisAreDecoded) {
  EXPECT_EQ(Parse("file:///data/a%20b/"), "file /data/a b");
  EXPECT_EQ(Parse("FILE:/data/x"), "file /data/x");
  EXPECT_EQ(Parse("file://LocalHost/data"), "file /data");
  EXPECT_EQ(Parse("file:///data/%2e%2e/etc"), "file /etc");
}

TEST(Location, FileUrisOfElsewhereAreRefused) {
  EXPECT_EQ(Parse("file://server/share"), "invalid_argument");
  EXPECT_EQ(Parse("file:relative"), "invalid_argument");
  EXPECT_EQ(Parse("file://"), "invalid_argument");
  EXPECT_EQ(Parse("file:///a%0"), "invalid_argument");
  EXPECT_EQ(Parse("file:///a%00b"), "invalid_argument");
}

TEST(Location, OtherSchemesAreKeptAsGiven) {
  EXPECT_EQ(Parse("s3://bucket//a%20b/"), "s3 s3://bucket//a%20b/");
  EXPECT_EQ(Parse("ABFSS://c@a.dfs.core.windows.net/x"),
            "abfss ABFSS://c@a.dfs.core.windows.net/x");
  EXPECT_FALSE(ParseLocation("s3://bucket/x", "/")->IsLocal());
  EXPECT_TRUE(ParseLocation("/x", "/")->IsLocal());
}

TEST(Location, NothingAndTooMuchAreRefused) {
  EXPECT_EQ(Parse(""), "invalid_argument");
  EXPECT_EQ(Parse(std::string(5000, 'x')), "invalid_argument");
  EXPECT_EQ(Parse(std::string_view("/a\0b", 4)), "invalid_argument");
}

TEST(IsWithin, CountsWholeSegments) {
  EXPECT_TRUE(IsWithin("/data/orders", "/data"));
  EXPECT_TRUE(IsWithin("/data", "/data"));
  EXPECT_TRUE(IsWithin("/data", "/"));
  EXPECT_FALSE(IsWithin("/database", "/data"));
  EXPECT_FALSE(IsWithin("/dat", "/data"));
}

}  // namespace
}  // namespace sluice::storage
