#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

class RouterTest : public testing::Test {
 protected:
  Router router_{{
      {"GET", "/p/shares"},
      {"GET", "/p/shares/{share}"},
      {"GET", "/p/shares/mine"},
      {"GET", "/p/shares/{share}/schemas/{schema}/tables"},
      {"POST", "/p/shares/{share}/schemas/{schema}/tables"},
      {"GET", "/files/{key}/{path...}"},
  }};
  Router::Miss miss_;
};

TEST_F(RouterTest, FindsLiteralPaths) {
  const auto match = router_.Find("GET", "/p/shares", miss_);
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->index, 0u);
  EXPECT_TRUE(match->parameters.empty());
}

TEST_F(RouterTest, ALiteralBeatsAParameterWhateverTheOrder) {
  EXPECT_EQ(router_.Find("GET", "/p/shares/mine", miss_)->index, 2u);
  EXPECT_EQ(router_.Find("GET", "/p/shares/yours", miss_)->index, 1u);
}

TEST_F(RouterTest, ParametersAreDecodedAfterSplitting) {
  const auto match = router_.Find("POST", "/p/shares/a%2Fb/schemas/%C3%BC+/tables", miss_);
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->index, 4u);
  EXPECT_THAT(match->parameters, ElementsAre(Pair("share", "a/b"), Pair("schema", "ü+")));
}

TEST_F(RouterTest, AParameterIsNeverEmpty) {
  EXPECT_FALSE(router_.Find("GET", "/p/shares/", miss_).has_value());
  EXPECT_EQ(miss_.error.code, ErrorCode::kNotFound);
  EXPECT_FALSE(router_.Find("GET", "/p/shares//schemas/x/tables", miss_).has_value());
}

TEST_F(RouterTest, AnotherMethodIsToldWhichAreAllowed) {
  EXPECT_FALSE(router_.Find("PUT", "/p/shares/s/schemas/x/tables", miss_).has_value());
  EXPECT_THAT(miss_.allowed_methods, ElementsAre("GET", "POST"));
  EXPECT_EQ(miss_.error.code, ErrorCode::kInvalidArgument);
}

TEST_F(RouterTest, UnknownPathsAreNotFound) {
  for (const char* path : {"/", "/p", "/p/share", "/p/shares/a/b", "*", "", "p/shares"}) {
    EXPECT_FALSE(router_.Find("GET", path, miss_).has_value()) << path;
    EXPECT_EQ(miss_.error.code, ErrorCode::kNotFound) << path;
    EXPECT_TRUE(miss_.allowed_methods.empty()) << path;
  }
}

TEST_F(RouterTest, BrokenPercentEncodingIsMalformed) {
  EXPECT_FALSE(router_.Find("GET", "/p/shares/%zz", miss_).has_value());
  EXPECT_EQ(miss_.error.code, ErrorCode::kMalformed);
}

TEST_F(RouterTest, TheRestIsDecodedSegmentBySegment) {
  const auto match = router_.Find("GET", "/files/k/a%20b/c%2525.parquet", miss_);
  ASSERT_TRUE(match.has_value());
  EXPECT_THAT(match->parameters, ElementsAre(Pair("key", "k"), Pair("path", "a b/c%25.parquet")));
}

TEST_F(RouterTest, TheRestNeverClimbs) {
  for (const char* path :
       {"/files/k/..", "/files/k/a/../b", "/files/k/%2e%2e/b", "/files/k/.%2E", "/files/k/a%2Fb",
        "/files/k/a//b", "/files/k/./a", "/files/k/", "/files/k/a/", "/files/k/a%00b"}) {
    EXPECT_FALSE(router_.Find("GET", path, miss_).has_value()) << path;
    EXPECT_EQ(miss_.error.code, ErrorCode::kNotFound) << path;
  }
}

}  // namespace
}  // namespace sluice::http
