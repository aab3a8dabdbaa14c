#include "delta/sidecar.h"

#include "base/testing.h"

namespace sluice::delta {
namespace {

constexpr char kFolder[] = "/data/t/_delta_log";

TEST(SidecarTest, NameIsAFileOfTheFolder) {
  EXPECT_THAT(ResolveSidecar(kFolder, "a.parquet"),
              IsOkAnd("/data/t/_delta_log/_sidecars/a.parquet"));
  EXPECT_THAT(ResolveSidecar(kFolder, "sub/a.parquet"),
              IsOkAnd("/data/t/_delta_log/_sidecars/sub/a.parquet"));
}

TEST(SidecarTest, NameIsDecodedOnce) {
  EXPECT_THAT(ResolveSidecar(kFolder, "a%20b%2520.parquet"),
              IsOkAnd("/data/t/_delta_log/_sidecars/a b%20.parquet"));
}

TEST(SidecarTest, AbsolutePathsOfTheFolderAreTaken) {
  for (const char* path :
       {"/data/t/_delta_log/_sidecars/a.parquet", "file:/data/t/_delta_log/_sidecars/a.parquet",
        "file:///data/t/_delta_log/_sidecars/a.parquet"}) {
    EXPECT_THAT(ResolveSidecar(kFolder, path), IsOkAnd("/data/t/_delta_log/_sidecars/a.parquet"))
        << path;
  }
  EXPECT_THAT(ResolveSidecar("t/_delta_log", "s3://bucket/t/_delta_log/_sidecars/a.parquet"),
              IsOkAnd("t/_delta_log/_sidecars/a.parquet"));
}

TEST(SidecarTest, WhatLeadsElsewhereIsRefused) {
  for (const std::string& path :
       {std::string(""), std::string("."), std::string(".."), std::string("../a.parquet"),
        std::string("sub/../../a"), std::string("sub//a"), std::string("a/"), std::string("./a"),
        std::string("%2E%2E/a"), std::string("a%00b"), std::string("a%2"), std::string("/a"),
        std::string("/data/t/_delta_log/a.parquet"), std::string("/data/t/_delta_log/_sidecars/"),
        std::string("/data/t/_delta_log/_sidecars/../a"), std::string("file:a.parquet"),
        std::string("file:///data/u/_delta_log/_sidecars/a"), std::string("https://host"),
        std::string(5000, 'a')}) {
    EXPECT_THAT(ResolveSidecar(kFolder, path), FailsWith(ErrorCode::kCorruptData)) << path;
  }
}

}  // namespace
}  // namespace sluice::delta
