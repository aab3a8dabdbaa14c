#include "auth/identity_providers.h"

#include <thread>

#include "auth/provider_test_support.h"
#include "base/testing.h"

namespace sluice::auth {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class IdentityProvidersTest : public testing::Test {
 protected:
  IdentityProvidersTest() { PutKey("one"); }

  void PutKey(std::string_view id) { provider_.PutKeys({RsaTestKey().PublicJwk(id)}); }
  std::string IdOf(const Result<IdentityProviders::Keys>& keys) {
    return keys.ok() ? keys.value()->keys.front().id().value_or("") : keys.error().ToString();
  }

  TestProvider provider_;
  ManualClock clock_{kTestStart};
  std::unique_ptr<http::Client> client_ = NewLoopbackClient();
  IdentityProviders providers_{*client_, clock_, {}};
};

TEST_F(IdentityProvidersTest, KeysComeByTheDiscoveryDocumentAndAreKept) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(IdOf(providers_.KeysOf(provider_.issuer())), "one");
  EXPECT_EQ(provider_.asked(), 1);
  EXPECT_EQ(provider_.asked("/.well-known/openid-configuration"), 1);
}

TEST_F(IdentityProvidersTest, AConfiguredUrlOfKeysNeedsNoDocument) {
  catalog::Issuer issuer = provider_.issuer();
  issuer.jwks_url = provider_.url("/keys");
  EXPECT_EQ(IdOf(providers_.KeysOf(issuer)), "one");
  EXPECT_EQ(provider_.asked("/.well-known/openid-configuration"), 0);
}

TEST_F(IdentityProvidersTest, AfterAnHourKeysAreFetchedWhileTheOldOnesServe) {
  ASSERT_EQ(IdOf(providers_.KeysOf(provider_.issuer())), "one");
  PutKey("two");
  clock_.Advance(hours(1));
  provider_.Hold("/keys");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(IdOf(providers_.KeysOf(provider_.issuer())), "one");
  provider_.AwaitAsked(2);
  EXPECT_EQ(IdOf(providers_.KeysOf(provider_.issuer())), "one");
  provider_.Release();
  while (IdOf(providers_.KeysOf(provider_.issuer())) == "one") std::this_thread::yield();
  EXPECT_EQ(IdOf(providers_.KeysOf(provider_.issuer())), "two");
  EXPECT_EQ(provider_.asked(), 2);
}

TEST_F(IdentityProvidersTest, ANewerSetIsFetchedOnceInTenSeconds) {
  const auto first = providers_.KeysOf(provider_.issuer()).value();
  PutKey("two");
  EXPECT_EQ(providers_.KeysNewerThan(provider_.issuer(), first).value(), first);
  clock_.Advance(seconds(10));
  EXPECT_EQ(IdOf(providers_.KeysNewerThan(provider_.issuer(), first)), "two");
  EXPECT_EQ(provider_.asked(), 2);
}

TEST_F(IdentityProvidersTest, AFailingProviderKeepsItsKeysForADay) {
  const auto first = providers_.KeysOf(provider_.issuer()).value();
  provider_.Fail();
  clock_.Advance(hours(23));
  EXPECT_EQ(providers_.KeysNewerThan(provider_.issuer(), first).value(), first);
  EXPECT_EQ(IdOf(providers_.KeysOf(provider_.issuer())), "one");
  clock_.Advance(hours(1));
  EXPECT_THAT(providers_.KeysOf(provider_.issuer()), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(IdentityProvidersTest, ASetWithoutUsableKeysIsAFailure) {
  const auto first = providers_.KeysOf(provider_.issuer()).value();
  provider_.PutKeys({json::object{{"kty", "oct"}, {"k", "c2VjcmV0"}}});
  clock_.Advance(hours(1));
  EXPECT_EQ(providers_.KeysNewerThan(provider_.issuer(), first).value(), first);
  clock_.Advance(hours(24));
  const auto none = providers_.KeysOf(provider_.issuer());
  ASSERT_THAT(none, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(none.error().detail, HasSubstr("kty"));
}

TEST_F(IdentityProvidersTest, WhatIsWrongWithAProviderIsForTheLogAlone) {
  provider_.PutDocument({{"issuer", "https://other.example.com"}});
  const auto keys = providers_.KeysOf(provider_.issuer());
  ASSERT_THAT(keys, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(keys.error().message, Not(HasSubstr("127.0.0.1")));
  EXPECT_THAT(keys.error().detail, HasSubstr("another issuer"));
  EXPECT_THAT(keys.error().detail, HasSubstr(provider_.url()));
}

TEST_F(IdentityProvidersTest, ADocumentDoesNotLeadToPlainHttpElsewhere) {
  provider_.PutDocument({{"jwks_uri", "http://id.example.com/keys"}});
  const auto keys = providers_.KeysOf(provider_.issuer());
  ASSERT_THAT(keys, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(keys.error().detail, HasSubstr("not https"));
}

TEST_F(IdentityProvidersTest, ADocumentDoesNotLeadToNetworksThatAreNotListed) {
  provider_.PutDocument({{"jwks_uri", "https://169.254.169.254/keys"}});
  const auto keys = providers_.KeysOf(provider_.issuer());
  ASSERT_THAT(keys, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(keys.error().detail, HasSubstr("permission_denied"));
}

TEST_F(IdentityProvidersTest, AnAnswerHasABoundAndIsNotARedirect) {
  provider_.Put("/keys", std::string(crypto::kMaxKeySetBytes + 1, ' '));
  EXPECT_THAT(providers_.KeysOf(provider_.issuer()), FailsWith(ErrorCode::kUnavailable));
  provider_.Put("/keys", "", 302);
  clock_.Advance(seconds(10));
  EXPECT_THAT(providers_.KeysOf(provider_.issuer()), FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(provider_.asked(), 2);
}

TEST_F(IdentityProvidersTest, ItEndsWhileAProviderKeepsItWaiting) {
  auto providers = std::make_unique<IdentityProviders>(
      *client_, clock_, IdentityProviders::Options{.timeout = hours(1)});
  ASSERT_THAT(providers->KeysOf(provider_.issuer()), IsOk());
  clock_.Advance(hours(1));
  provider_.Hold("/keys");
  ASSERT_THAT(providers->KeysOf(provider_.issuer()), IsOk());
  provider_.AwaitAsked(2);
  providers.reset();
  provider_.Release();
}

TEST_F(IdentityProvidersTest, BrowsersAreToldWhereToSignIn) {
  EXPECT_THAT(providers_.BrowserDocumentOf(provider_.issuer()), FailsWith(ErrorCode::kNotFound));
  provider_.PutDocument({{"authorization_endpoint", provider_.url("/auth")},
                         {"token_endpoint", provider_.url("/token")}});
  IdentityProviders providers(*client_, clock_, {});
  const auto document = providers.BrowserDocumentOf(provider_.issuer());
  ASSERT_THAT(document, IsOk());
  EXPECT_THAT(*document, HasSubstr(provider_.url("/auth")));
  provider_.Fail();
  EXPECT_THAT(providers.BrowserDocumentOf(provider_.issuer()), IsOk());
}

TEST_F(IdentityProvidersTest, ClientsAreToldWhereTokensAre) {
  EXPECT_THAT(providers_.TokenEndpointOf(provider_.issuer()), FailsWith(ErrorCode::kNotFound));
  provider_.PutDocument({{"token_endpoint", provider_.url("/token")}});
  IdentityProviders providers(*client_, clock_, {});
  EXPECT_THAT(providers.TokenEndpointOf(provider_.issuer()), IsOkAnd(provider_.url("/token")));
  provider_.PutDocument({{"token_endpoint", "http://id.example.com/token"}});
  IdentityProviders unsafe(*client_, clock_, {});
  EXPECT_THAT(unsafe.TokenEndpointOf(provider_.issuer()), FailsWith(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace sluice::auth
