#include "auth/federation.h"

#include <algorithm>
#include <cctype>

#include "base/testing.h"

namespace sluice::auth {
namespace {

using testing::HasSubstr;

VerifiedToken Token(std::map<std::string, std::vector<std::string>, std::less<>> values,
                    const std::string& issuer = "corp") {
  values["iss"] = {"https://id.example.com"};
  values["aud"] = {"sluice", "other"};
  return {.issuer = {.name = issuer},
          .claims = {.audiences = {"sluice", "other"}, .values = std::move(values)}};
}

catalog::FederationRule Rule(std::map<std::string, std::string> claims) {
  return {.issuer = "corp", .audience = "sluice", .claims = std::move(claims)};
}

TEST(FederationRule, AClientHasAnIdAndATokenEndpointThatIsSafe) {
  catalog::FederationRule rule = Rule({{"sub", "acme"}});
  EXPECT_THAT(CheckFederatedClient(rule), IsOk());
  rule.scope = "read";
  EXPECT_THAT(CheckFederatedClient(rule), FailsWith(ErrorCode::kInvalidArgument));
  rule.client_id = "acme";
  EXPECT_THAT(CheckFederatedClient(rule), IsOk());
  for (const char* const url : {"https://id.example.com/token", "http://127.0.0.1:1/token"}) {
    rule.token_endpoint = url;
    EXPECT_THAT(CheckFederatedClient(rule), IsOk()) << url;
  }
  for (const std::string& url : {std::string("http://id.example.com/token"), std::string("token"),
                                 "https://a/" + std::string(1024, 'a')}) {
    rule.token_endpoint = url;
    EXPECT_THAT(CheckFederatedClient(rule), FailsWith(ErrorCode::kInvalidArgument)) << url;
  }
  rule.token_endpoint.clear();
  rule.client_id = std::string(1025, 'a');
  EXPECT_THAT(CheckFederatedClient(rule), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(FederationRule, MustNameAnIssuerAnAudienceAndATellingClaim) {
  EXPECT_THAT(CheckFederationRule(Rule({{"sub", "acme"}})), IsOk());
  EXPECT_THAT(CheckFederationRule(Rule({{"azp", "app"}, {"iss", "x"}})), IsOk());
  catalog::FederationRule rule = Rule({{"sub", "acme"}});
  rule.audience.clear();
  EXPECT_THAT(CheckFederationRule(rule), FailsWith(ErrorCode::kInvalidArgument));
  rule = Rule({{"sub", "acme"}});
  rule.issuer.clear();
  EXPECT_THAT(CheckFederationRule(rule), FailsWith(ErrorCode::kInvalidArgument));
  for (const auto& claims : std::vector<std::map<std::string, std::string>>{
           {},
           {{"aud", "sluice"}},
           {{"iss", "https://id.example.com"}, {"aud", "sluice"}},
           {{"sub", ""}},
           {{"", "acme"}},
           {{"sub", std::string(1025, 'a')}}}) {
    EXPECT_THAT(CheckFederationRule(Rule(claims)), FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_FALSE(MatchesFederationRule(Rule(claims), Token({{"sub", {""}}})));
  }
  std::map<std::string, std::string> many;
  for (int i = 0; i < 21; ++i) many[std::to_string(i)] = "x";
  EXPECT_THAT(CheckFederationRule(Rule(many)), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(FederationRule, FitsIfAllOfItDoes) {
  const VerifiedToken token = Token({{"sub", {"acme"}}, {"groups", {"readers", "finance"}}});
  EXPECT_TRUE(MatchesFederationRule(Rule({{"sub", "acme"}}), token));
  EXPECT_TRUE(MatchesFederationRule(Rule({{"sub", "acme"}, {"groups", "finance"}}), token));
  EXPECT_FALSE(MatchesFederationRule(Rule({{"sub", "acme"}, {"groups", "admins"}}), token));
  EXPECT_FALSE(MatchesFederationRule(Rule({{"sub", "ACME"}}), token));
  EXPECT_FALSE(MatchesFederationRule(Rule({{"sub", "acme"}, {"azp", "app"}}), token));
  catalog::FederationRule rule = Rule({{"sub", "acme"}});
  rule.audience = "third";
  EXPECT_FALSE(MatchesFederationRule(rule, token));
  rule = Rule({{"sub", "acme"}});
  rule.issuer = "another";
  EXPECT_FALSE(MatchesFederationRule(rule, token));
}

TEST(FederatedRecipients, AreFoundByTheirRules) {
  std::vector<FederatedRecipients::Member> members;
  for (int i = 0; i < 1000; ++i) {
    members.push_back({.recipient = Format("r{}", i), .rule = Rule({{"sub", Format("s{}", i)}})});
  }
  members.push_back({.recipient = "finance", .rule = Rule({{"groups", "finance"}})});
  members.push_back({.recipient = "everybody", .rule = Rule({})});
  const FederatedRecipients recipients(std::move(members));
  EXPECT_THAT(recipients.Find(Token({{"sub", {"s7"}}})), IsOkAnd("r7"));
  EXPECT_THAT(recipients.Find(Token({{"groups", {"a", "finance", "b"}}})), IsOkAnd("finance"));
  for (const VerifiedToken& token :
       {Token({}), Token({{"sub", {"s1000"}}}), Token({{"sub", {"s7"}}}, "another")}) {
    const auto found = recipients.Find(token);
    ASSERT_THAT(found, FailsWith(ErrorCode::kUnauthenticated));
    EXPECT_EQ(found.error().message, "the bearer token is not valid");
  }
}

TEST(FederatedRecipients, AreFoundHoweverTheirIssuerIsSpelled) {
  catalog::FederationRule rule = Rule({{"sub", "acme"}});
  std::ranges::transform(rule.issuer, rule.issuer.begin(), ::toupper);
  const VerifiedToken token = Token({{"sub", {"acme"}}});
  ASSERT_NE(rule.issuer, token.issuer.name);
  EXPECT_TRUE(MatchesFederationRule(rule, token));
  const FederatedRecipients recipients({{.recipient = "acme", .rule = rule}});
  EXPECT_THAT(recipients.Find(token), IsOkAnd(std::string("acme")));
}

TEST(FederatedRecipients, ATokenThatFitsTwoOpensNeither) {
  const FederatedRecipients recipients({{.recipient = "a", .rule = Rule({{"sub", "acme"}})},
                                        {.recipient = "b", .rule = Rule({{"groups", "x"}})}});
  EXPECT_THAT(recipients.Find(Token({{"sub", {"acme"}}})), IsOkAnd("a"));
  const auto both = recipients.Find(Token({{"sub", {"acme"}}, {"groups", {"x", "x"}}}));
  ASSERT_THAT(both, FailsWith(ErrorCode::kUnauthenticated));
  EXPECT_THAT(both.error().detail, HasSubstr("both fit"));
  EXPECT_THAT(recipients.Find(Token({{"groups", {"x", "x"}}})), IsOkAnd("b"));
}

}  // namespace
}  // namespace sluice::auth
