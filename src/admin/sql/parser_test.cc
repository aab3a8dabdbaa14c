#include "admin/sql/parser.h"

#include <fstream>
#include <sstream>

#include "base/testing.h"

namespace sluice::admin::sql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// The one statement of `text`, which must be a T.
template <typename T>
T Parsed(std::string_view text) {
  const auto statements = ParseSql(text);
  EXPECT_THAT(statements, IsOkAnd(SizeIs(1))) << text;
  if (!statements.ok() || statements->size() != 1) return {};
  const T* action = std::get_if<T>(&statements->front().action);
  EXPECT_NE(action, nullptr) << text;
  return action ? *action : T{};
}

/// What ALTER SHARE s `change` says.
template <typename T>
T Change(std::string_view change) {
  const auto alter = Parsed<AlterShare>("ALTER SHARE s " + std::string(change));
  const T* parsed = std::get_if<T>(&alter.change);
  EXPECT_NE(parsed, nullptr) << change;
  return parsed ? *parsed : T{};
}

std::string Fault(std::string_view text) {
  const auto statements = ParseSql(text);
  return statements.ok() ? "no fault" : statements.error().message;
}

std::string SnowflakeScript() {
  std::ifstream file(SLUICE_SOURCE_DIR "/tests/fuzz/corpus/owner_sql/snowflake_script.sql");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(OwnerSql, AcceptsSnowflakesScriptAsWritten) {
  const auto statements = ParseSql(SnowflakeScript());
  ASSERT_THAT(statements, IsOkAnd(SizeIs(7)));
  const auto& all = *statements;
  EXPECT_EQ(std::get<CreateShare>(all[0].action).name.text, "sales_data_share");
  const auto& database = std::get<GrantToShare>(all[1].action).object;
  EXPECT_EQ(database.kind, SharedObject::Kind::kDatabase);
  EXPECT_EQ(database.object.ToString(), "sales_db");
  EXPECT_EQ(database.share.text, "sales_data_share");
  EXPECT_EQ(std::get<GrantToShare>(all[2].action).object.object.ToString(), "sales_db.public");
  const auto& table = std::get<GrantToShare>(all[3].action).object;
  EXPECT_EQ(table.kind, SharedObject::Kind::kTable);
  EXPECT_EQ(table.object.ToString(), "sales_db.public.transactions");
  const auto& accounts =
      std::get<ChangeAccounts>(std::get<AlterShare>(all[4].action).change).accounts;
  ASSERT_THAT(accounts, SizeIs(1));
  EXPECT_EQ(accounts[0].ToString(), "partner_org_account");
  const auto& created = std::get<CreateDatabase>(all[5].action);
  EXPECT_EQ(created.name.text, "partner_sales_data");
  EXPECT_EQ(created.share.ToString(), "provider_account.sales_data_share");
  EXPECT_TRUE(std::holds_alternative<Query>(all[6].action));
  EXPECT_EQ(all[6].at.line, 17);
  EXPECT_EQ(all[6].at.column, 1);
  EXPECT_THAT(all[6].text, testing::StartsWith("SELECT product_id, SUM(amount) as revenue\n"));
  EXPECT_THAT(all[6].text, testing::EndsWith("GROUP BY product_id"));
}

TEST(OwnerSql, TellsWhereAStatementAndItsNamesStand) {
  const auto statements = ParseSql("-- one\nDROP SHARE a;\n  /* zwölf */ drop share é . ;");
  EXPECT_THAT(statements, FailsWith(ErrorCode::kInvalidArgument));
  const auto good = ParseSql("-- one\nDROP SHARE a;\n  /* zwölf */ drop  share é ;");
  ASSERT_THAT(good, IsOkAnd(SizeIs(2)));
  const Statement& second = good->back();
  EXPECT_EQ(second.at.line, 3);
  EXPECT_EQ(second.at.column, 15);
  EXPECT_EQ(second.at.offset, 36u);
  EXPECT_EQ(second.text, "drop  share é");
  EXPECT_EQ(std::get<DropShare>(second.action).name.at.column, 27);
}

TEST(OwnerSql, ParsesSharesAndTheirChanges) {
  const auto create =
      Parsed<CreateShare>("create share if not exists \"my share\" comment = 'it''s'");
  EXPECT_EQ(create.name.text, "my share");
  EXPECT_TRUE(create.if_not_exists);
  EXPECT_EQ(create.comment, "it's");
  EXPECT_EQ(Parsed<CreateShare>("CREATE SHARE `a``b` COMMENT 'x\\y'").comment, "x\\y");
  EXPECT_EQ(Parsed<CreateShare>("CREATE SHARE `a``b`").name.text, "a`b");
  EXPECT_TRUE(Parsed<AlterShare>("ALTER SHARE IF EXISTS s UNSET COMMENT").if_exists);
  EXPECT_EQ(Change<RenameTo>("RENAME TO t").name.text, "t");
  EXPECT_EQ(Change<SetComment>("SET COMMENT = ''").comment, "");
  EXPECT_EQ(Change<SetComment>("UNSET COMMENT").comment, std::nullopt);
  EXPECT_EQ(Change<SetOwner>("OWNER TO `ann@example.com`").principal.text, "ann@example.com");
  EXPECT_EQ(Change<SetOwner>("SET OWNER TO ann").principal.text, "ann");
  EXPECT_TRUE(Parsed<DropShare>("DROP SHARE IF EXISTS s").if_exists);
  EXPECT_EQ(Parsed<ShowShares>("SHOW SHARES LIKE 'sales%'").like, "sales%");
  EXPECT_EQ(Parsed<ShowShares>("SHOW SHARES").like, std::nullopt);
  EXPECT_EQ(Parsed<DescribeShare>("DESC SHARE s").name.ToString(), "s");
  EXPECT_EQ(Parsed<DescribeShare>("DESCRIBE SHARE a.s").name.ToString(), "a.s");
  EXPECT_EQ(Parsed<ShowAllInShare>("SHOW ALL IN SHARE s").share.text, "s");
  EXPECT_EQ(Parsed<ShowAllInShare>("SHOW GRANTS TO SHARE s").share.text, "s");
  EXPECT_EQ(Parsed<ShowGrantsOnShare>("SHOW GRANTS ON SHARE s").share.text, "s");
  EXPECT_EQ(Parsed<ShowGrantsOnShare>("SHOW GRANT OF SHARE s").share.text, "s");
}

TEST(OwnerSql, ParsesWhatIsAddedAndRemoved) {
  const auto located =
      Change<AddObject>("ADD TABLE retail.orders LOCATION 's3://b/o' WITH HISTORY");
  EXPECT_EQ(located.objects, Objects::kTable);
  EXPECT_EQ(located.object.ToString(), "retail.orders");
  EXPECT_EQ(located.location, "s3://b/o");
  EXPECT_EQ(located.history_shared, true);
  const auto named =
      Change<AddObject>("ADD TABLE lake.retail.orders COMMENT 'c' AS shop.o WITHOUT HISTORY");
  EXPECT_EQ(named.object.parts.size(), 3u);
  ASSERT_TRUE(named.shared_as);
  EXPECT_EQ(named.shared_as->ToString(), "shop.o");
  EXPECT_EQ(named.comment, "c");
  EXPECT_EQ(named.history_shared, false);
  EXPECT_EQ(Change<AddObject>("ADD TABLE a.b").history_shared, std::nullopt);
  const auto folder = Change<AddObject>("ADD SCHEMA retail LOCATION '/lake/retail'");
  EXPECT_EQ(folder.objects, Objects::kSchema);
  EXPECT_EQ(Change<RemoveObject>("REMOVE TABLE retail.orders").object.ToString(), "retail.orders");
  EXPECT_EQ(Change<RemoveObject>("REMOVE SCHEMA retail").objects, Objects::kSchema);
  EXPECT_THAT(Change<ChangeAccounts>("ADD ACCOUNTS = a, o.b").accounts, SizeIs(2));
  EXPECT_EQ(Change<ChangeAccounts>("REMOVE ACCOUNTS = a").kind, ChangeAccounts::Kind::kRemove);
  EXPECT_EQ(Change<ChangeAccounts>("SET ACCOUNTS = a").kind, ChangeAccounts::Kind::kSet);
}

TEST(OwnerSql, ParsesRecipients) {
  const auto create = Parsed<CreateRecipient>(
      "CREATE RECIPIENT IF NOT EXISTS acme COMMENT 'c' "
      "PROPERTIES ('country' = 'FR', tier 'gold', a.b = '')");
  EXPECT_TRUE(create.if_not_exists);
  EXPECT_EQ(create.comment, "c");
  ASSERT_THAT(create.properties, SizeIs(3));
  EXPECT_EQ(create.properties[0].first.text, "country");
  EXPECT_EQ(create.properties[0].second, "FR");
  EXPECT_EQ(create.properties[1].second, "gold");
  EXPECT_EQ(create.properties[2].first.text, "a.b");
  const auto set = Parsed<AlterRecipient>("ALTER RECIPIENT acme SET PROPERTIES ('a' = 'b')");
  EXPECT_THAT(std::get<SetProperties>(set.change).properties, SizeIs(1));
  const auto unset = Parsed<AlterRecipient>("ALTER RECIPIENT acme UNSET PROPERTIES ('a', b)");
  EXPECT_THAT(std::get<UnsetProperties>(unset.change).keys, SizeIs(2));
  const auto renamed = Parsed<AlterRecipient>("ALTER RECIPIENT acme RENAME TO acme2");
  EXPECT_EQ(std::get<RenameTo>(renamed.change).name.text, "acme2");
  const auto comment = Parsed<AlterRecipient>("ALTER RECIPIENT acme SET COMMENT = 'x'");
  EXPECT_EQ(std::get<SetComment>(comment.change).comment, "x");
  EXPECT_EQ(Parsed<DropRecipient>("DROP RECIPIENT acme").name.text, "acme");
  EXPECT_EQ(Parsed<ShowRecipients>("SHOW RECIPIENTS LIKE 'a_'").like, "a_");
  EXPECT_EQ(Parsed<DescribeRecipient>("DESCRIBE RECIPIENT acme").name.text, "acme");
  EXPECT_EQ(Parsed<ShowGrantsToRecipient>("SHOW GRANTS TO RECIPIENT acme").recipient.text, "acme");
}

TEST(OwnerSql, ParsesGrantsOfBothKinds) {
  const auto grant = Parsed<GrantShare>("GRANT SELECT ON SHARE s TO RECIPIENT r");
  EXPECT_EQ(grant.share.text, "s");
  EXPECT_EQ(grant.recipient.text, "r");
  EXPECT_EQ(Parsed<RevokeShare>("REVOKE SELECT ON SHARE s FROM RECIPIENT r").recipient.text, "r");
  const auto all = Parsed<GrantToShare>("GRANT SELECT ON ALL TABLES IN SCHEMA d.s TO SHARE x");
  EXPECT_EQ(all.object.kind, SharedObject::Kind::kAllTablesInSchema);
  EXPECT_EQ(all.object.object.ToString(), "d.s");
  const auto revoke = Parsed<RevokeFromShare>("REVOKE SELECT ON TABLE d.s.t FROM SHARE x");
  EXPECT_EQ(revoke.object.kind, SharedObject::Kind::kTable);
  EXPECT_EQ(Parsed<RevokeFromShare>("REVOKE USAGE ON SCHEMA d.s FROM SHARE x").object.kind,
            SharedObject::Kind::kSchema);
  EXPECT_EQ(Parsed<DropDatabase>("DROP DATABASE IF EXISTS d").name.text, "d");
}

TEST(OwnerSql, ParsesExplainCostAndKeepsItsCondition) {
  const auto explain = Parsed<ExplainCost>(
      "EXPLAIN COST FOR RECIPIENT acme ON TABLE s.t.u\n WHERE day >= '2026-01-01'  AND a = ';' ;");
  ASSERT_TRUE(explain.recipient);
  EXPECT_EQ(explain.recipient->text, "acme");
  EXPECT_EQ(explain.table.ToString(), "s.t.u");
  EXPECT_EQ(explain.condition, "day >= '2026-01-01'  AND a = ';'");
  EXPECT_EQ(explain.condition_at.line, 2);
  EXPECT_EQ(explain.condition_at.column, 8);
  EXPECT_EQ(Parsed<ExplainCost>("EXPLAIN COST ON TABLE s.t.u").condition, "");
}

TEST(OwnerSql, QueriesAreKeptWhole) {
  const auto statements = ParseSql(
      "with x as (select ';' from \"a;b\" -- ; no end\n) select {v}::int, $1 /* ; */;;;"
      "drop share s");
  ASSERT_THAT(statements, IsOkAnd(SizeIs(2)));
  EXPECT_TRUE(std::holds_alternative<Query>(statements->front().action));
  EXPECT_THAT(statements->front().text, testing::EndsWith("$1"));
}

TEST(OwnerSql, NamesWhatIsWrongAndWhere) {
  EXPECT_EQ(Fault("\n\nGRANT SELECT FROM x"), "line 3, column 14: expected ON, found 'FROM'");
  EXPECT_EQ(
      Fault("CRAETE SHARE x"),
      "line 1, column 1: expected CREATE, ALTER, DROP, SHOW, DESCRIBE, DESC, GRANT, REVOKE or "
      "EXPLAIN, found 'CRAETE': did you mean CREATE?");
  EXPECT_EQ(Fault("DROP SHRE x"),
            "line 1, column 6: expected SHARE, RECIPIENT or DATABASE, found 'SHRE': did you mean "
            "SHARE?");
  EXPECT_EQ(Fault("GRANT SELECT ON SHARE s TO RECIPIENT"),
            "line 1, column 37: expected the recipient's name, found the end");
  EXPECT_EQ(Fault("CREATE SHARE a b"), "line 1, column 16: expected ';', found 'b'");
  EXPECT_EQ(Fault("CREATE SHARE s COMMENT \"x\""),
            "line 1, column 24: expected a comment in single quotes, found the name \"x\"");
  EXPECT_EQ(Fault("GRANT SELECT ON TABLE t TO SHARE s"),
            "line 1, column 23: expected DATABASE.SCHEMA.TABLE, found 't'");
  EXPECT_EQ(Fault("REVOKE USAGE ON DATABASE a.b FROM SHARE s"),
            "line 1, column 26: expected DATABASE, found 'a.'");
  EXPECT_EQ(Fault("ALTER SHARE s ADD TABLE t LOCATION '/x'"),
            "line 1, column 25: expected SCHEMA.TABLE for a location, found 't'");
  EXPECT_EQ(Fault("ALTER SHARE s ADD TABLE a.t LOCATION '/x' AS b.c"),
            "line 1, column 43: expected AS name, LOCATION '...', COMMENT '...', WITH HISTORY or "
            "';', found 'AS'");
  EXPECT_EQ(Fault("DROP SHARE 'a\nb'"),
            "line 1, column 12: expected a name, found the string 'a b'");
}

TEST(OwnerSql, RefusesByNameWhatOthersHave) {
  for (const char* text :
       {"CREATE OR REPLACE SHARE s", "ALTER SHARE s ADD VIEW v", "ALTER SHARE s SET TAG a = 'b'",
        "ALTER SHARE s ADD TABLE a.b PARTITION (c = 1)", "CREATE RECIPIENT r USING ID 'x'",
        "ALTER SHARE s ADD ACCOUNTS = a SHARE_RESTRICTIONS = FALSE",
        "GRANT REFERENCE_USAGE ON DATABASE d TO SHARE s",
        "GRANT SELECT ON VIEW d.s.v TO SHARE s"}) {
    EXPECT_THAT(ParseSql(text), FailsWith(ErrorCode::kUnsupported)) << text;
    EXPECT_THAT(Fault(text), HasSubstr("not supported")) << text;
  }
}

TEST(OwnerSql, RefusesTextThatOthersReadInAnotherWay) {
  EXPECT_THAT(Fault("CREATE SHARE s COMMENT 'a\\'; DROP SHARE t; --'"),
              HasSubstr("column 26: \\' is read in two ways"));
  EXPECT_THAT(Fault("/* a /* b */ DROP SHARE s; */"), HasSubstr("column 6: a comment inside"));
  EXPECT_THAT(Fault("SELECT $$ ; DROP SHARE s; $$"), HasSubstr("between $$"));
}

TEST(OwnerSql, RefusesWhatIsNoText) {
  EXPECT_EQ(Fault("DROP SHARE a;\nDROP SHARE \xff"), "line 2, column 1: this line is not UTF-8");
  EXPECT_THAT(Fault("DROP SHARE 'abc"), HasSubstr("column 12: a string that does not end"));
  EXPECT_THAT(Fault("DROP SHARE \"abc"), HasSubstr("a quoted name that does not end"));
  EXPECT_THAT(Fault("DROP SHARE \"\""), HasSubstr("an empty name"));
  EXPECT_THAT(Fault("DROP SHARE \"a\nb\""), HasSubstr("a control character in a name"));
  EXPECT_THAT(Fault("/* DROP SHARE"), HasSubstr("column 1: a comment that does not end"));
  EXPECT_THAT(Fault(std::string("SELECT '\0'", 10)), HasSubstr("a NUL character"));
  EXPECT_THAT(Fault("DROP SHARE \x01"), HasSubstr("a control character"));
}

TEST(OwnerSql, TakesTextWithoutStatements) {
  for (const char* text : {"", ";", " ;; -- nothing\n", "/* */", "\xEF\xBB\xBF"}) {
    EXPECT_THAT(ParseSql(text), IsOkAnd(SizeIs(0))) << text;
  }
  EXPECT_THAT(ParseSql("\xEF\xBB\xBF"
                       "DROP SHARE s"),
              IsOkAnd(SizeIs(1)));
}

TEST(OwnerSql, BoundsTextAndStatements) {
  EXPECT_THAT(ParseSql(std::string(kMaxTextBytes, ' ')), IsOk());
  EXPECT_THAT(ParseSql(std::string(kMaxTextBytes + 1, ' ')), FailsWith(ErrorCode::kTooLarge));
  std::string many;
  for (std::size_t i = 0; i < kMaxStatements; ++i) many += "DROP SHARE s;";
  EXPECT_THAT(ParseSql(many), IsOkAnd(SizeIs(kMaxStatements)));
  EXPECT_THAT(ParseSql(many + "DROP SHARE s"), FailsWith(ErrorCode::kTooLarge));
  const std::string long_name(1'000, 'x');
  EXPECT_LT(Fault("DROP " + long_name).size(), 150u);
}

TEST(OwnerSql, ShowsTheLineAndACaret) {
  const std::string text = "DROP SHARE a;\n\tDROP ÄÖ SHRE b;\n";
  EXPECT_EQ(ShowFault(text, Fault(text)),
            "line 2, column 7: expected SHARE, RECIPIENT or DATABASE, found 'ÄÖ'\n"
            "   DROP ÄÖ SHRE b;\n"
            "        ^\n");
  const std::string wide =
      "SHOW ALL IN SHARE " + std::string(300, 'x') + " nonsense" + std::string(300, ' ') + ";";
  const std::string shown = ShowFault(wide, Fault(wide));
  EXPECT_THAT(shown, HasSubstr("  ..." + std::string(59, 'x') + " nonsense"));
  EXPECT_THAT(shown, testing::EndsWith("\n" + std::string(65, ' ') + "^\n"));
}

TEST(OwnerSql, ShowsAMessageWithoutAPlaceAsItIs) {
  EXPECT_EQ(ShowFault("DROP SHARE a", "not found: a"), "not found: a\n");
  EXPECT_EQ(ShowFault("DROP SHARE a", "line 9, column 1: x"), "line 9, column 1: x\n");
  EXPECT_EQ(ShowFault("a", "line 1, column 99999999999: x"), "line 1, column 99999999999: x\n");
  EXPECT_EQ(ShowFault("\xff", "line 1, column 1: x"), "line 1, column 1: x\n");
}

}  // namespace
}  // namespace sluice::admin::sql
