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

const RecipientName kMe("me");

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
                 std::vector<Recipient> recipients = {{.name = kMe}}) {
  return View::Make(shares, std::move(recipients)).value();
}

TableRef Ref(std::string share, std::string schema, std::string table) {
  return {ShareName(std::move(share)), SchemaName(std::move(schema)), TableName(std::move(table))};
}

std::string FaultOf(const std::vector<config::ConfiguredShare>& shares) {
  const auto view = View::Make(shares, {});
  return view.ok() ? "no fault" : view.error().message;
}

TEST(View, KeepsConfigurationOrder) {
  const ViewPtr view = MakeView(TwoShares());
  ASSERT_THAT(view->shares(), SizeIs(2));
  EXPECT_EQ(view->table_count(), 4u);
  const Share& retail = view->shares()[0];
  EXPECT_EQ(retail.name.value(), "Retail");
  ASSERT_THAT(retail.schemas, SizeIs(3));
  EXPECT_EQ(retail.schemas[2].name.value(), "stock");
  ASSERT_THAT(retail.TablesOf(retail.schemas[0]), SizeIs(2));
  EXPECT_EQ(retail.TablesOf(retail.schemas[0])[1].ref, Ref("Retail", "sales", "Refunds"));
  EXPECT_THAT(retail.TablesOf(retail.schemas[1]), IsEmpty());
  EXPECT_EQ(retail.TablesOf(retail.schemas[2])[0].location, "/data/bins");
}

TEST(View, FindsNamesRegardlessOfAsciiCaseAndKeepsTheirSpelling) {
  const ViewPtr view = MakeView(TwoShares());
  EXPECT_EQ(view->FindShare(kMe, ShareName("RETAIL")).value()->name.value(), "Retail");
  const auto schema = view->FindSchema(kMe, ShareName("retail"), SchemaName("Stock"));
  ASSERT_THAT(schema, IsOk());
  EXPECT_EQ(schema->schema->name.value(), "stock");
  const auto table = view->FindTable(kMe, Ref("rEtail", "SALES", "refunds"));
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->ref.ToString(), "Retail.sales.Refunds");
}

TEST(View, SameTableNameInTwoSharesIsTwoTables) {
  const ViewPtr view = MakeView(TwoShares());
  const auto one = view->FindTable(kMe, Ref("retail", "sales", "orders"));
  const auto two = view->FindTable(kMe, Ref("finance", "sales", "orders"));
  EXPECT_NE((*one)->id, (*two)->id);
  EXPECT_NE((*one)->share_id, (*two)->share_id);
}

TEST(View, DerivedIdsNeverChange) {
  const ViewPtr view = MakeView(TwoShares());
  const Share& retail = view->shares()[0];
  EXPECT_EQ(retail.id, MakeView(TwoShares())->shares()[0].id);
  EXPECT_EQ(retail.id, "133eabcd-5f69-57a6-9d34-58f89ead7b4a");
  EXPECT_EQ(retail.tables[0].id, "e9d98428-dbce-5e24-bda4-9dbcda8bbbfe");
}

TEST(View, ConfiguredIdsAreKept) {
  auto shares = TwoShares();
  shares[0].schemas[0].tables[0].id = "my-id";
  const ViewPtr view = MakeView(shares);
  const SharedTable& table = view->shares()[0].tables[0];
  EXPECT_EQ(table.id, "my-id");
  EXPECT_EQ(view->FindTableById(table.share_id, "my-id"), &table);
  EXPECT_EQ(view->FindTableById(table.share_id, "other"), nullptr);
  EXPECT_EQ(view->FindTableById(view->shares()[1].id, "my-id"), nullptr);
}

TEST(View, MissingAndNotGrantedLookAlike) {
  const RecipientName guest("guest");
  const ViewPtr view = MakeView(
      TwoShares(),
      {{.name = kMe}, {.name = guest, .all_shares = false, .shares = {ShareName("FINANCE")}}});
  EXPECT_THAT(view->FindTable(guest, Ref("finance", "sales", "orders")), IsOk());

  const auto hidden = view->FindTable(guest, Ref("Retail", "sales", "orders"));
  const auto missing = view->FindTable(kMe, Ref("Retail", "sales", "nothing"));
  ASSERT_THAT(hidden, FailsWith(ErrorCode::kNotFound));
  ASSERT_THAT(missing, FailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(hidden.error().message, "table 'Retail.sales.orders' does not exist");
  EXPECT_EQ(missing.error().message, "table 'Retail.sales.nothing' does not exist");
  EXPECT_EQ(view->FindShare(guest, ShareName("Retail")).error().message,
            "share 'Retail' does not exist");
  EXPECT_EQ(view->FindShare(guest, ShareName("nothing")).error().message,
            "share 'nothing' does not exist");
  EXPECT_EQ(view->FindSchema(guest, ShareName("Retail"), SchemaName("sales")).error().message,
            "schema 'Retail.sales' does not exist");
}

TEST(View, RecipientsSeeTheirSharesInOrder) {
  const ViewPtr view = MakeView(TwoShares());
  EXPECT_THAT(view->SharesOf(kMe), ElementsAre(&view->shares()[0], &view->shares()[1]));
  EXPECT_THAT(view->SharesOf(RecipientName("stranger")), IsEmpty());
}

TEST(View, SlashInANameFindsNothing) {
  const ViewPtr view = MakeView(TwoShares());
  EXPECT_THAT(view->FindTable(kMe, Ref("retail", "sales/orders", "")),
              FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(view->FindSchema(kMe, ShareName("retail/sales"), SchemaName("orders")),
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

TEST(Catalog, ReplaceSwapsTheWholeView) {
  const ViewPtr first = MakeView(TwoShares());
  const ViewPtr second = MakeView({});
  Catalog catalog(first);
  EXPECT_EQ(catalog.Current(), first);
  EXPECT_EQ(catalog.Replace(second), first);
  EXPECT_EQ(catalog.Current(), second);
}

}  // namespace
}  // namespace sluice::catalog
