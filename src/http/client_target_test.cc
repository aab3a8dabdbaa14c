#include "http/client_target.h"

#include "base/testing.h"

namespace sluice::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ParseClientUrl, TakesAUrlApartAndLeavesThePathAsItIsSpelled) {
  const auto parsed = ParseClientUrl("HTTPS://Data.Example.com:8443/a/../b%2f%2F?sig=%3d&x");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_TRUE(parsed->is_tls);
  EXPECT_EQ(parsed->host, "data.example.com");
  EXPECT_EQ(parsed->origin, "https://data.example.com:8443");
  EXPECT_EQ(parsed->target, "/a/../b%2f%2F?sig=%3d&x");
}

TEST(ParseClientUrl, GivesAPathToAUrlThatHasNone) {
  EXPECT_EQ(ParseClientUrl("http://a")->target, "/");
  EXPECT_EQ(ParseClientUrl("http://a?list-type=2")->target, "/?list-type=2");
}

TEST(ParseClientUrl, ReadsIpv6Addresses) {
  const auto parsed = ParseClientUrl("http://[::1]:80/x");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->host, "[::1]");
  EXPECT_EQ(parsed->origin, "http://[::1]:80");
}

TEST(ParseClientUrl, RefusesWhatIsNoUrlAndRepeatsNothingOfIt) {
  for (const char* url : {"",
                          "http",
                          "http://",
                          "http:///secret",
                          "ftp://a/secret",
                          "a/secret",
                          "//a/secret",
                          "http://user:secret@a/",
                          "http://a/#secret",
                          "http://a/secret secret",
                          "http://a/secret\r\nX: y",
                          "http://a/secret\xc3\xa9",
                          "http://a:0/secret",
                          "http://a:65536/secret",
                          "http://a:x/secret",
                          "http://a:/secret",
                          "http://a\\secret/",
                          "http://[::1/secret",
                          "http://[::1]x/secret",
                          "http://a%2fsecret/",
                          "http://a:1:2/secret"}) {
    const auto parsed = ParseClientUrl(url);
    ASSERT_THAT(parsed, FailsWith(ErrorCode::kInvalidArgument)) << url;
    EXPECT_THAT(parsed.error().ToString(), Not(HasSubstr("secret"))) << url;
  }
}

}  // namespace
}  // namespace sluice::http
