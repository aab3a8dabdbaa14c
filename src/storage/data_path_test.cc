#include "storage/data_path.h"

#include "base/testing.h"

namespace sluice::storage {
namespace {

/// "path", "abs path" or the name of the error.
std::string Resolve(std::string_view log_path, std::string_view root = "/data/orders") {
  const Result<DataPath> path = ResolveDataPath(root, log_path);
  if (!path.ok()) return std::string(ErrorCodeName(path.error().code));
  return (path->is_absolute ? "abs " : "") + path->path;
}

TEST(DataPath, RelativePathIsDecodedExactlyOnce) {
  EXPECT_EQ(Resolve("part-0.parquet"), "part-0.parquet");
  EXPECT_EQ(Resolve("tag=a%20b/x.parquet"), "tag=a b/x.parquet");
  EXPECT_EQ(Resolve("tag=%252541/x.parquet"), "tag=%2541/x.parquet");
  EXPECT_EQ(Resolve("tag=a%252Fb/x"), "tag=a%2Fb/x");
  EXPECT_EQ(Resolve("tag=a+b/x"), "tag=a+b/x");
  EXPECT_EQ(Resolve("tag=\xc3\xa9/x"), "tag=\xc3\xa9/x");
  EXPECT_EQ(Resolve("a?b#c"), "a?b#c");
}

TEST(DataPath, IsNormalised) {
  EXPECT_EQ(Resolve("./a//b.parquet"), "a/b.parquet");
  EXPECT_EQ(Resolve("tag=../x"), "tag=../x");
  EXPECT_EQ(Resolve("...parquet"), "...parquet");
}

TEST(DataPath, AbsolutePathBelowTheRootIsRelative) {
  EXPECT_EQ(Resolve("/data/orders/a%20b"), "a b");
  EXPECT_EQ(Resolve("file:/data/orders/x"), "x");
  EXPECT_EQ(Resolve("file:///data//orders/x"), "x");
  EXPECT_EQ(Resolve("/x", "/"), "x");
}

TEST(DataPath, AbsolutePathElsewhereStaysAbsolute) {
  EXPECT_EQ(Resolve("/data/orders2/x"), "abs /data/orders2/x");
  EXPECT_EQ(Resolve("file://localhost/mnt/x"), "abs /mnt/x");
}

TEST(DataPath, EscapesAreRefused) {
  for (const char* path : {"../x", "a/../../x", "a/..", "%2e%2e/x", "a/%2E./x", "..%2fx",
                           "file:///data/orders/../x", "/data/orders/../x"}) {
    EXPECT_EQ(Resolve(path), "unsupported") << path;
  }
}

TEST(DataPath, LogIsRefused) {
  for (const char* path : {"_delta_log/0.json", "%5fdelta_log/0.json", "./_delta_log/x",
                           "/data/orders/_delta_log/x", "/elsewhere/_delta_log/x", "_delta_log"}) {
    EXPECT_EQ(Resolve(path), "unsupported") << path;
  }
  EXPECT_EQ(Resolve("_change_data/x"), "_change_data/x");
}

TEST(DataPath, WhatNamesNoFileIsCorrupt) {
  for (const char* path : {"", "/", ".", "./", "dir/", "/data/orders", "file:///data/orders/", "%",
                           "a%zz", "a%00b", "file://other/x", "file:x"}) {
    EXPECT_EQ(Resolve(path), "corrupt_data") << path;
  }
  EXPECT_EQ(Resolve(std::string(5000, 'x')), "corrupt_data");
}

TEST(DataPath, PathsOfABucketAreCanonical) {
  const char* const root = "s3://bucket/t";
  EXPECT_EQ(Resolve("p=a%20b/x", root), "p=a b/x");
  EXPECT_EQ(Resolve("s3a://bucket/t/a%20b", root), "a b");
  EXPECT_EQ(Resolve("/t/x", root), "x");
  EXPECT_EQ(Resolve("/u/x", root), "abs s3://bucket/u/x");
  EXPECT_EQ(Resolve("S3://other/t/x", root), "abs s3://other/t/x");
  EXPECT_EQ(Resolve("abfss://c@a.dfs.core.windows.net/x", "az://c@a"), "x");
  EXPECT_EQ(Resolve("s3://bucket/x", "s3://bucket"), "x");
  for (const char* path : {"s3://bucket/t/../x", "../x", "s3://bucket/t/_delta_log/0.json"}) {
    EXPECT_EQ(Resolve(path, root), "unsupported") << path;
  }
  for (const char* path : {"s3://bucket", "s3://bucket/t", "s3://bucket/t/", "s3:///x"}) {
    EXPECT_EQ(Resolve(path, root), "corrupt_data") << path;
  }
}

TEST(DataPath, FilesOfThisMachineAndOfBucketsDoNotMix) {
  EXPECT_EQ(Resolve("s3://bucket/x"), "not_implemented");
  EXPECT_EQ(Resolve("abfss:/x"), "not_implemented");
  EXPECT_EQ(Resolve("file:///x", "s3://bucket/t"), "not_implemented");
  EXPECT_EQ(Resolve("hdfs://host/x", "s3://bucket/t"), "not_implemented");
}

TEST(FullPath, JoinsRootAndPath) {
  EXPECT_EQ(FullPath("s3://b/t", {.path = "x"}), "s3://b/t/x");
  EXPECT_EQ(FullPath("/", {.path = "x"}), "/x");
  EXPECT_EQ(FullPath("/t", {.path = "/y/x", .is_absolute = true}), "/y/x");
}

}  // namespace
}  // namespace sluice::storage
