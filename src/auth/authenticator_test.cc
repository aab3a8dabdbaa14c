#include "auth/authenticator.h"

#include "auth/token.h"
#include "base/testing.h"

namespace sluice::auth {
namespace {

class Authentication : public testing::Test {
 protected:
  std::string CallerOf(std::optional<std::string_view> authorization) const {
    const Result<Caller> caller = authenticator_.Authenticate(authorization);
    return caller.ok() ? caller->recipient : caller.error().message;
  }

  const Secret acme_ = GenerateToken();
  const Secret acme_second_ = GenerateToken();
  const Secret other_ = Secret("a token of the owner's own choice");
  const Authenticator authenticator_{
      {.tokens = {Know(acme_, "acme"), Know(acme_second_, "acme"), Know(other_, "other")}}};
};

TEST_F(Authentication, EveryTokenLeadsToItsRecipient) {
  EXPECT_EQ(CallerOf("Bearer " + acme_.Reveal()), "acme");
  EXPECT_EQ(CallerOf("Bearer " + acme_second_.Reveal()), "acme");
  EXPECT_EQ(CallerOf("Bearer " + other_.Reveal()), "other");
  EXPECT_EQ(authenticator_.Authenticate("Bearer " + acme_.Reveal())->credential,
            Credential::kBearerToken);
}

TEST_F(Authentication, SchemeCountsRegardlessOfCaseAndSpace) {
  EXPECT_EQ(CallerOf("bearer " + acme_.Reveal()), "acme");
  EXPECT_EQ(CallerOf("BEARER   " + acme_.Reveal() + " "), "acme");
}

TEST_F(Authentication, WithoutATokenSaysSo) {
  for (const char* header : {"", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearerx", "Token x"}) {
    EXPECT_EQ(CallerOf(header), "no bearer token was sent") << header;
  }
  EXPECT_EQ(CallerOf(std::nullopt), "no bearer token was sent");
  EXPECT_THAT(authenticator_.Authenticate(std::nullopt), FailsWith(ErrorCode::kUnauthenticated));
}

TEST_F(Authentication, WrongTokenIsNotRepeated) {
  const auto refused = authenticator_.Authenticate("Bearer planted");
  ASSERT_THAT(refused, FailsWith(ErrorCode::kUnauthenticated));
  EXPECT_EQ(refused.error().message, "the bearer token is not valid");
  EXPECT_EQ(refused.error().ToString().find("planted"), std::string::npos);
}

TEST_F(Authentication, NearlyRightIsWrong) {
  const std::string token = acme_.Reveal();
  const std::string invalid = "the bearer token is not valid";
  EXPECT_EQ(CallerOf("Bearer " + token.substr(1)), invalid);
  EXPECT_EQ(CallerOf("Bearer " + token + "x"), invalid);
  EXPECT_EQ(CallerOf("Bearer " + token + " " + token), invalid);
  EXPECT_EQ(CallerOf("Bearer " + token + std::string(100'000, 'x')), invalid);
  EXPECT_EQ(CallerOf("Bearer " + std::string(100'000, 'x')), invalid);
}

TEST(AnonymousAuthentication, TakesAnybodyAndStillKnowsItsOwn) {
  const Authenticator authenticator(
      {.tokens = {Know(Secret("t"), "acme")}, .allow_anonymous = true});
  EXPECT_EQ(authenticator.Authenticate("Bearer t")->recipient, "acme");
  // Stock clients send the token of their profile, whatever it is.
  for (const char* header : {"Bearer anything", "", "Basic x"}) {
    const auto caller = authenticator.Authenticate(header);
    ASSERT_THAT(caller, IsOk());
    EXPECT_EQ(caller->recipient, kAnonymous);
    EXPECT_EQ(caller->credential, Credential::kNone);
  }
  EXPECT_EQ(authenticator.Authenticate(std::nullopt)->recipient, kAnonymous);
}

}  // namespace
}  // namespace sluice::auth
