// Against a real identity provider, started by tests/interop/run_with_provider.py; without it these
// tests are skipped. Its clients and /control paths stand in tests/support/identity_provider.mjs.

#include <cstdlib>

#include "auth/federation.h"
#include "auth/provider_test_support.h"
#include "auth/token_verifier.h"
#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/hmac.h"

namespace sluice::auth {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

/// Runs with the machine's time and whatever is added to it.
class ShiftedClock final : public Clock {
 public:
  SystemTime Now() const override { return SystemClock().Now() + shift_; }
  void Advance(seconds by) { shift_ += by; }

 private:
  seconds shift_{0};
};

class RealProviderTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const url = std::getenv("SLUICE_TEST_IDENTITY_PROVIDER");
    const char* const secret = std::getenv("SLUICE_TEST_IDENTITY_PROVIDER_SECRET");
    if (url == nullptr || secret == nullptr) GTEST_SKIP() << "no identity provider";
    issuers_ = {{.id = "1", .name = "real", .url = url}};
    secret_ = secret;
  }

  std::string Ask(std::string_view path, const std::string& body) {
    http::ClientRequest request{
        .method = body.empty() && !path.starts_with("/control") ? "GET" : "POST",
        .url = issuers_.front().url + std::string(path),
        .body = body};
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    return client_->Send(request, {}).value().body;
  }
  std::string Token(std::string_view client, std::string_view resource = "") {
    std::string form =
        Format("grant_type=client_credentials&client_id={}&client_secret={}", client, secret_);
    if (!resource.empty()) form += Format("&resource={}", PercentEncode(resource));
    const json::value answer = ParseJson(Ask("/token", form)).value();
    return std::string(answer.at("access_token").as_string());
  }
  /// Signed by the provider's own key, whatever it says.
  std::string Signed(const json::object& header, const json::object& more = {}) {
    const std::int64_t now = UnixSeconds(clock_.Now());
    json::object claims = {{"iss", issuers_.front().url},
                           {"aud", "sluice"},
                           {"sub", "acme-rs256"},
                           {"iat", now},
                           {"exp", now + 600}};
    for (const auto& [name, value] : more) claims[name] = value;
    return Ask("/control/sign",
               crypto::ToText(json::object{{"header", header}, {"claims", claims}}));
  }
  std::string FirstKeyId() {
    const json::value keys = ParseJson(Ask("/jwks", "")).value();
    return std::string(keys.at("keys").at(0).at("kid").as_string());
  }

  auto Verify(std::string_view token) { return verifier_.Verify(token, issuers_); }
  std::string WhyNot(std::string_view token) {
    const auto verified = Verify(token);
    return verified.ok() ? "it is right" : verified.error().detail;
  }

  std::vector<catalog::Issuer> issuers_;
  std::string secret_;
  ShiftedClock clock_;
  std::unique_ptr<http::Client> client_ = NewLoopbackClient();
  IdentityProviders providers_{*client_, clock_, {}};
  TokenVerifier verifier_{providers_, clock_, {}};
  FederatedRecipients recipients_{
      {{.recipient = "r-acme",
        .rule = {.issuer = "real", .audience = "sluice", .claims = {{"groups", "acme"}}}},
       {.recipient = "r-umbrella",
        .rule = {.issuer = "real", .audience = "sluice", .claims = {{"sub", "umbrella-es256"}}}}}};
};

TEST_F(RealProviderTest, TokensOfEachAlgorithmNameTheirRecipient) {
  for (const char* client : {"acme-rs256", "acme-ps256", "acme-es256", "umbrella-es256"}) {
    const std::string token = Token(client);
    const auto verified = Verify(token);
    ASSERT_THAT(verified, IsOk()) << client;
    EXPECT_FALSE(verifier_.CouldBlock(token, issuers_));
    EXPECT_THAT(recipients_.Find(*verified.value()),
                IsOkAnd(std::string_view(client).starts_with("acme") ? "r-acme" : "r-umbrella"));
  }
  const auto other = Verify(Token("umbrella-rs256"));
  ASSERT_THAT(other, IsOk());
  EXPECT_THAT(recipients_.Find(*other.value()), FailsWith(ErrorCode::kUnauthenticated));
}

TEST_F(RealProviderTest, ATokenForAnotherAudienceOpensNothing) {
  const auto verified = Verify(Token("acme-rs256", "https://other.example.com"));
  ASSERT_THAT(verified, IsOk());
  EXPECT_THAT(recipients_.Find(*verified.value()), FailsWith(ErrorCode::kUnauthenticated));
}

TEST_F(RealProviderTest, RotationOfKeysIsNoticed) {
  ASSERT_THAT(Verify(Token("acme-rs256")), IsOk());
  const std::string old = Token("acme-rs256");
  clock_.Advance(seconds(11));
  Ask("/control/rotate", "");
  EXPECT_EQ(WhyNot(Token("acme-rs256")), "it is right");
  EXPECT_EQ(WhyNot(Token("acme-es256")), "it is right");
  EXPECT_EQ(WhyNot(old), "the issuer has no such key");
}

TEST_F(RealProviderTest, AFailingProviderStopsNobodyItsKeysAreKnownOf) {
  ASSERT_THAT(Verify(Token("acme-rs256")), IsOk());
  const std::string token = Token("acme-es256");
  Ask("/control/pause", "");
  clock_.Advance(seconds(3000));
  EXPECT_EQ(WhyNot(token), "it is right");
  EXPECT_EQ(WhyNot(Signed({{"alg", "RS256"}, {"kid", "other"}})), "the issuer has no such key");
  Ask("/control/resume", "");
}

TEST_F(RealProviderTest, ThePublicKeyIsNoSharedSecret) {
  const std::string keys = Ask("/jwks", "");
  const std::string token = Token("acme-rs256");
  const std::size_t payload = token.find('.');
  for (const std::string_view algorithm : {"HS256", "HS512", "none", "None"}) {
    const std::string text =
        Base64UrlEncode(Format(R"({{"alg":"{}","kid":"{}"}})", algorithm, FirstKeyId())) +
        token.substr(payload, token.rfind('.') - payload);
    const std::string mac(crypto::AsText(crypto::HmacSha256Key(keys).Mac({text})));
    for (const std::string& signature : {Base64UrlEncode(mac), std::string()}) {
      EXPECT_THAT(Verify(text + "." + signature), FailsWith(ErrorCode::kUnauthenticated));
    }
  }
}

TEST_F(RealProviderTest, OneAlgorithmsSignatureIsNotAnothers) {
  const std::string id = FirstKeyId();
  EXPECT_EQ(WhyNot(Signed({{"alg", "RS256"}, {"kid", id}})), "it is right");
  EXPECT_NE(WhyNot(Signed({{"alg", "PS256"}, {"kid", id}})), "it is right");
  EXPECT_NE(WhyNot(Signed({{"alg", "ES256"}, {"kid", id}})), "it is right");
}

TEST_F(RealProviderTest, AKeyIdIsNothingButAName) {
  EXPECT_EQ(WhyNot(Signed({{"alg", "RS256"}})), "it is right");
  for (const std::string& id :
       {std::string("../../../../dev/null"), std::string("x' UNION SELECT 'key"),
        issuers_.front().url + "/jwks", FirstKeyId() + " ", std::string(1024, 'k')}) {
    EXPECT_EQ(WhyNot(Signed({{"alg", "RS256"}, {"kid", id}})), "the issuer has no such key");
  }
  for (const json::value& id : {json::value(""), json::value(std::string(1025, 'k')),
                                json::value(nullptr), json::value(json::array{FirstKeyId()})}) {
    EXPECT_THAT(WhyNot(Signed({{"alg", "RS256"}, {"kid", id}})), HasSubstr("kid"));
  }
}

TEST_F(RealProviderTest, WhatItSaysOfItselfServesBrowsers) {
  const auto document = providers_.BrowserDocumentOf(issuers_.front());
  ASSERT_THAT(document, IsOk());
  const json::value parsed = ParseJson(*document).value();
  for (const char* name : {"authorization_endpoint", "token_endpoint", "issuer", "jwks_uri"}) {
    EXPECT_TRUE(parsed.at(name).as_string().starts_with(issuers_.front().url)) << name;
  }
  EXPECT_FALSE(parsed.as_object().contains("userinfo_endpoint"));
}

}  // namespace
}  // namespace sluice::auth
