#include "auth/authenticator.h"

#include "auth/token.h"
#include "base/testing.h"

namespace sluice::auth {
namespace {

const SystemTime kNow(std::chrono::seconds(1'795'255'200));

class Authentication : public testing::Test {
 protected:
  Authentication() {
    catalog::ManagedRecipient acme{.id = "1", .name = "acme"};
    acme.tokens = {Know(acme_, "a1"), Know(acme_second_, "a2"), Know(Secret("revoked"), "a3"),
                   Know(Secret("expires"), "a4")};
    acme.tokens[1].purpose = "reporting";
    acme.tokens[2].revoked_at = kNow;
    acme.tokens[3].expires_at = kNow + std::chrono::seconds(1);
    catalog::ManagedRecipient other{.id = "2", .name = "other"};
    other.tokens = {Know(other_, "o1")};
    catalog::ManagedRecipient fenced{
        .id = "3", .name = "fenced", .allowed_networks = {"192.0.2.0/24", "2001:db8::/32"}};
    fenced.tokens = {Know(Secret("fenced"), "f1")};
    catalog::ManagedRecipient disabled{.id = "4", .name = "disabled", .enabled = false};
    disabled.tokens = {Know(Secret("disabled"), "d1")};
    catalog::OwnerSettings settings;
    settings.principals = {{.id = "p1",
                            .name = "root",
                            .role = catalog::Role::kAdmin,
                            .tokens = {Know(Secret("root"), "r1")}}};
    catalog_.Replace(catalog::View::Of(
        {.recipients = {catalog::MakeRecipient(acme), catalog::MakeRecipient(other),
                        catalog::MakeRecipient(fenced), catalog::MakeRecipient(disabled)},
         .settings = std::make_shared<const catalog::OwnerSettings>(settings)}));
  }

  static http::Request RequestWith(std::optional<std::string> authorization,
                                   std::string peer = "198.51.100.7") {
    http::Request request;
    request.peer_address = std::move(peer);
    request.request_id = "r-1";
    request.headers.Add("User-Agent", "pandas");
    if (authorization) request.headers.Add("Authorization", *authorization);
    return request;
  }
  std::string CallerOf(std::optional<std::string> authorization,
                       std::string peer = "198.51.100.7") const {
    const auto caller =
        authenticator_.Recipient(RequestWith(std::move(authorization), std::move(peer)));
    return caller.ok() ? caller->recipient : caller.error().message;
  }

  const Secret acme_ = GenerateToken();
  const Secret acme_second_ = GenerateToken();
  const Secret other_ = Secret("a token of the owner's own choice");
  ManualClock clock_{kNow};
  catalog::Catalog catalog_{catalog::View::Of({})};
  Authenticator authenticator_{catalog_, clock_};
  const std::string invalid_ = "the bearer token is not valid";
};

TEST_F(Authentication, EveryTokenLeadsToItsRecipient) {
  EXPECT_EQ(CallerOf("Bearer " + acme_.Reveal()), "acme");
  EXPECT_EQ(CallerOf("Bearer " + acme_second_.Reveal()), "acme");
  EXPECT_EQ(CallerOf("Bearer " + other_.Reveal()), "other");
}

TEST_F(Authentication, CallerSaysWhoWithWhatAndFromWhere) {
  const auto caller = authenticator_.Recipient(RequestWith("Bearer " + acme_second_.Reveal()));
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ(caller->recipient_id, "1");
  EXPECT_EQ(caller->token_id, "a2");
  EXPECT_EQ(caller->credential, Credential::kBearerToken);
  EXPECT_EQ(caller->purpose, "reporting");
  EXPECT_EQ(caller->peer, "198.51.100.7");
  EXPECT_EQ(caller->agent, "pandas");
  EXPECT_EQ(caller->request_id, "r-1");
}

TEST_F(Authentication, PurposeOfTheRequestGoesBeforeThatOfTheToken) {
  http::Request request = RequestWith("Bearer " + acme_second_.Reveal());
  request.headers.Add(std::string(kPurposeHeader), "audit 2026" + std::string(10'000, 'x'));
  const auto caller = authenticator_.Recipient(request);
  EXPECT_TRUE(caller->purpose.starts_with("audit 2026x"));
  EXPECT_EQ(caller->purpose.size(), kMaxPurposeBytes);
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
  EXPECT_THAT(authenticator_.Recipient(RequestWith(std::nullopt)),
              FailsWith(ErrorCode::kUnauthenticated));
}

TEST_F(Authentication, UnknownRevokedExpiredAndDisabledLookAlike) {
  EXPECT_EQ(CallerOf("Bearer planted"), invalid_);
  EXPECT_EQ(CallerOf("Bearer revoked"), invalid_);
  EXPECT_EQ(CallerOf("Bearer disabled"), invalid_);
  EXPECT_EQ(CallerOf("Bearer expires"), "acme");
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(CallerOf("Bearer expires"), invalid_);
}

TEST_F(Authentication, WrongTokenIsNotRepeated) {
  const auto refused = authenticator_.Recipient(RequestWith("Bearer planted"));
  ASSERT_THAT(refused, FailsWith(ErrorCode::kUnauthenticated));
  EXPECT_EQ(refused.error().ToString().find("planted"), std::string::npos);
}

TEST_F(Authentication, NearlyRightIsWrong) {
  const std::string token = acme_.Reveal();
  EXPECT_EQ(CallerOf("Bearer " + token.substr(1)), invalid_);
  EXPECT_EQ(CallerOf("Bearer " + token + "x"), invalid_);
  EXPECT_EQ(CallerOf("Bearer " + token + " " + token), invalid_);
  EXPECT_EQ(CallerOf("Bearer " + token + std::string(100'000, 'x')), invalid_);
  EXPECT_EQ(CallerOf("Bearer " + std::string(100'000, 'x')), invalid_);
}

TEST_F(Authentication, RecipientsCallFromTheirNetworksOnly) {
  for (const char* peer : {"192.0.2.77", "2001:db8::1", "::ffff:192.0.2.1"}) {
    EXPECT_EQ(CallerOf("Bearer fenced", peer), "fenced") << peer;
  }
  for (const char* peer : {"192.0.3.1", "2001:db9::1", "unix", ""}) {
    EXPECT_EQ(CallerOf("Bearer fenced", peer), "requests from this address are not allowed")
        << peer;
  }
}

TEST_F(Authentication, PrincipalsAreNoRecipientsAndTheOtherWayRound) {
  const auto owner = authenticator_.Principal(RequestWith("Bearer root"));
  ASSERT_THAT(owner, IsOk());
  EXPECT_EQ(owner->recipient, "root");
  EXPECT_EQ(owner->role, catalog::Role::kAdmin);
  EXPECT_EQ(CallerOf("Bearer root"), invalid_);
  EXPECT_THAT(authenticator_.Principal(RequestWith("Bearer " + acme_.Reveal())),
              FailsWith(ErrorCode::kUnauthenticated));
}

TEST_F(Authentication, AViewThatIsTooOldLetsNobodyIn) {
  catalog_.UseUntil(kNow);
  EXPECT_THAT(authenticator_.Recipient(RequestWith("Bearer " + acme_.Reveal())),
              FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(authenticator_.Principal(RequestWith("Bearer root")),
              FailsWith(ErrorCode::kUnavailable));
}

TEST_F(Authentication, AnonymousTakesAnybodyAndStillKnowsItsOwn) {
  authenticator_.AllowAnonymous(true);
  EXPECT_EQ(CallerOf("Bearer " + other_.Reveal()), "other");
  // Stock clients send the token of their profile, whatever it is.
  for (const char* header : {"Bearer anything", "", "Basic x"}) {
    const auto caller = authenticator_.Recipient(RequestWith(header));
    ASSERT_THAT(caller, IsOk());
    EXPECT_EQ(caller->recipient, kAnonymous);
    EXPECT_EQ(caller->credential, Credential::kNone);
  }
  EXPECT_EQ(CallerOf(std::nullopt), kAnonymous);
  EXPECT_EQ(CallerOf("Bearer fenced"), "requests from this address are not allowed");
}

}  // namespace
}  // namespace sluice::auth
