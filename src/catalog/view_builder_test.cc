#include "catalog/view_builder.h"

#include "base/testing.h"

namespace sluice::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> TablesOf(const View& view) {
  std::vector<std::string> tables;
  for (const SharePtr& share : view.shares()) {
    for (const SharedTable& table : share->tables()) tables.push_back(table.ref.ToString());
  }
  return tables;
}

Entry TableEntry(std::string schema, std::string table) {
  return {
      .id = schema + "." + table, .schema = schema, .table = table, .location = "/data/" + table};
}

ManagedShare ShareOf(std::string name, std::vector<Entry> entries) {
  return {.id = "id of " + name, .name = std::move(name), .entries = std::move(entries)};
}

class ViewBuilderTest : public testing::Test {
 protected:
  std::vector<config::ConfiguredSchema> folder_ = {
      {.name = "found", .tables = {{.name = "one", .location = "/data/one"}}}};
  bool is_readable_ = true;
  ViewBuilder builder_{
      [this](const Entry& /*folder*/) -> Result<std::vector<config::ConfiguredSchema>> {
        if (!is_readable_) return Unavailable("it cannot be read");
        return folder_;
      }};
};

TEST_F(ViewBuilderTest, TablesStandInOrderOfTheirFoldedNames) {
  builder_.Apply({.is_whole = true,
                  .shares = {ShareOf(
                      "s", {TableEntry("b", "Z"), TableEntry("A", "x"), TableEntry("b", "a")})}});
  EXPECT_THAT(TablesOf(*builder_.Build()), ElementsAre("s.A.x", "s.b.a", "s.b.Z"));
}

TEST_F(ViewBuilderTest, ARecipientIsReplacedByWhatItHasBecome) {
  builder_.Apply({.is_whole = true,
                  .recipients = {{.id = "a long id, so that its text is not in the object itself",
                                  .name = "acme"},
                                 {.id = "2", .name = "other"}}});
  const ViewPtr before = builder_.Build();
  builder_.Apply({.recipients = {{.id = "a long id, so that its text is not in the object itself",
                                  .name = "renamed"}}});
  const ViewPtr after = builder_.Build();
  EXPECT_EQ(after->FindRecipient("acme"), nullptr);
  ASSERT_NE(after->FindRecipient("renamed"), nullptr);
  EXPECT_EQ(after->recipients().size(), 2u);
  EXPECT_EQ(before->FindRecipient("acme")->record.name, "acme");
}

TEST_F(ViewBuilderTest, ViewsShareWhatDidNotChange) {
  builder_.Apply({.is_whole = true,
                  .shares = {ShareOf("one", {TableEntry("s", "t")})},
                  .recipients = {{.id = "1", .name = "acme"}}});
  const ViewPtr first = builder_.Build();
  builder_.Apply({.shares = {ShareOf("two", {})}});
  const ViewPtr second = builder_.Build();
  EXPECT_EQ(&second->recipients(), &first->recipients());
  EXPECT_NE(&second->shares(), &first->shares());
  builder_.Apply({.deleted_recipients = {"1"}});
  const ViewPtr third = builder_.Build();
  EXPECT_NE(&third->recipients(), &second->recipients());
  EXPECT_EQ(&third->shares(), &second->shares());
  EXPECT_THAT(third->recipients(), IsEmpty());
}

TEST_F(ViewBuilderTest, AChangeReplacesWhatItNamesAndLeavesTheRest) {
  builder_.Apply({.is_whole = true,
                  .shares = {ShareOf("one", {TableEntry("s", "t")}), ShareOf("two", {})},
                  .recipients = {{.id = "1", .name = "acme"}, {.id = "2", .name = "other"}}});
  const ViewPtr before = builder_.Build();
  builder_.Apply({.shares = {ShareOf("two", {TableEntry("s", "u")})}, .deleted_recipients = {"1"}});
  const ViewPtr after = builder_.Build();
  EXPECT_THAT(TablesOf(*after), ElementsAre("one.s.t", "two.s.u"));
  EXPECT_EQ(after->shares()[0], before->shares()[0]) << "an unchanged share is not made again";
  EXPECT_EQ(after->FindRecipient("acme"), nullptr);
  EXPECT_EQ(after->FindRecipient("other"), before->FindRecipient("other"));
  builder_.Apply({.deleted_shares = {"id of one"}});
  EXPECT_THAT(TablesOf(*builder_.Build()), ElementsAre("two.s.u"));
  EXPECT_THAT(TablesOf(*before), ElementsAre("one.s.t")) << "views never change";
}

TEST_F(ViewBuilderTest, AFolderBringsItsTablesAndNewOnesWhenItIsLookedIntoAgain) {
  Entry folder{
      .id = "f", .kind = Entry::Kind::kFolder, .location = "/data", .history_shared = true};
  folder.aliases = {{"two", "second"}};
  builder_.Apply({.is_whole = true, .shares = {ShareOf("s", {folder})}});
  EXPECT_THAT(TablesOf(*builder_.Build()), ElementsAre("s.found.one"));
  EXPECT_FALSE(builder_.FindFolderTables());
  folder_[0].tables.push_back({.name = "two", .location = "/data/two"});
  EXPECT_TRUE(builder_.FindFolderTables());
  const ViewPtr view = builder_.Build();
  EXPECT_THAT(TablesOf(*view), ElementsAre("s.found.one", "s.found.second"));
  EXPECT_TRUE(view->shares()[0]->tables()[0].history_shared);
}

TEST_F(ViewBuilderTest, ATableNamedByItselfGoesBeforeAFoldersOfThatName) {
  Entry folder{.id = "f", .kind = Entry::Kind::kFolder, .schema = "s", .location = "/data"};
  builder_.Apply({.is_whole = true, .shares = {ShareOf("x", {folder, TableEntry("S", "ONE")})}});
  const ViewPtr view = builder_.Build();
  EXPECT_THAT(TablesOf(*view), ElementsAre("x.S.ONE"));
  EXPECT_EQ(view->shares()[0]->tables()[0].id, "S.ONE");
}

TEST_F(ViewBuilderTest, AFolderThatCannotBeReadHidesItsTablesAloneAndIsNamed) {
  is_readable_ = false;
  Entry folder{.id = "f", .kind = Entry::Kind::kFolder, .location = "/data"};
  builder_.Apply({.is_whole = true, .shares = {ShareOf("s", {folder, TableEntry("a", "b")})}});
  EXPECT_THAT(TablesOf(*builder_.Build()), ElementsAre("s.a.b"));
  ASSERT_THAT(builder_.warnings(), SizeIs(1));
  EXPECT_THAT(builder_.warnings()[0], HasSubstr("folder /data of share 's'"));
}

TEST_F(ViewBuilderTest, ARowThatNobodyCouldHaveWrittenHidesItsShareAlone) {
  builder_.Apply({.is_whole = true,
                  .shares = {ShareOf("bad name", {}), ShareOf("good", {TableEntry("a", "b")})}});
  EXPECT_THAT(TablesOf(*builder_.Build()), ElementsAre("good.a.b"));
  EXPECT_THAT(builder_.warnings(), SizeIs(1));
}

TEST_F(ViewBuilderTest, PrincipalsOfTheDataDirectoryStandBesideThoseOfTheStore) {
  builder_.SetFile({.principals = {{.name = "owner"}}});
  builder_.Apply({.is_whole = true, .principals = std::vector<Principal>{{.name = "seller"}}});
  const ViewPtr view = builder_.Build();
  ASSERT_THAT(view->settings().principals, SizeIs(2));
  builder_.Apply({.principals = std::vector<Principal>()});
  EXPECT_THAT(builder_.Build()->settings().principals, SizeIs(1));
}

}  // namespace
}  // namespace sluice::catalog
