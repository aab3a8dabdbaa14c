#include "auth/token_claims.h"

#include "base/testing.h"

namespace sluice::auth {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(TokenClaims, AreReadByTheirTypes) {
  const auto claims = ParseTokenClaims(R"({"iss":"https://id","aud":["a","b"],"exp":100.5,
    "iat":50,"sub":"acme","groups":["x","y"],"email_verified":true,"level":3,"mixed":["a",1],
    "nested":{"a":"b"},"nothing":null,"empty":[]})");
  ASSERT_THAT(claims, IsOk());
  EXPECT_EQ(claims->issuer, "https://id");
  EXPECT_THAT(claims->audiences, ElementsAre("a", "b"));
  EXPECT_EQ(claims->expires_at, SystemTime(milliseconds(100'500)));
  EXPECT_EQ(claims->issued_at, SystemTime(milliseconds(50'000)));
  EXPECT_EQ(claims->not_before, std::nullopt);
  EXPECT_TRUE(claims->Has("sub", "acme"));
  EXPECT_TRUE(claims->Has("groups", "y"));
  EXPECT_TRUE(claims->Has("email_verified", "true"));
  EXPECT_FALSE(claims->Has("sub", "Acme"));
  EXPECT_FALSE(claims->Has("Sub", "acme"));
  EXPECT_FALSE(claims->Has("groups", "x,y"));
  for (const char* name : {"level", "mixed", "nested", "nothing"}) {
    EXPECT_FALSE(claims->values.contains(name)) << name;
  }
  EXPECT_FALSE(claims->Has("empty", ""));
}

TEST(TokenClaims, ThoseThatAreNeededMustBeThere) {
  for (const auto& [payload, name] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"aud":"a","exp":1})", "iss"},
           {R"({"iss":["i"],"aud":"a","exp":1})", "iss"},
           {R"({"iss":"i","exp":1})", "aud"},
           {R"({"iss":"i","aud":[],"exp":1})", "aud"},
           {R"({"iss":"i","aud":true,"exp":1})", "aud"},
           {R"({"iss":"i","aud":["a",1],"exp":1})", "aud"},
           {R"({"iss":"i","aud":"a"})", "exp"},
           {R"({"iss":"i","aud":"a","exp":null})", "exp"},
           {R"({"iss":"i","aud":"a","exp":"1"})", "exp"},
           {R"({"iss":"i","aud":"a","exp":-1})", "exp"},
           {R"({"iss":"i","aud":"a","exp":1e300})", "exp"},
           {R"({"iss":"i","aud":"a","exp":18446744073709551615})", "exp"},
           {R"({"iss":"i","aud":"a","exp":1,"nbf":"0"})", "nbf"},
           {R"({"iss":"i","aud":"a","exp":1,"iat":[]})", "iat"}}) {
    const auto claims = ParseTokenClaims(payload);
    ASSERT_THAT(claims, FailsWith(ErrorCode::kInvalidArgument)) << payload;
    EXPECT_THAT(claims.error().message, HasSubstr(name));
  }
}

TEST(TokenClaims, AreAnObject) {
  for (const std::string_view payload :
       {"", "[]", "null", "\"text\"", "{", "eyJhbGciOiJ9.e30.c2ln"}) {
    EXPECT_THAT(ParseTokenClaims(payload), FailsWith(ErrorCode::kMalformed)) << payload;
  }
}

}  // namespace
}  // namespace sluice::auth
