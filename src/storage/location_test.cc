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

TEST(Location, BucketsHaveOneSpelling) {
  EXPECT_EQ(Parse("s3://bucket/a%20b/"), "s3 s3://bucket/a%20b");
  EXPECT_EQ(Parse("S3A://Bucket/x"), "s3 s3://Bucket/x");
  EXPECT_EQ(Parse("s3n://bucket//"), "s3 s3://bucket");
  EXPECT_EQ(Parse("gs://bucket/x"), "gs gs://bucket/x");
  EXPECT_EQ(Parse("ABFSS://c@Acc.dfs.core.windows.net/x"), "az az://c@acc/x");
  EXPECT_EQ(Parse("wasb://c@acc.blob.core.windows.net"), "az az://c@acc");
  EXPECT_EQ(Parse("abfs://c@acc.dfs.core.chinacloudapi.cn/x"),
            "az az://c@acc.core.chinacloudapi.cn/x");
  EXPECT_EQ(Parse("az://c/x"), "az az://c/x");
  EXPECT_EQ(Parse("HTTPS://Host:8443/a%20b/"), "https https://host:8443/a b");
}

TEST(Location, OtherSchemesAreKeptAsGiven) {
  EXPECT_EQ(Parse("hdfs://host//x/"), "hdfs hdfs://host//x/");
  EXPECT_FALSE(ParseLocation("hdfs://host/x", "/")->IsRemote());
  EXPECT_TRUE(ParseLocation("s3a://bucket/x", "/")->IsRemote());
  EXPECT_FALSE(ParseLocation("s3a://bucket/x", "/")->IsLocal());
  EXPECT_TRUE(ParseLocation("/x", "/")->IsLocal());
}

TEST(Location, KeysThatReadersTakeDifferentlyAreRefused) {
  for (const char* text : {"s3://", "s3:///x", "s3://bucket//x", "s3://bucket/a//b", "gs://b/../x",
                           "az://c@a/./x", "https://host/x?y=1", "https://host/%zz"}) {
    EXPECT_EQ(Parse(text), "invalid_argument") << text;
  }
}

TEST(SplitBucketPath, TellsBucketAndKey) {
  const BucketPath whole = SplitBucketPath("az://c@acc/a/b c");
  EXPECT_EQ(whole.scheme, "az");
  EXPECT_EQ(whole.bucket, "c@acc");
  EXPECT_EQ(whole.key, "a/b c");
  EXPECT_EQ(SplitBucketPath("s3://bucket").bucket, "bucket");
  EXPECT_EQ(SplitBucketPath("s3://bucket").key, "");
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
