#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing.h"
#include "expr/predicate.h"
#include "expr/testing_internal.h"

namespace sluice::expr {
namespace {

std::string Parsed(const std::string& sql) {
  const auto predicate = ParseSqlHint(sql, SchemaOfAllTypes());
  return predicate.ok() ? Show(*predicate) : "error: " + predicate.error().message;
}

TEST(ParseSqlHint, ReadsEveryComparison) {
  EXPECT_EQ(Parsed("id = 5"), "id = 5");
  EXPECT_EQ(Parsed("id == -5"), "id = -5");
  EXPECT_EQ(Parsed("n < 5"), "n < 5");
  EXPECT_EQ(Parsed("n <= 5"), "n <= 5");
  EXPECT_EQ(Parsed("Name > 'x'"), "Name > 'x'");
  EXPECT_EQ(Parsed("x >= 1.5e3"), "x >= 1500");
  EXPECT_EQ(Parsed("id <> 5"), "not(id = 5)");
  EXPECT_EQ(Parsed("id != 5"), "not(id = 5)");
  EXPECT_EQ(Parsed("id <=> 5"), "and(not(isnull(id)), id = 5)");
  EXPECT_EQ(Parsed("id <=> NULL"), "isnull(id)");
  EXPECT_EQ(Parsed("5 < id"), "id > 5");
  EXPECT_EQ(Parsed("ID=5"), "id = 5");
}

TEST(ParseSqlHint, ReadsNullSetsAndRanges) {
  EXPECT_EQ(Parsed("id IS NULL"), "isnull(id)");
  EXPECT_EQ(Parsed("(id is not null)"), "not(isnull(id))");
  EXPECT_EQ(Parsed("id IN (1, 2)"), "or(id = 1, id = 2)");
  EXPECT_EQ(Parsed("id NOT IN (1, NULL)"), "not(or(id = 1, ?))");
  EXPECT_EQ(Parsed("id BETWEEN 1 AND 3 AND n = 2"), "and(and(id >= 1, id <= 3), n = 2)");
  EXPECT_EQ(Parsed("id NOT BETWEEN 1 AND 3"), "not(and(id >= 1, id <= 3))");
}

TEST(ParseSqlHint, KeepsThePrecedenceOfSql) {
  EXPECT_EQ(Parsed("id = 1 OR id = 2 AND n = 3"), "or(id = 1, and(id = 2, n = 3))");
  EXPECT_EQ(Parsed("NOT id = 1 AND n = 3"), "and(not(id = 1), n = 3)");
  EXPECT_EQ(Parsed("((id = 1) OR (id = 2)) AND NOT (n = 3)"),
            "and(or(id = 1, id = 2), not(n = 3))");
  EXPECT_EQ(Parsed("(id) = (5)"), "id = 5");
  EXPECT_EQ(Parsed("NOT NOT flag"), "flag = 1");
}

TEST(ParseSqlHint, ReadsBooleans) {
  EXPECT_EQ(Parsed("flag"), "flag = 1");
  EXPECT_EQ(Parsed("NOT flag AND flag = false"), "and(not(flag = 1), flag = 0)");
  EXPECT_EQ(Parsed("true"), "and()");
  EXPECT_EQ(Parsed("FALSE"), "or()");
}

TEST(ParseSqlHint, ReadsNames) {
  EXPECT_EQ(Parsed("`id` = 1"), "id = 1");
  EXPECT_EQ(Parsed("`dotted.name` = 1"), "dotted.name = 1");
  EXPECT_EQ(Parsed("s.a = 1"), "s.a = 1");
  EXPECT_EQ(Parsed("`S`.`A` = 1"), "s.a = 1");
  EXPECT_EQ(Parsed("none = 1"), "?");
  EXPECT_EQ(Parsed("date = '1970-01-02'"), "date = 1");
}

TEST(ParseSqlHint, ReadsPartitionFiltersOfTheSparkConnector) {
  EXPECT_EQ(Parsed("(CAST(partitionValues.`date` AS DATE) = DATE '1970-01-02')"), "date = 1");
  EXPECT_EQ(Parsed("((cast(`partitionValues`.`n` as int) IS NOT NULL) AND "
                   "(cast(`partitionValues`.`n` as int) > 3))"),
            "and(not(isnull(n)), n > 3)");
  EXPECT_EQ(Parsed("(CAST(partitionValues.`Name` AS STRING) = 'fr')"), "Name = 'fr'");
  EXPECT_EQ(Parsed("partitionValues.Name = 'fr'"), "Name = 'fr'");
  EXPECT_EQ(Parsed("partitionValues.n > '3'"), "?") << "a comparison of texts";
}

TEST(ParseSqlHint, ReadsTypedLiterals) {
  EXPECT_EQ(Parsed("date >= DATE '1970-01-02'"), "date >= 1");
  EXPECT_EQ(Parsed("at = TIMESTAMP '1970-01-01 00:00:01Z'"), "at = 1000000");
  EXPECT_EQ(Parsed("local = TIMESTAMP_NTZ '1970-01-01 00:00:01'"), "local = 1000000");
  EXPECT_EQ(Parsed("id = 5L AND tiny = 5Y AND x = 2.0D"), "and(id = 5, tiny = 5, x = 2)");
  EXPECT_EQ(Parsed("date = CAST('1970-01-02' AS DATE)"), "date = 1");
  EXPECT_EQ(Parsed("id = CAST(5 AS BIGINT)"), "id = 5");
  EXPECT_EQ(Parsed("f = CAST(0.5 AS FLOAT)"), "f = 0.5");
}

TEST(ParseSqlHint, LeavesOpenWhatTheSessionsZoneDecides) {
  EXPECT_EQ(Parsed("at > TIMESTAMP '1970-01-01 18:00:00'"),
            "or(at > 129600000000, and(at >= 0, ?))");
  EXPECT_EQ(Parsed("at = '1970-01-01 18:00:00'"), "and(at >= 0, at <= 129600000000, ?)");
  EXPECT_EQ(Parsed("local = TIMESTAMP '1970-01-01 00:00:00'"), "?");
}

TEST(ParseSqlHint, LeavesOpenHowAFloatIsCompared) {
  EXPECT_EQ(Parsed("f < 0.5"), "f < 0.5");
  const std::string open = Parsed("f < 0.1");
  EXPECT_TRUE(open.starts_with("or(f < 0.0999") && open.ends_with(", ?))")) << open;
  EXPECT_EQ(Parsed("f = 0.1F"), "f = 0.10000000149011612");
}

TEST(ParseSqlHint, JudgesNoMixOfTypesThatReadersConvertDifferently) {
  for (const char* sql :
       {"Name = 5", "id = 5.5", "date = 5", "date = TIMESTAMP '1970-01-01 00:00:00Z'", "flag = 1",
        "price = 1.00", "CAST(id AS STRING) = '5'", "CAST(id AS INT) = 5",
        "id = CAST(300 AS TINYINT)", "id = 99999999999999999999", "folded = 'x'", "padded = 'x'",
        "id = NULL", "5", "id", "'x'", "Name = 'a''b'", "Name = \"x\"", "Name = 'a\\nb'"}) {
    EXPECT_EQ(Parsed(sql), "?") << sql;
  }
  EXPECT_EQ(Parsed("Name = 'it\\'s'"), "Name = 'it's'");
  EXPECT_EQ(Parsed("id = '5'"), "id = 5");
}

TEST(ParseSqlHint, ReadsOverWhatItCannotJudge) {
  EXPECT_EQ(Parsed("id = 1 AND Name LIKE 'x%'"), "and(id = 1, ?)");
  EXPECT_EQ(Parsed("id = 1 AND Name NOT LIKE 'x%'"), "and(id = 1, not(?))");
  EXPECT_EQ(Parsed("id + 1 = 5 AND n = 2"), "and(?, n = 2)");
  EXPECT_EQ(Parsed("year(date) = 2020 OR now() > at"), "or(?, ?)");
  EXPECT_EQ(Parsed("id % 2 = 0"), "?");
  EXPECT_EQ(Parsed("- id = 5"), "?");
  EXPECT_EQ(Parsed("flag IS NOT TRUE"), "?");
  EXPECT_EQ(Parsed("CAST(price AS DECIMAL(10, 2)) = 1"), "?");
  EXPECT_EQ(Parsed("id = n"), "?");
}

TEST(ParseSqlHint, RefusesWhatIsNoCondition) {
  for (const char* sql : {"",
                          " ",
                          "id =",
                          "= 5",
                          "id = 5 n = 3",
                          "(id = 5",
                          "id = 5)",
                          "id IN ()",
                          "id IN (1,",
                          "id BETWEEN 1",
                          "id BETWEEN 1 OR 2",
                          "id IS 5",
                          "id NOT 5",
                          "'open",
                          "`open",
                          "'open\\",
                          "id = ;",
                          "id # 5",
                          "CASE WHEN id = 1 THEN 2 END = 2",
                          "CAST(id AS",
                          "CAST(id, INT) = 5",
                          "INTERVAL '1' DAY = id",
                          "AND",
                          "id = 1 AND",
                          "f(1",
                          "a . = 5",
                          "CAST(id AS INT(x))",
                          "1 < id < 3"}) {
    EXPECT_THAT(ParseSqlHint(sql, SchemaOfAllTypes()), FailsWith(ErrorCode::kInvalidArgument))
        << sql;
  }
  EXPECT_EQ(Parsed("id = 5 )"), "error: predicate: unexpected ')'");
}

TEST(ParseSqlHint, BoundsDepthConditionsAndSize) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '(') + "id = 1" + std::string(levels, ')');
  };
  EXPECT_EQ(Parsed(nested(99)), "id = 1");
  EXPECT_EQ(Parsed(nested(100)), "error: predicate: nested deeper than 100 levels");
  EXPECT_EQ(Parsed(nested(30'000)), "error: predicate: nested deeper than 100 levels");
  EXPECT_EQ(Parsed(std::string(60'000, '!') + "flag"), "flag = 1");
  EXPECT_EQ(Parsed(std::string(60'000, '-')), "error: predicate: ends too early");
  std::string many = "id IN (1";
  for (int i = 0; i < kMaxHintConditions; ++i) many += ",1";
  EXPECT_EQ(Parsed(many + ")"), "error: predicate: more than 1000 conditions");
  EXPECT_FALSE(ParseSqlHint(std::string(kMaxSqlHintBytes + 1, ' '), SchemaOfAllTypes()).ok());
}

TEST(ParseSqlHints, SkipsWhatItCannotRead) {
  const std::vector<std::string> hints = {"id = 1", "id = ;", "none = 2", "n > 3"};
  EXPECT_EQ(Show(ParseSqlHints(hints, SchemaOfAllTypes())), "and(id = 1, ?, n > 3)");
  EXPECT_EQ(Show(ParseSqlHints({}, SchemaOfAllTypes())), "and()");
}

TEST(ParseSqlHints, BoundsTheConditionsOfAllTogether) {
  std::string half = "id = 1";
  for (int i = 1; i < kMaxHintConditions / 2; ++i) half += " OR id = 1";
  const std::vector<std::string> hints = {half, half, "id = 1", half};
  EXPECT_EQ(ParseSqlHints(hints, SchemaOfAllTypes()).children.size(), 2U);
}

}  // namespace
}  // namespace sluice::expr
