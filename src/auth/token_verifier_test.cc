#include "auth/token_verifier.h"

#include "auth/provider_test_support.h"
#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/hmac.h"

namespace sluice::auth {
namespace {

using crypto::SignatureAlgorithm;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::string_view kHeader = R"({"alg":"RS256","kid":"one","typ":"at+jwt"})";

class TokenVerifierTest : public testing::Test {
 protected:
  TokenVerifierTest() { provider_.PutKeys({RsaTestKey().PublicJwk("one")}); }

  /// Good for an hour from now, but for what `more` says; null takes a claim away.
  json::object Claims(const json::object& more = {}) const {
    json::object claims = {{"iss", provider_.url()},
                           {"aud", "sluice"},
                           {"sub", "acme"},
                           {"iat", UnixSeconds(clock_.Now())},
                           {"exp", UnixSeconds(clock_.Now()) + 3600}};
    for (const auto& [name, value] : more) {
      claims[name] = value;
      if (value.is_null()) claims.erase(name);
    }
    return claims;
  }
  std::string Token(const json::object& more = {}, std::string_view header = kHeader,
                    const crypto::TestSigningKey& key = RsaTestKey()) const {
    return key.SignToken(SignatureAlgorithm::kRs256, header, crypto::ToText(Claims(more)));
  }
  auto Verify(std::string_view token) { return verifier_.Verify(token, issuers_); }
  bool CouldBlock(std::string_view token) const { return verifier_.CouldBlock(token, issuers_); }
  /// Every refusal has one message; gives its detail.
  std::string WhyNot(std::string_view token) {
    const auto verified = Verify(token);
    if (verified.ok()) return "it is right";
    EXPECT_EQ(verified.error().code, ErrorCode::kUnauthenticated);
    EXPECT_EQ(verified.error().message, "the bearer token is not valid");
    return verified.error().detail;
  }
  std::int64_t SecondsFromNow(std::int64_t count) const {
    return UnixSeconds(clock_.Now()) + count;
  }

  TestProvider provider_;
  ManualClock clock_{kTestStart};
  std::unique_ptr<http::Client> client_ = NewLoopbackClient();
  IdentityProviders providers_{*client_, clock_, {}};
  TokenVerifier verifier_{providers_, clock_, {.max_kept = 8}};
  std::vector<catalog::Issuer> issuers_ = {
      {.id = "2", .name = "other", .url = "https://other.example.com"}, provider_.issuer()};
};

TEST_F(TokenVerifierTest, ARightTokenTellsItsClaims) {
  const auto token = Verify(Token());
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token.value()->issuer.name, "test");
  EXPECT_TRUE(token.value()->claims.Has("sub", "acme"));
}

TEST_F(TokenVerifierTest, AKnownTokenTakesNoKeyAndNoRequest) {
  const std::string token = Token();
  EXPECT_TRUE(CouldBlock(token));
  ASSERT_THAT(Verify(token), IsOk());
  provider_.Fail();
  provider_.Hold("/keys");
  EXPECT_FALSE(CouldBlock(token));
  EXPECT_THAT(Verify(token), IsOk());
  EXPECT_EQ(Verify(token).value(), Verify(token).value());
  EXPECT_EQ(provider_.asked(), 1);
  provider_.Release();
}

TEST_F(TokenVerifierTest, WhatIsNoSuchTokenDoesNotBlock) {
  EXPECT_FALSE(CouldBlock("sluice_abc"));
  EXPECT_FALSE(CouldBlock(""));
  EXPECT_FALSE(CouldBlock("a.b." + std::string(crypto::kMaxJwsBytes, 'c')));
}

TEST_F(TokenVerifierTest, AKnownTokenEndsWhenItExpires) {
  const std::string token = Token({{"exp", SecondsFromNow(600)}});
  ASSERT_THAT(Verify(token), IsOk());
  clock_.Advance(minutes(10));
  EXPECT_TRUE(CouldBlock(token));
  EXPECT_EQ(WhyNot(token), "it is right");  // within the leeway, but checked anew
  clock_.Advance(seconds(60));
  EXPECT_EQ(WhyNot(token), "it has expired");
}

TEST_F(TokenVerifierTest, AKnownTokenIsCheckedAgainAfterAnHour) {
  const std::string token = Token({{"exp", SecondsFromNow(36'000)}});
  ASSERT_THAT(Verify(token), IsOk());
  clock_.Advance(hours(1) - seconds(1));
  EXPECT_FALSE(CouldBlock(token));
  clock_.Advance(seconds(1));
  EXPECT_TRUE(CouldBlock(token));
}

TEST_F(TokenVerifierTest, AKnownTokenEndsWithTheRegistrationOfItsIssuer) {
  const std::string token = Token();
  ASSERT_THAT(Verify(token), IsOk());
  const catalog::Issuer issuer = issuers_.back();
  issuers_.back().jwks_url = provider_.url("/other-keys");
  EXPECT_TRUE(CouldBlock(token));
  EXPECT_THAT(Verify(token), FailsWith(ErrorCode::kUnavailable));
  issuers_.pop_back();
  EXPECT_THAT(WhyNot(token), HasSubstr("not registered"));
  issuers_.push_back(issuer);
  EXPECT_THAT(Verify(token), IsOk());
}

TEST_F(TokenVerifierTest, KeepsABoundedNumber) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 9; ++i) {
    tokens.push_back(Token({{"jti", std::to_string(i)}}));
    ASSERT_THAT(Verify(tokens.back()), IsOk());
  }
  EXPECT_TRUE(CouldBlock(tokens.front()));
  EXPECT_FALSE(CouldBlock(tokens.back()));
  EXPECT_THAT(Verify(tokens.front()), IsOk());
}

TEST_F(TokenVerifierTest, TimesHaveALeewayOfAMinute) {
  const auto why_not = [&](const json::object& more) { return WhyNot(Token(more)); };
  EXPECT_EQ(why_not({{"exp", SecondsFromNow(-59)}, {"iat", nullptr}}), "it is right");
  EXPECT_EQ(why_not({{"exp", SecondsFromNow(-60)}, {"iat", nullptr}}), "it has expired");
  EXPECT_EQ(why_not({{"nbf", SecondsFromNow(60)}}), "it is right");
  EXPECT_EQ(why_not({{"nbf", SecondsFromNow(61)}}), "its time has not come");
  EXPECT_EQ(why_not({{"iat", SecondsFromNow(60)}}), "it is right");
  EXPECT_EQ(why_not({{"iat", SecondsFromNow(61)}}), "it was issued in the future");
}

TEST_F(TokenVerifierTest, ATokenThatLastsTooLongIsRefused) {
  EXPECT_EQ(WhyNot(Token({{"exp", SecondsFromNow(86'400)}})), "it is right");
  EXPECT_EQ(WhyNot(Token({{"exp", SecondsFromNow(86'461)}})), "it lasts longer than tokens may");
  EXPECT_EQ(WhyNot(Token({{"iat", nullptr}, {"exp", SecondsFromNow(86'461)}})),
            "it lasts longer than tokens may");
  EXPECT_EQ(WhyNot(Token({{"exp", 253'402'300'799}})), "it lasts longer than tokens may");
}

TEST_F(TokenVerifierTest, AnIssuerIsMatchedToTheLetter) {
  for (const std::string& issuer : {provider_.url("/"), AsciiLower(provider_.url()) + " ",
                                    std::string(), std::string("test"), std::string("1")}) {
    EXPECT_THAT(WhyNot(Token({{"iss", issuer}})), HasSubstr("not registered"));
  }
  EXPECT_EQ(provider_.asked(), 0);
}

TEST_F(TokenVerifierTest, ATokenOfOneIssuerIsNotSignedByAnother) {
  TestProvider other;
  other.PutKeys({OtherRsaTestKey().PublicJwk("one")});
  issuers_.push_back({.id = "3", .name = "third", .url = other.url()});
  EXPECT_EQ(WhyNot(Token({{"iss", other.url()}})), "the signature is wrong");
  EXPECT_EQ(WhyNot(Token({{"iss", other.url()}}, kHeader, OtherRsaTestKey())), "it is right");
}

TEST_F(TokenVerifierTest, ClaimsThatAreMissingAreNamedForTheLog) {
  for (const std::string_view name : {"iss", "aud", "exp"}) {
    EXPECT_THAT(WhyNot(Token({{name, nullptr}})), HasSubstr(name));
  }
}

TEST_F(TokenVerifierTest, ATokenOfAnotherKindIsRefused) {
  for (const std::string_view type : {"logout+jwt", "secevent+jwt", "dpop+jwt", "JWE", "jose"}) {
    EXPECT_THAT(WhyNot(Token({}, Format(R"({{"alg":"RS256","kid":"one","typ":"{}"}})", type))),
                HasSubstr("typ"));
  }
  for (const std::string_view type : {"JWT", "jwt", "at+jwt", "application/at+jwt"}) {
    EXPECT_EQ(WhyNot(Token({}, Format(R"({{"alg":"RS256","kid":"one","typ":"{}"}})", type))),
              "it is right");
  }
}

TEST_F(TokenVerifierTest, AnAlteredTokenIsRefused) {
  const std::string token = Token();
  const std::size_t payload = token.find('.') + 1;
  const std::size_t signature = token.rfind('.') + 1;
  const std::string forged = token.substr(0, payload) +
                             Base64UrlEncode(crypto::ToText(Claims({{"sub", "admin"}}))) +
                             token.substr(signature - 1);
  EXPECT_EQ(WhyNot(forged), "the signature is wrong");
  EXPECT_NE(WhyNot(token.substr(0, signature)), "it is right");
  EXPECT_NE(WhyNot(token + "A"), "it is right");
  EXPECT_EQ(WhyNot(token), "it is right");
}

TEST_F(TokenVerifierTest, ThePublicKeyIsNoSharedSecret) {
  const std::string key_text = crypto::ToText(RsaTestKey().PublicJwk("one"));
  const std::string text = Base64UrlEncode(R"({"alg":"HS256","kid":"one"})") + "." +
                           Base64UrlEncode(crypto::ToText(Claims()));
  const auto mac = crypto::HmacSha256Key(key_text).Mac({text});
  EXPECT_THAT(WhyNot(text + "." + Base64UrlEncode(crypto::AsText(mac))), HasSubstr("HS"));
  EXPECT_THAT(WhyNot(Base64UrlEncode(R"({"alg":"none"})") + "." +
                     Base64UrlEncode(crypto::ToText(Claims())) + "."),
              HasSubstr("none"));
}

TEST_F(TokenVerifierTest, AKeyIdIsNothingButAName) {
  for (const std::string& id :
       {std::string("../../../../dev/null"), std::string("' OR '1'='1"),
        std::string("http://127.0.0.1/keys"), std::string("ONE"), std::string("one "),
        std::string("\\u0000"), std::string(1024, 'k')}) {
    EXPECT_EQ(WhyNot(Token({}, Format(R"({{"alg":"RS256","kid":"{}"}})", id))),
              "the issuer has no such key");
  }
  for (const std::string& id : {std::string(), std::string(1025, 'k')}) {
    EXPECT_THAT(WhyNot(Token({}, Format(R"({{"alg":"RS256","kid":"{}"}})", id))), HasSubstr("kid"));
  }
  EXPECT_EQ(provider_.asked(), 1);
}

TEST_F(TokenVerifierTest, UnknownKeysAreAskedForOnceInTenSeconds) {
  ASSERT_THAT(Verify(Token()), IsOk());
  clock_.Advance(seconds(10));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(WhyNot(Token({}, Format(R"({{"alg":"RS256","kid":"{}"}})", i))),
              "the issuer has no such key");
  }
  EXPECT_EQ(provider_.asked(), 2);
}

TEST_F(TokenVerifierTest, ANewKeyIsFoundAtOnceAndAnOldOneForgotten) {
  ASSERT_THAT(Verify(Token()), IsOk());
  provider_.PutKeys({OtherRsaTestKey().PublicJwk("two")});
  clock_.Advance(seconds(10));
  const std::string rotated = Token({}, R"({"alg":"RS256","kid":"two"})", OtherRsaTestKey());
  EXPECT_EQ(WhyNot(rotated), "it is right");
  EXPECT_EQ(WhyNot(Token({{"jti", "2"}})), "the issuer has no such key");
}

TEST_F(TokenVerifierTest, WithoutAKeyIdTheKeysThatFitAreTried) {
  const std::string token = Token({}, R"({"alg":"RS256"})", OtherRsaTestKey());
  json::array keys = {crypto::TestSigningKey::P256().PublicJwk("elliptic"),
                      RsaTestKey().PublicJwk("one")};
  provider_.PutKeys(keys);
  EXPECT_EQ(WhyNot(token), "the signature is wrong");
  keys.push_back(OtherRsaTestKey().PublicJwk());
  provider_.PutKeys(keys);
  clock_.Advance(seconds(10));
  EXPECT_EQ(WhyNot(token), "it is right");
}

TEST_F(TokenVerifierTest, NotMoreThanEightKeysAreTried) {
  json::array keys;
  for (int i = 0; i < 8; ++i) keys.push_back(RsaTestKey().PublicJwk());
  keys.push_back(OtherRsaTestKey().PublicJwk());
  provider_.PutKeys(keys);
  EXPECT_EQ(WhyNot(Token({}, R"({"alg":"RS256"})", OtherRsaTestKey())), "the signature is wrong");
}

TEST_F(TokenVerifierTest, AKeyThatIsForAnotherAlgorithmDoesNotVerify) {
  json::object key = RsaTestKey().PublicJwk("one");
  key["alg"] = "PS256";
  provider_.PutKeys({key});
  EXPECT_EQ(WhyNot(Token()), "the issuer has no such key");
  const std::string pss = RsaTestKey().SignToken(
      SignatureAlgorithm::kPs256, R"({"alg":"PS256","kid":"one"})", crypto::ToText(Claims()));
  EXPECT_EQ(WhyNot(pss), "it is right");
}

TEST_F(TokenVerifierTest, WithoutAnyKeysTheCallerIsToldToTryAgain) {
  provider_.Fail();
  EXPECT_THAT(Verify(Token()), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::auth
