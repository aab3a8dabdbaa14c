#include "cli/apply_plan.h"

#include "base/testing.h"

namespace sluice::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Thing Share(const std::string& name, json::object fields = {}) {
  return {.kind = ThingKind::kShare, .key = {name}, .fields = std::move(fields)};
}

Thing Recipient(const std::string& name, json::object fields = {}) {
  return {.kind = ThingKind::kRecipient, .key = {name}, .fields = std::move(fields)};
}

Thing Grant(const std::string& share, const std::string& recipient) {
  return {.kind = ThingKind::kGrant, .key = {share, recipient}};
}

Thing Table(const std::string& share, const std::string& table, const std::string& location) {
  return {.kind = ThingKind::kTable,
          .key = {share, "d", table},
          .fields = {{"location", location}, {"historyShared", false}}};
}

/// Wants `things`, and nothing else of the kinds that `lists` names.
WantedCatalog Wanted(std::vector<Thing> things, std::set<std::pair<ThingKind, std::string>> lists) {
  return {.things = std::move(things), .lists = std::move(lists)};
}

std::vector<std::string> Texts(const Plan& plan) {
  std::vector<std::string> texts;
  for (const Step& step : plan.steps) texts.push_back(step.Text());
  return texts;
}

TEST(ApplyPlan, MakesWhatOthersReferToFirst) {
  const Thing issuer{.kind = ThingKind::kIssuer, .key = {"corporate"}};
  const Thing quota{
      .kind = ThingKind::kQuota, .key = {"acme", "", "bytes", "day"}, .fields = {{"limit", 5}}};
  const WantedCatalog wanted = Wanted({Grant("sales", "acme"), quota, Recipient("acme"),
                                       Table("sales", "t", "/t"), Share("sales"), issuer},
                                      {});
  EXPECT_THAT(Texts(Compare(wanted, {}, /*prunes=*/false)),
              ElementsAre("+ issuer corporate", "+ share sales",
                          "+ table sales.d.t: location \"/t\"", "+ recipient acme",
                          "+ quota of bytes a day for acme: limit 5", "+ grant of sales to acme"));
}

TEST(ApplyPlan, WhatTheServerLeavesOutIsTheSameAsNothing) {
  const WantedCatalog wanted =
      Wanted({Share("s", {{"comment", ""}, {"purposeRequired", false}, {"tags", json::object()}}),
              Recipient("r", {{"expiresAt", nullptr}, {"allowedNetworks", json::array()}})},
             {});
  EXPECT_THAT(Texts(Compare(wanted, {Share("S"), Recipient("r")}, false)), IsEmpty());
}

TEST(ApplyPlan, NamesEachFieldThatDiffersAndKeepsTheOthers) {
  const WantedCatalog wanted = Wanted(
      {Recipient("acme", {{"comment", "new"}, {"attributes", {{"a", "1"}, {"b", "2"}}}})}, {});
  const Plan plan = Compare(
      wanted,
      {Recipient("acme",
                 {{"comment", "old"}, {"region", "eu"}, {"attributes", {{"a", "1"}, {"c", "3"}}}})},
      false);
  EXPECT_THAT(Texts(plan),
              ElementsAre("~ recipient acme: comment \"old\" -> \"new\", attributes.b none -> "
                          "\"2\", attributes.c \"3\" -> none"));
  EXPECT_FALSE(plan.steps[0].after.contains("region"));
  EXPECT_TRUE(plan.steps[0].thing.fields.contains("region"));
}

TEST(ApplyPlan, WhatTheFileDoesNotNameStaysUnlessItIsPruned) {
  const WantedCatalog wanted = Wanted({Share("keep")}, {{ThingKind::kShare, ""}});
  const std::vector<Thing> current = {Share("keep"), Share("extra"), Recipient("acme")};
  const Plan careful = Compare(wanted, current, false);
  EXPECT_THAT(careful.steps, IsEmpty());
  EXPECT_EQ(careful.left_alone, 1U);  // recipients are no list of the file
  EXPECT_THAT(Texts(Compare(wanted, current, true)), ElementsAre("- share extra"));
}

TEST(ApplyPlan, PruningLooksIntoSharesWhoseTablesAreListed) {
  const std::vector<Thing> current = {Share("a"), Table("a", "old", "/o"), Share("b"),
                                      Table("b", "old", "/o")};
  const WantedCatalog wanted =
      Wanted({Share("A"), Share("b")}, {{ThingKind::kShare, ""}, {ThingKind::kTable, "a"}});
  EXPECT_THAT(Texts(Compare(wanted, current, true)), ElementsAre("- table a.d.old"));
}

TEST(ApplyPlan, TakesAccessAwayFirstAndEndsThingsLast) {
  const WantedCatalog wanted =
      Wanted({Share("new")},
             {{ThingKind::kShare, ""}, {ThingKind::kRecipient, ""}, {ThingKind::kGrant, ""}});
  const std::vector<Thing> current = {Share("old"),         Recipient("acme"),
                                      Recipient("globex"),  Grant("old", "globex"),
                                      Grant("new", "acme"), Grant("other", "initech")};
  // What goes with its share or recipient is not named.
  EXPECT_THAT(Texts(Compare(wanted, current, true)),
              ElementsAre("- grant of other to initech", "+ share new", "- share old",
                          "- recipient acme", "- recipient globex"));
}

TEST(ApplyPlan, FoldersAreToldApartByTheCaseOfTheirPlace) {
  const auto folder = [](const char* location) {
    return Thing{.kind = ThingKind::kFolder, .key = {"s", "", location}};
  };
  EXPECT_NE(FoldedKey(folder("/Data")), FoldedKey(folder("/data")));
  EXPECT_EQ(FoldedKey(Share("Sales")), FoldedKey(Share("sALES")));
}

TEST(ApplyPlan, LinesHoldNoControlCharacters) {
  const WantedCatalog wanted = Wanted({Share("s", {{"comment", "a\x1b[2Jb\xc2\x9b"}})}, {});
  const std::string line = Texts(Compare(wanted, {}, false)).front();
  EXPECT_THAT(line, HasSubstr("comment"));
  for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), ' ');
}

TEST(ApplyPlan, StepsAsJsonNameKindAndDifference) {
  const WantedCatalog wanted = Wanted({Share("s", {{"comment", "b"}})}, {});
  const Plan plan = Compare(wanted, {Share("s", {{"comment", "a"}})}, false);
  ASSERT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(json::serialize(plan.steps[0].Json()),
            R"({"change":"change","kind":"share","name":"share s","before":{"comment":"a"},)"
            R"("after":{"comment":"b"}})");
}

}  // namespace
}  // namespace sluice::cli
