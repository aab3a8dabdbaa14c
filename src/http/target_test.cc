#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ParseTarget, SplitsPathAndQuery) {
  const Target target = ParseTarget("/a%20b?x=1&y=%C3%BC+z&flag&&e=").value();
  EXPECT_EQ(target.path, "/a%20b");
  EXPECT_THAT(target.query,
              ElementsAre(Pair("x", "1"), Pair("y", "ü z"), Pair("flag", ""), Pair("e", "")));
}

TEST(ParseTarget, AnEncodedSeparatorSeparatesNothing) {
  const Target target = ParseTarget("/?a%26b=c%3Dd%2B").value();
  EXPECT_THAT(target.query, ElementsAre(Pair("a&b", "c=d+")));
}

TEST(ParseTarget, TakesTheAbsoluteForm) {
  EXPECT_EQ(ParseTarget("http://example.com/shares?x").value().path, "/shares");
  EXPECT_EQ(ParseTarget("HTTPS://example.com:1/").value().path, "/");
  EXPECT_EQ(ParseTarget("http://example.com").value().path, "/");
}

TEST(ParseTarget, TakesTheAsterisk) { EXPECT_EQ(ParseTarget("*").value().path, "*"); }

TEST(ParseTarget, RefusesEverythingElse) {
  for (const char* text : {"", "shares", "example.com:443", "ftp://example.com/", "/a#b", "/?%zz",
                           "/?a=%2", "http://example.com?a"}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
}

TEST(ParseTarget, BoundsTheNumberOfParameters) {
  std::string text = "/?";
  for (std::size_t i = 0; i < kMaxQueryParameters; ++i) text += "a&";
  EXPECT_TRUE(ParseTarget(text).ok());
  EXPECT_FALSE(ParseTarget(text + "a").ok());
}

}  // namespace
}  // namespace sluice::http
