#include <gtest/gtest.h>

#include <string>

#include "base/testing.h"
#include "expr/predicate.h"
#include "expr/testing_internal.h"

namespace sluice::expr {
namespace {

std::string Column(const std::string& name, const std::string& type) {
  return R"({"op":"column","name":")" + name + R"(","valueType":")" + type + R"("})";
}
std::string Literal(const std::string& value, const std::string& type) {
  return R"({"op":"literal","value":")" + value + R"(","valueType":")" + type + R"("})";
}
std::string Node(const std::string& op, const std::string& children) {
  return R"({"op":")" + op + R"(","children":[)" + children + "]}";
}
std::string Compare(const std::string& op, const std::string& column, const std::string& value,
                    const std::string& type) {
  return Node(op, Column(column, type) + "," + Literal(value, type));
}

std::string Parsed(const std::string& hint) {
  const auto predicate = ParseJsonHint(hint, SchemaOfAllTypes());
  return predicate.ok() ? Show(*predicate) : "error: " + predicate.error().message;
}

TEST(ParseJsonHint, ReadsEveryComparison) {
  EXPECT_EQ(Parsed(Compare("equal", "id", "50", "long")), "id = 50");
  EXPECT_EQ(Parsed(Compare("lessThan", "n", "5", "int")), "n < 5");
  EXPECT_EQ(Parsed(Compare("lessThanOrEqual", "name", "x", "string")), "Name <= 'x'");
  EXPECT_EQ(Parsed(Compare("greaterThan", "date", "1970-01-02", "date")), "date > 1");
  EXPECT_EQ(Parsed(Compare("greaterThanOrEqual", "x", "2.5", "double")), "x >= 2.5");
  EXPECT_EQ(Parsed(Compare("equal", "flag", "true", "bool")), "flag = 1");
  EXPECT_EQ(Parsed(Compare("equal", "f", "0.5", "float")), "f = 0.5");
  EXPECT_EQ(Parsed(Compare("equal", "at", "1970-01-01T00:00:01Z", "timestamp")), "at = 1000000");
}

TEST(ParseJsonHint, MirrorsALiteralOnTheLeft) {
  EXPECT_EQ(Parsed(Node("lessThan", Literal("5", "long") + "," + Column("id", "long"))), "id > 5");
}

TEST(ParseJsonHint, ReadsLogicAndNull) {
  const std::string null = Node("isNull", Column("id", "long"));
  EXPECT_EQ(Parsed(null), "isnull(id)");
  EXPECT_EQ(Parsed(Node("not", null)), "not(isnull(id))");
  EXPECT_EQ(Parsed(Node("and", null + "," + Column("flag", "bool"))), "and(isnull(id), flag = 1)");
  EXPECT_EQ(Parsed(Node("or", null + "," + null + "," + null)),
            "or(isnull(id), isnull(id), isnull(id))");
}

TEST(ParseJsonHint, FindsNestedAndDottedColumns) {
  EXPECT_EQ(Parsed(Compare("equal", "s.a", "1", "int")), "s.a = 1");
  EXPECT_EQ(Parsed(Compare("equal", "dotted.name", "1", "long")), "dotted.name = 1");
}

TEST(ParseJsonHint, JudgesNoColumnOfAnotherType) {
  EXPECT_EQ(Parsed(Compare("equal", "id", "1", "string")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "Name", "1", "long")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "local", "1970-01-01T00:00:00Z", "timestamp")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "price", "1.00", "decimal")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "none", "1", "long")), "?");
  EXPECT_EQ(Parsed(Node("equal", Column("id", "long") + "," + Literal("1", "string"))), "id = 1");
  EXPECT_EQ(Parsed(Node("equal", Column("date", "date") + "," + Literal("1", "int"))), "?");
}

TEST(ParseJsonHint, JudgesNoValueThatIsNone) {
  EXPECT_EQ(Parsed(Compare("equal", "id", "abc", "long")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "id", "99999999999999999999", "long")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "tiny", "300", "int")), "tiny = 300");
  EXPECT_EQ(Parsed(Compare("equal", "x", "NaN", "double")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "date", "soon", "date")), "?");
  EXPECT_EQ(Parsed(Node("equal", Column("id", "long") +
                                     R"(,{"op":"literal","value":7,"valueType":"long"})")),
            "id = 7");
}

TEST(ParseJsonHint, JudgesNoStringsThatAreNotComparedByBytes) {
  EXPECT_EQ(Parsed(Compare("equal", "folded", "x", "string")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "padded", "x", "string")), "?");
  EXPECT_EQ(Parsed(Compare("equal", "bounded", "x", "string")), "bounded = 'x'");
}

TEST(ParseJsonHint, ReadsOverOperationsItDoesNotKnow) {
  EXPECT_EQ(Parsed(Node("startsWith", "")), "?");
  EXPECT_EQ(Parsed(Node("equal", Column("id", "long") + "," + Column("n", "int"))), "?");
  EXPECT_EQ(Parsed(Node("isNull", Node("not", Column("flag", "bool")))), "?");
}

TEST(ParseJsonHint, RefusesWhatIsNoPredicate) {
  for (const std::string& hint :
       {std::string(""), std::string("[]"), std::string("{}"), std::string("1"),
        std::string(R"({"op":1})"), std::string(R"({"op":"and"})"), Node("and", ""),
        Node("not", ""), Node("and", "1"), Node("equal", Column("id", "long")),
        Node("not", Column("flag", "bool") + "," + Column("flag", "bool")),
        std::string(R"({"op":"or","children":{}})")}) {
    EXPECT_THAT(ParseJsonHint(hint, SchemaOfAllTypes()), FailsWith(ErrorCode::kInvalidArgument))
        << hint;
  }
}

TEST(ParseJsonHint, BoundsDepthConditionsAndSize) {
  const auto nested = [](int levels) {
    std::string hint = Column("flag", "bool");
    for (int i = 1; i < levels; ++i) hint = Node("not", hint);
    return hint;
  };
  EXPECT_THAT(ParseJsonHint(nested(100), SchemaOfAllTypes()), IsOk());
  EXPECT_EQ(Parsed(nested(101)), "error: predicate: nested deeper than 100 levels");
  EXPECT_FALSE(ParseJsonHint(nested(5000), SchemaOfAllTypes()).ok());
  std::string many = Column("flag", "bool");
  for (int i = 0; i < kMaxHintConditions; ++i) many += "," + Column("flag", "bool");
  EXPECT_EQ(Parsed(Node("or", many)), "error: predicate: more than 1000 conditions");
  const std::string big(kMaxJsonHintBytes + 1, ' ');
  EXPECT_THAT(ParseJsonHint(big, SchemaOfAllTypes()), FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::expr
