#include "admin/service.h"

#include "admin/handlers.h"
#include "admin/testing.h"
#include "auth/token.h"

namespace sluice::admin {
namespace {

using auth::Caller;
using catalog::Role;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(AdminTest, AShareIsSeenByItsRecipientsAsSoonAsTheCallReturns) {
  ASSERT_THAT(CreateShare("sales"), IsOk());
  ASSERT_THAT(service_.AddEntry(admin_, "SALES", TableAt("orders", "/data/orders")), IsOk());
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  EXPECT_THAT(SharesOf("acme"), IsEmpty());
  ASSERT_THAT(service_.GrantShare(admin_, {.share = "sales", .recipient = "acme"}), IsOk());
  EXPECT_THAT(SharesOf("acme"), ElementsAre("sales"));
  const auto table = catalog_.Current()
                         ->SeenBy("acme", kNow)
                         .FindTable({protocol::ShareName("sales"), protocol::SchemaName("retail"),
                                     protocol::TableName("orders")});
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->table->location, "/data/orders");
  ASSERT_THAT(service_.RevokeShare(admin_, {.share = "sales", .recipient = "acme"}), IsOk());
  EXPECT_THAT(SharesOf("acme"), IsEmpty());
}

TEST_F(AdminTest, GrantsEndWhenTheirTimeIsOver) {
  ASSERT_THAT(CreateShare("sales"), IsOk());
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  ASSERT_THAT(service_.GrantShare(admin_, {.share = "sales",
                                           .recipient = "acme",
                                           .expires_at = kNow + std::chrono::hours(1)}),
              IsOk());
  EXPECT_THAT(SharesOf("acme"), ElementsAre("sales"));
  clock_.Advance(std::chrono::hours(1));
  EXPECT_THAT(SharesOf("acme"), IsEmpty());
}

TEST_F(AdminTest, NamesAreTakenRegardlessOfCase) {
  ASSERT_THAT(CreateShare("sales"), IsOk());
  EXPECT_THAT(CreateShare("Sales"), FailsWith(ErrorCode::kAlreadyExists));
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  EXPECT_THAT(service_.CreateRecipient(admin_, {.name = "ACME"}),
              FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(service_.CreateRecipient(admin_, {.name = "Me"}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(CreateShare("a b"), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(AdminTest, ATableThatCannotBeServedIsNotAdded) {
  ASSERT_THAT(CreateShare("sales"), IsOk());
  EXPECT_THAT(service_.AddEntry(admin_, "sales", TableAt("orders", "/data/broken")),
              FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(service_.GetShare(admin_, "sales")->entries, IsEmpty());
  EntryRequest unchecked = TableAt("orders", "/data/broken");
  unchecked.unchecked = true;
  EXPECT_THAT(service_.AddEntry(admin_, "sales", unchecked), IsOk());
}

TEST_F(AdminTest, AFolderSharesTheTablesInIt) {
  ASSERT_THAT(CreateShare("sales"), IsOk());
  ASSERT_THAT(service_.AddEntry(admin_, "sales", {.location = "/data"}), IsOk());
  const auto share = catalog_.Current()->FindShare(protocol::ShareName("sales"));
  ASSERT_THAT(share->tables(), SizeIs(1));
  EXPECT_EQ(share->tables()[0].ref.ToString(), "sales.found.one");
  ASSERT_THAT(service_.RemoveEntry(admin_, {.share = "sales", .location = "/data"}), IsOk());
  EXPECT_THAT(catalog_.Current()->FindShare(protocol::ShareName("sales"))->tables(), IsEmpty());
}

TEST_F(AdminTest, ShareOwnersKeepToTheirOwnSharesAndRoots) {
  ASSERT_THAT(CreateShare("not-theirs"), IsOk());
  ASSERT_THAT(service_.CreateShare(seller_, {.name = "theirs"}), IsOk());
  EXPECT_THAT(service_.DropShare(seller_, "not-theirs"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(service_.GetShare(seller_, "not-theirs"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(service_.AddEntry(seller_, "theirs", TableAt("orders", "/data/sales/orders")),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(service_.PutRoot(seller_, {.name = "sales", .location = "/data/sales"}),
              FailsWith(ErrorCode::kPermissionDenied));
  ASSERT_THAT(service_.PutRoot(
                  admin_, {.name = "sales", .location = "/data/sales", .principals = {"seller"}}),
              IsOk());
  EXPECT_THAT(service_.AddEntry(seller_, "theirs", TableAt("orders", "/data/sales/orders")),
              IsOk());
  for (const char* const outside :
       {"/data/sales2/orders", "/data", "/data/sales/../hr", "s3://sales/x"}) {
    EXPECT_THAT(service_.AddEntry(seller_, "theirs", TableAt("other", outside)), Not(IsOk()))
        << outside;
  }
  EXPECT_THAT(service_.UpdateShare(seller_, "theirs", {.owner = "root"}),
              FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(AdminTest, WhatBelongsToAnotherOwnerLooksAsIfItWereNotThere) {
  ASSERT_THAT(CreateShare("not-theirs"), IsOk());
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "not-theirs"}), IsOk());
  ASSERT_THAT(service_.CreateRecipient(seller_, {.name = "acme"}), IsOk());
  const auto told = [&](const std::string& name) {
    std::vector<std::string> messages;
    const auto add = [&](const auto& result) {
      std::string message = result.ok() ? "done" : result.error().ToString();
      const std::size_t at = message.find(name);
      if (at != std::string::npos) message.replace(at, name.size(), "NAME");
      messages.push_back(message);
    };
    add(service_.GetShare(seller_, name));
    add(service_.FindShownShare(seller_, name));
    add(service_.UpdateShare(seller_, name, {.comment = "x"}));
    add(service_.DropShare(seller_, name));
    add(service_.RemoveEntry(seller_, {.share = name, .schema = "a", .table = "b"}));
    add(service_.GrantShare(seller_, {.share = name, .recipient = "acme"}));
    add(service_.RevokeShare(seller_, {.share = name, .recipient = "acme"}));
    add(service_.ChangeGrants(seller_, {.share = name, .granted = {"acme"}}));
    add(service_.GetRecipient(seller_, name));
    add(service_.ClientProfile(seller_, name));
    add(service_.UpdateRecipient(seller_, name, {.comment = "x"}));
    add(service_.DropRecipient(seller_, name));
    add(service_.IssueToken(seller_, name, {}));
    add(service_.RevokeToken(seller_, name, "1"));
    add(service_.IssueActivationLink(seller_, name, {}));
    return messages;
  };
  EXPECT_EQ(told("not-theirs"), told("missing"));
  EXPECT_THAT(service_.ListShares(seller_), IsOkAnd(IsEmpty()));
}

TEST_F(AdminTest, SharesOfTheFileAreForAdminsAndAuditors) {
  const auto share = catalog::Share::Make({.name = "filed"}).value();
  follower_.SetFile({.shares = {share}});
  EXPECT_THAT(service_.ListShares(admin_), IsOkAnd(SizeIs(1)));
  EXPECT_THAT(service_.FindShownShare(auditor_, "filed"), IsOk());
  EXPECT_THAT(service_.ListShares(seller_), IsOkAnd(IsEmpty()));
  EXPECT_THAT(service_.FindShownShare(seller_, "filed"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(service_.DropShare(admin_, "filed"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(service_.DropShare(seller_, "filed"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(AdminTest, AuditorsLookAndChangeNothing) {
  ASSERT_THAT(CreateShare("sales"), IsOk());
  EXPECT_THAT(service_.ListShares(auditor_), IsOkAnd(SizeIs(1)));
  EXPECT_THAT(service_.GetShare(auditor_, "sales"), IsOk());
  EXPECT_THAT(service_.CreateShare(auditor_, {.name = "x"}),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(service_.DropShare(auditor_, "sales"), FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(service_.CreateRecipient(auditor_, {.name = "x"}),
              FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(service_.PutQuota(auditor_, {.limit = 1}), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(AdminTest, TokensEndByThemselvesUnlessTheServerAllowsOtherwise) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  const auto token = service_.IssueToken(admin_, "acme", {});
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->record.expires_at, kNow + std::chrono::days(90));
  EXPECT_TRUE(auth::LooksLikeToken(token->text.Reveal()));
  EXPECT_THAT(service_.IssueToken(admin_, "acme", {.lifetime = std::chrono::days(366)}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(service_.IssueToken(admin_, "acme", {.never_expires = true}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(CallerOfToken(token->text)->recipient, "acme");
  clock_.Advance(std::chrono::days(90));
  EXPECT_THAT(CallerOfToken(token->text), FailsWith(ErrorCode::kUnauthenticated));
}

TEST_F(AdminTest, RotationLeavesTheOldTokenItsGrace) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  const auto old = service_.IssueToken(admin_, "acme", {});
  const auto fresh = service_.RotateToken(admin_, "acme", std::chrono::hours(24), {});
  ASSERT_THAT(fresh, IsOk());
  EXPECT_EQ(CallerOfToken(old->text)->recipient, "acme");
  EXPECT_EQ(CallerOfToken(fresh->text)->recipient, "acme");
  clock_.Advance(std::chrono::hours(24));
  EXPECT_THAT(CallerOfToken(old->text), FailsWith(ErrorCode::kUnauthenticated));
  EXPECT_EQ(CallerOfToken(fresh->text)->recipient, "acme");
}

TEST_F(AdminTest, RevokingOneTokenLeavesTheOthers) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  const auto one = service_.IssueToken(admin_, "acme", {});
  const auto two = service_.IssueToken(admin_, "acme", {});
  ASSERT_THAT(service_.RevokeToken(admin_, "acme", one->record.id), IsOk());
  EXPECT_THAT(CallerOfToken(one->text), FailsWith(ErrorCode::kUnauthenticated));
  EXPECT_THAT(CallerOfToken(two->text), IsOk());
  EXPECT_THAT(service_.RevokeToken(admin_, "acme", "nothing"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(AdminTest, ARecipientHasABoundedNumberOfLiveTokens) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  for (std::size_t i = 0; i < catalog::kMaxTokensPerHolder; ++i) {
    ASSERT_THAT(service_.IssueToken(admin_, "acme", {}), IsOk());
  }
  EXPECT_THAT(service_.IssueToken(admin_, "acme", {}), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(AdminTest, AnActivationLinkGivesOneProfileOnce) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  const auto link = service_.IssueActivationLink(admin_, "acme", {});
  ASSERT_THAT(link, IsOk());
  const std::string url = link->url.Reveal();
  EXPECT_TRUE(url.starts_with("http://host/delta-sharing/activate/")) << url;
  const std::string code = url.substr(url.rfind('/') + 1);
  EXPECT_THAT(service_.CheckActivation(code), IsOk());
  const auto profile = service_.Activate({}, code);
  ASSERT_THAT(profile, IsOk());
  const auto parsed = ParseJson(*profile);
  ASSERT_THAT(parsed, IsOk());
  const std::string token(parsed->at("bearerToken").as_string());
  EXPECT_EQ(CallerOfToken(Secret(token))->recipient, "acme");
  EXPECT_EQ(parsed->at("shareCredentialsVersion").as_int64(), 1);
  EXPECT_THAT(service_.Activate({}, code), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(service_.CheckActivation(code), FailsWith(ErrorCode::kNotFound));
}

TEST_F(AdminTest, UsedExpiredAndInventedLinksLookAlike) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  const auto link = service_.IssueActivationLink(admin_, "acme", {});
  const std::string code = link->url.Reveal().substr(link->url.Reveal().rfind('/') + 1);
  clock_.Advance(std::chrono::hours(72));
  const auto expired = service_.Activate({}, code);
  const auto invented = service_.Activate({}, "invented");
  ASSERT_THAT(expired, FailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(expired.error().message, invented.error().message);
}

TEST_F(AdminTest, PrincipalsHaveOneTokenThatANewOneReplaces) {
  const auto first =
      service_.CreatePrincipal(admin_, {.name = "seller", .role = Role::kShareOwner});
  ASSERT_THAT(first, IsOk());
  const auto second = service_.CreatePrincipal(admin_, {.name = "seller", .role = Role::kAuditor});
  http::Request request;
  request.headers.Add("Authorization", "Bearer " + first->text.Reveal());
  EXPECT_THAT(authenticator_.Principal(request), FailsWith(ErrorCode::kUnauthenticated));
  http::Request again;
  again.headers.Add("Authorization", "Bearer " + second->text.Reveal());
  EXPECT_EQ(authenticator_.Principal(again)->role, Role::kAuditor);
  ASSERT_THAT(service_.DropPrincipal(admin_, "seller"), IsOk());
  EXPECT_THAT(authenticator_.Principal(again), FailsWith(ErrorCode::kUnauthenticated));
}

TEST_F(AdminTest, AQuotaReplacesTheOneOfTheSameKind) {
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  AdminService::QuotaRequest request{.recipient = "acme",
                                     .measure = catalog::Measure::kRequests,
                                     .window = catalog::Window::kDay,
                                     .limit = 10};
  ASSERT_THAT(service_.PutQuota(admin_, request), IsOk());
  request.limit = 20;
  ASSERT_THAT(service_.PutQuota(admin_, request), IsOk());
  ASSERT_THAT(catalog_.Current()->settings().quotas, SizeIs(1));
  EXPECT_EQ(catalog_.Current()->settings().quotas[0].limit, 20);
  request.window = catalog::Window::kNone;
  EXPECT_THAT(service_.PutQuota(admin_, request), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(AdminRoutes, MetricsAreForTheOwnerAndThisMachine) {
  EXPECT_EQ(kAdminRoutes[0].path, "/metrics");
  EXPECT_EQ(kAdminRoutes[0].who, auth::Who::kOwnerOrLoopback);
}

TEST(AdminRoutes, EverythingElseIsForOwners) {
  for (const auto& route : kAdminRoutes) {
    if (route.path == "/metrics") continue;
    EXPECT_EQ(route.who, auth::Who::kOwner) << route.path;
  }
}

class ClientProfileTest : public AdminTest {
 protected:
  ClientProfileTest() {
    EXPECT_THAT(service_.PutIssuer(admin_, {.name = "corp", .url = "https://id.example.com"}),
                IsOk());
  }
  void CreateFederated(const std::string& name, const std::string& client_id,
                       const std::string& token_endpoint = "https://id.example.com/token") {
    catalog::FederationRule rule{.issuer = "corp", .audience = "a", .claims = {{"sub", name}}};
    rule.client_id = client_id;
    if (!client_id.empty()) rule.token_endpoint = token_endpoint;
    ASSERT_THAT(service_.CreateRecipient(admin_, {.name = name, .federation = std::optional(rule)}),
                IsOk());
  }
  std::string CodeOf(const std::string& recipient) {
    const auto link = service_.IssueActivationLink(admin_, recipient, {});
    EXPECT_THAT(link, IsOk());
    return link->url.Reveal().substr(link->url.Reveal().rfind('/') + 1);
  }
};

TEST_F(ClientProfileTest, AnIssuerIsKnownHoweverItIsSpelledAndNoOther) {
  catalog::FederationRule rule{.issuer = "CORP", .audience = "a", .claims = {{"sub", "acme"}}};
  EXPECT_THAT(service_.CreateRecipient(admin_, {.name = "acme", .federation = std::optional(rule)}),
              IsOk());
  rule.issuer = "corps";
  EXPECT_THAT(service_.CreateRecipient(admin_, {.name = "b", .federation = std::optional(rule)}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(ClientProfileTest, SaysWhereTokensAreAndLeavesTheSecretToTheRecipient) {
  CreateFederated("acme", "acme-reader");
  const auto profile = service_.ClientProfile(auditor_, "acme");
  ASSERT_THAT(profile, IsOk());
  std::string text;
  AppendJson(*profile, text);
  EXPECT_EQ(text, R"({"shareCredentialsVersion":2,"type":"oauth_client_credentials",)"
                  R"("endpoint":"http://host/delta-sharing","tokenEndpoint":)"
                  R"("https://id.example.com/token","clientId":"acme-reader",)"
                  R"("clientSecret":"PUT-THE-CLIENT-SECRET-HERE"})");
}

TEST_F(ClientProfileTest, IsGivenOnceByALinkAndNoTokenWithIt) {
  CreateFederated("acme", "acme-reader");
  const std::string code = CodeOf("acme");
  EXPECT_THAT(service_.Activate(admin_, code), IsOkAnd(testing::HasSubstr("acme-reader")));
  EXPECT_THAT(service_.Activate(admin_, code), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(service_.GetRecipient(admin_, "acme")->tokens, IsEmpty());
}

TEST_F(ClientProfileTest, WithoutAClientThereIsNoneAndALinkDoesNotFallBackToAToken) {
  CreateFederated("browser", "");
  EXPECT_THAT(service_.ClientProfile(admin_, "browser"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(service_.IssueActivationLink(admin_, "browser", {}),
              FailsWith(ErrorCode::kInvalidArgument));
  ASSERT_THAT(service_.CreateRecipient(admin_, {.name = "acme"}), IsOk());
  EXPECT_THAT(service_.ClientProfile(admin_, "acme"), FailsWith(ErrorCode::kInvalidArgument));
  const std::string code = CodeOf("acme");
  const catalog::FederationRule rule{.issuer = "corp", .audience = "a", .claims = {{"sub", "x"}}};
  ASSERT_THAT(service_.UpdateRecipient(admin_, "acme", {.federation = std::optional(rule)}),
              IsOk());
  EXPECT_THAT(service_.Activate(admin_, code), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(service_.GetRecipient(admin_, "acme")->tokens, IsEmpty());
}

TEST_F(ClientProfileTest, ATokenEndpointThatIsNotSaidIsTheProviders) {
  AdminService::Dependencies dependencies = dependencies_;
  Result<std::string> answer = std::string("https://id.example.com/found");
  dependencies.find_token_endpoint = [&](const catalog::Issuer& issuer) {
    EXPECT_EQ(issuer.url, "https://id.example.com");
    return answer;
  };
  AdminService service(dependencies, {});
  CreateFederated("acme", "acme-reader", "");
  EXPECT_EQ(service.ClientProfile(admin_, "acme")->at("tokenEndpoint").as_string(),
            "https://id.example.com/found");
  const std::string code = CodeOf("acme");
  answer = Unavailable("the identity provider does not answer");
  EXPECT_THAT(service.Activate(admin_, code), FailsWith(ErrorCode::kUnavailable));
  answer = std::string("https://id.example.com/found");
  EXPECT_THAT(service.Activate(admin_, code), IsOk());  // the failure did not spend it
}

}  // namespace
}  // namespace sluice::admin
