#include "admin/service.h"

#include "admin/handlers.h"
#include "auth/token.h"
#include "base/encoding.h"
#include "base/testing.h"
#include "db/database.h"
#include "observe/collecting_logger.h"

namespace sluice::admin {
namespace {

using auth::Caller;
using catalog::Role;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const SystemTime kNow(std::chrono::seconds(1'795'255'200));

Result<std::vector<config::ConfiguredSchema>> FindOneTable(const catalog::Entry& /*folder*/) {
  return std::vector<config::ConfiguredSchema>{
      {.name = "found", .tables = {{.name = "one", .location = "/data/one"}}}};
}

Result<void> CheckTable(const std::string& location) {
  if (location.find("broken") == std::string::npos) return {};
  return NotFound("there is no table");
}

class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    EXPECT_THAT(follower_.Start({}), IsOk());
    service_.SetEndpoint("http://host/delta-sharing");
  }

  static Caller CallerOf(std::string name, Role role) {
    return {.recipient = std::move(name), .role = role, .peer = "192.0.2.1"};
  }
  Result<catalog::ManagedShare> CreateShare(const std::string& name) {
    return service_.CreateShare(admin_, {.name = name});
  }
  static EntryRequest TableAt(const std::string& table, const std::string& location) {
    return {.schema = "retail", .table = table, .location = location};
  }
  /// The caller that a token makes, as requests meet it.
  Result<Caller> CallerOfToken(const Secret& token) {
    http::Request request;
    request.headers.Add("Authorization", "Bearer " + token.Reveal());
    return authenticator_.Recipient(request);
  }
  std::vector<std::string> SharesOf(const std::string& recipient) {
    std::vector<std::string> names;
    const catalog::ViewPtr view = catalog_.Current();
    for (const catalog::Share* share : view->SeenBy(recipient, clock_.Now()).Shares()) {
      names.push_back(share->name().value());
    }
    return names;
  }

  const Caller admin_ = CallerOf("root", Role::kAdmin);
  const Caller seller_ = CallerOf("seller", Role::kShareOwner);
  const Caller auditor_ = CallerOf("auditor", Role::kAuditor);
  ManualClock clock_{kNow};
  observe::CollectingLogger log_;
  observe::MetricRegistry metrics_;
  std::unique_ptr<db::Database> database_ = db::OpenSqlite({}).value();
  std::unique_ptr<catalog::Store> store_ = catalog::Store::Open(*database_).value();
  catalog::Catalog catalog_{catalog::View::Of({})};
  auth::Authenticator authenticator_{catalog_, clock_};
  catalog::Follower follower_{{.store = *store_, .catalog = catalog_, .clock = clock_, .log = log_},
                              catalog::ViewBuilder(FindOneTable)};
  AdminService service_{{.store = *store_,
                         .follower = follower_,
                         .catalog = catalog_,
                         .clock = clock_,
                         .metrics = metrics_,
                         .check_table = CheckTable,
                         .check_folder = [](const std::string&) { return Result<void>(); }},
                        {}};
};

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
  EXPECT_THAT(service_.DropShare(seller_, "not-theirs"), FailsWith(ErrorCode::kPermissionDenied));
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

}  // namespace
}  // namespace sluice::admin
