#include "catalog/view.h"

#include "base/testing.h"
#include "catalog/catalog.h"

namespace sluice::catalog {
namespace {

using protocol::SchemaName;
using protocol::ShareName;
using protocol::TableName;
using protocol::TableRef;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kMe[] = "me";
const SystemTime kNow(std::chrono::seconds(1'795'255'200));

config::ConfiguredTable Table(std::string name) {
  return {.name = name, .location = "/data/" + name, .where = "f.yaml:9"};
}

std::vector<config::ConfiguredShare> TwoShares() {
  return {{.name = "Retail",
           .schemas = {{.name = "sales", .tables = {Table("orders"), Table("Refunds")}},
                       {.name = "empty"},
                       {.name = "stock", .tables = {Table("bins")}}}},
          {.name = "finance", .schemas = {{.name = "sales", .tables = {Table("orders")}}}}};
}

ViewPtr MakeView(const std::vector<config::ConfiguredShare>& shares,
                 std::vector<RecipientPtr> recipients = {BuiltInRecipient(kMe)}) {
  return View::Of(
      {.file_shares = View::MakeShares(shares).value(), .recipients = std::move(recipients)});
}

/// A managed recipient that was granted the shares of these ids.
RecipientPtr Granted(std::string name, const std::vector<std::string>& share_ids) {
  ManagedRecipient record{.id = "id of " + name, .name = std::move(name)};
  for (const std::string& id : share_ids) record.grants.push_back({.share_id = id});
  return MakeRecipient(std::move(record));
}

RecipientView Me(const ViewPtr& view) { return view->SeenBy(kMe, kNow); }

TableRef Ref(std::string share, std::string schema, std::string table) {
  return {ShareName(std::move(share)), SchemaName(std::move(schema)), TableName(std::move(table))};
}

std::string FaultOf(const std::vector<config::ConfiguredShare>& shares) {
  const auto made = View::MakeShares(shares);
  return made.ok() ? "no fault" : made.error().message;
}

TEST(View, KeepsConfigurationOrder) {
  const ViewPtr view = MakeView(TwoShares());
  ASSERT_THAT(view->shares(), SizeIs(2));
  EXPECT_EQ(view->table_count(), 4u);
  const Share& retail = *view->shares()[0];
  EXPECT_EQ(retail.name().value(), "Retail");
  ASSERT_THAT(retail.schemas(), SizeIs(3));
  EXPECT_EQ(retail.schemas()[2].name.value(), "stock");
  ASSERT_THAT(retail.TablesOf(retail.schemas()[0]), SizeIs(2));
  EXPECT_EQ(retail.TablesOf(retail.schemas()[0])[1].ref, Ref("Retail", "sales", "Refunds"));
  EXPECT_THAT(retail.TablesOf(retail.schemas()[1]), IsEmpty());
  EXPECT_EQ(retail.TablesOf(retail.schemas()[2])[0].location, "/data/bins");
}

TEST(View, FindsNamesRegardlessOfAsciiCaseAndKeepsTheirSpelling) {
  const ViewPtr view = MakeView(TwoShares());
  EXPECT_EQ(Me(view).FindShare(ShareName("RETAIL")).value()->name().value(), "Retail");
  const auto schema = Me(view).FindSchema(ShareName("retail"), SchemaName("Stock"));
  ASSERT_THAT(schema, IsOk());
  EXPECT_EQ(schema->schema->name.value(), "stock");
  const auto table = Me(view).FindTable(Ref("rEtail", "SALES", "refunds"));
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->table->ref.ToString(), "Retail.sales.Refunds");
}

TEST(View, SameTableNameInTwoSharesIsTwoTables) {
  const ViewPtr view = MakeView(TwoShares());
  const auto one = Me(view).FindTable(Ref("retail", "sales", "orders"));
  const auto two = Me(view).FindTable(Ref("finance", "sales", "orders"));
  EXPECT_NE(one->table->id, two->table->id);
  EXPECT_NE(one->table->share_id, two->table->share_id);
}

TEST(View, DerivedIdsNeverChange) {
  const ViewPtr view = MakeView(TwoShares());
  const Share& retail = *view->shares()[0];
  EXPECT_EQ(retail.id(), MakeView(TwoShares())->shares()[0]->id());
  EXPECT_EQ(retail.id(), "133eabcd-5f69-57a6-9d34-58f89ead7b4a");
  EXPECT_EQ(retail.tables()[0].id, "e9d98428-dbce-5e24-bda4-9dbcda8bbbfe");
}

TEST(View, ConfiguredIdsAreKept) {
  auto shares = TwoShares();
  shares[0].schemas[0].tables[0].id = "my-id";
  const ViewPtr view = MakeView(shares);
  const Share& retail = *view->shares()[0];
  EXPECT_EQ(retail.tables()[0].id, "my-id");
  EXPECT_EQ(retail.FindTableById("my-id"), &retail.tables()[0]);
  EXPECT_EQ(retail.FindTableById("other"), nullptr);
  EXPECT_EQ(view->shares()[1]->FindTableById("my-id"), nullptr);
}

TEST(View, MissingAndNotGrantedLookAlike) {
  const std::string finance = View::MakeShares(TwoShares()).value()[1]->id();
  const ViewPtr view = MakeView(TwoShares(), {BuiltInRecipient(kMe), Granted("guest", {finance})});
  const RecipientView guest = view->SeenBy("GUEST", kNow);
  EXPECT_THAT(guest.FindTable(Ref("finance", "sales", "orders")), IsOk());

  const auto hidden = guest.FindTable(Ref("Retail", "sales", "orders"));
  const auto missing = Me(view).FindTable(Ref("Retail", "sales", "nothing"));
  ASSERT_THAT(hidden, FailsWith(ErrorCode::kNotFound));
  ASSERT_THAT(missing, FailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(hidden.error().message, "table 'Retail.sales.orders' does not exist");
  EXPECT_EQ(missing.error().message, "table 'Retail.sales.nothing' does not exist");
  EXPECT_EQ(guest.FindShare(ShareName("Retail")).error().message, "share 'Retail' does not exist");
  EXPECT_EQ(guest.FindShare(ShareName("nothing")).error().message,
            "share 'nothing' does not exist");
  EXPECT_EQ(guest.FindSchema(ShareName("Retail"), SchemaName("sales")).error().message,
            "schema 'Retail.sales' does not exist");
}

TEST(View, RecipientsSeeTheirSharesInOrder) {
  const ViewPtr view = MakeView(TwoShares());
  EXPECT_THAT(Me(view).Shares(), ElementsAre(view->shares()[0].get(), view->shares()[1].get()));
  EXPECT_THAT(view->SeenBy("stranger", kNow).Shares(), IsEmpty());
}

TEST(View, SlashInANameFindsNothing) {
  const ViewPtr view = MakeView(TwoShares());
  EXPECT_THAT(Me(view).FindTable(Ref("retail", "sales/orders", "")),
              FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(Me(view).FindSchema(ShareName("retail/sales"), SchemaName("orders")),
              FailsWith(ErrorCode::kNotFound));
}

TEST(View, RefusesNamesTheProtocolForbidsAndSaysWhere) {
  EXPECT_EQ(FaultOf({{.name = "a b", .where = "f.yaml:2"}}),
            "f.yaml:2: share name must not contain spaces, '/' or control characters");
  EXPECT_THAT(FaultOf({{.name = "a", .schemas = {{.name = "x.y"}}}}),
              HasSubstr("schema name must not contain '.'"));
  EXPECT_THAT(FaultOf({{.name = "a", .schemas = {{.name = "b", .tables = {Table("../c")}}}}}),
              HasSubstr("f.yaml:9: table name"));
}

TEST(View, RefusesTwoOfOneName) {
  EXPECT_THAT(FaultOf({{.name = "a"}, {.name = "A"}}), HasSubstr("share 'A' is given twice"));
  EXPECT_THAT(FaultOf({{.name = "a", .schemas = {{.name = "b"}, {.name = "B"}}}}),
              HasSubstr("schema 'B' is given twice"));
  EXPECT_THAT(
      FaultOf({{.name = "a", .schemas = {{.name = "b", .tables = {Table("c"), Table("C")}}}}}),
      HasSubstr("table 'C' is given twice"));
}

TEST(View, RefusesTwoTablesOfOneIdInAShare) {
  auto shares = TwoShares();
  shares[0].schemas[0].tables[0].id = "x";
  shares[0].schemas[2].tables[0].id = "x";
  EXPECT_THAT(FaultOf(shares), HasSubstr("table 'bins' has the id 'x' of another table"));
}

/// Managed shares of these names, with the name as id.
std::vector<SharePtr> Managed(const std::vector<std::string>& names) {
  std::vector<SharePtr> shares;
  for (const std::string& name : names) {
    shares.push_back(Share::Make({.name = name, .schemas = {{.name = "s", .tables = {Table("t")}}}},
                                 {.id = name})
                         .value());
  }
  return shares;
}

std::vector<std::string> NamesOf(const std::vector<const Share*>& shares) {
  std::vector<std::string> names;
  for (const Share* share : shares) names.push_back(share->name().value());
  return names;
}

TEST(View, ManagedSharesFollowThoseOfTheFileByFoldedName) {
  const ViewPtr view =
      View::Of({.file_shares = View::MakeShares(TwoShares()).value(),
                .managed_shares = Managed({"zebra", "Apple", "banana"}),
                .recipients = {Granted("acme", {"zebra", "Apple", "banana", "gone"})}});
  EXPECT_THAT(NamesOf(view->SeenBy("acme", kNow).Shares()),
              ElementsAre("Apple", "banana", "zebra"));
  ASSERT_THAT(view->shares(), SizeIs(5));
  EXPECT_EQ(view->shares()[2]->name().value(), "Apple");
  EXPECT_EQ(view->file_share_count(), 2u);
}

TEST(View, RecipientOfTheFileSeesNoManagedShare) {
  const ViewPtr view = View::Of({.file_shares = View::MakeShares(TwoShares()).value(),
                                 .managed_shares = Managed({"secret"}),
                                 .recipients = {BuiltInRecipient(kMe)}});
  EXPECT_THAT(NamesOf(Me(view).Shares()), ElementsAre("Retail", "finance"));
  EXPECT_THAT(Me(view).FindTable(Ref("secret", "s", "t")), FailsWith(ErrorCode::kNotFound));
}

TEST(View, AShareOfTheFileMayBeGrantedToo) {
  const std::string retail = View::MakeShares(TwoShares()).value()[0]->id();
  const ViewPtr view = MakeView(TwoShares(), {Granted("acme", {retail})});
  EXPECT_THAT(NamesOf(view->SeenBy("acme", kNow).Shares()), ElementsAre("Retail"));
}

TEST(View, ManagedShareOfAFilesNameIsHiddenAndNamed) {
  const ViewPtr view = View::Of({.file_shares = View::MakeShares(TwoShares()).value(),
                                 .managed_shares = Managed({"RETAIL"}),
                                 .recipients = {Granted("acme", {"RETAIL"})}});
  EXPECT_THAT(view->hidden_shares(), ElementsAre("RETAIL"));
  EXPECT_THAT(view->SeenBy("acme", kNow).Shares(), IsEmpty());
}

TEST(View, ExpiredOrDisabledRecipientsAndExpiredGrantsShowNothing) {
  ManagedRecipient expired{.id = "1", .name = "expired", .expires_at = kNow};
  expired.grants = {{.share_id = "a"}};
  ManagedRecipient disabled{.id = "2", .name = "disabled", .enabled = false};
  disabled.grants = {{.share_id = "a"}};
  ManagedRecipient was_granted{.id = "3", .name = "was granted"};
  was_granted.grants = {{.share_id = "a", .expires_at = kNow}};
  const ViewPtr view = View::Of({.managed_shares = Managed({"a"}),
                                 .recipients = {MakeRecipient(expired), MakeRecipient(disabled),
                                                MakeRecipient(was_granted)}});
  for (const char* name : {"expired", "disabled", "was granted"}) {
    EXPECT_THAT(view->SeenBy(name, kNow).Shares(), IsEmpty()) << name;
    EXPECT_THAT(view->SeenBy(name, kNow).FindTable(Ref("a", "s", "t")),
                FailsWith(ErrorCode::kNotFound));
  }
  const SystemTime before = kNow - std::chrono::milliseconds(1);
  EXPECT_THAT(view->SeenBy("expired", before).Shares(), SizeIs(1));
  EXPECT_THAT(view->SeenBy("was granted", before).Shares(), SizeIs(1));
}

TEST(View, FindsTokensOfRecipientsAndOfPrincipals) {
  ManagedRecipient acme{.id = "1", .name = "acme"};
  acme.tokens = {{.id = "t1", .sha256 = crypto::Sha256("one")},
                 {.id = "t2", .sha256 = crypto::Sha256("two")}};
  OwnerSettings settings;
  settings.principals = {
      {.name = "root", .tokens = {{.id = "p", .sha256 = crypto::Sha256("three")}}}};
  const ViewPtr view = View::Of({.recipients = {MakeRecipient(acme)},
                                 .settings = std::make_shared<const OwnerSettings>(settings)});
  EXPECT_EQ(view->FindToken(crypto::Sha256("two")).token->id, "t2");
  EXPECT_EQ(view->FindToken(crypto::Sha256("two")).recipient->record.name, "acme");
  EXPECT_EQ(view->FindToken(crypto::Sha256("three")).token, nullptr);
  EXPECT_EQ(view->FindPrincipalToken(crypto::Sha256("three")).principal->name, "root");
  EXPECT_EQ(view->FindPrincipalToken(crypto::Sha256("one")).principal, nullptr);
}

TEST(Catalog, ReplaceSwapsTheWholeView) {
  const ViewPtr first = MakeView(TwoShares());
  const ViewPtr second = MakeView({});
  Catalog catalog(first);
  EXPECT_EQ(catalog.Current(), first);
  EXPECT_EQ(catalog.Replace(second), first);
  EXPECT_EQ(catalog.Current(), second);
}

TEST(Catalog, IsUsableUntilItsTimeIsOver) {
  Catalog catalog(MakeView({}));
  EXPECT_THAT(catalog.CheckUsable(kNow), IsOk());
  catalog.UseUntil(kNow);
  EXPECT_THAT(catalog.CheckUsable(kNow - std::chrono::milliseconds(1)), IsOk());
  EXPECT_THAT(catalog.CheckUsable(kNow), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::catalog
