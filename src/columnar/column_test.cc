#include "columnar/column.h"

#include "base/testing.h"
#include "columnar/testing.h"

namespace sluice::columnar {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::int64_t> Integers(const Column& column) {
  std::vector<std::int64_t> values;
  for (std::size_t row = 0; row < column.size(); ++row) values.push_back(column.Integer(row));
  return values;
}

std::vector<std::string> Texts(const Column& column) {
  std::vector<std::string> values;
  for (std::size_t row = 0; row < column.size(); ++row) {
    values.emplace_back(column.IsNull(row) ? "<null>" : column.Text(row));
  }
  return values;
}

TEST(ColumnTest, IntegersOfEveryWidthAreRead) {
  const auto types = {arrow::int8(), arrow::int16(), arrow::int32(), arrow::int64()};
  for (const auto& type : types) {
    const Column column = ColumnOf(type, "[-128, 0, 127]");
    EXPECT_EQ(column.type(), ValueType::kInteger) << type->ToString();
    EXPECT_THAT(Integers(column), ElementsAre(-128, 0, 127)) << type->ToString();
  }
  EXPECT_THAT(Integers(ColumnOf(arrow::int64(), "[-9223372036854775808, 9223372036854775807]")),
              ElementsAre(INT64_MIN, INT64_MAX));
}

TEST(ColumnTest, UnsignedIntegersDoNotTurnNegative) {
  EXPECT_THAT(Integers(ColumnOf(arrow::uint8(), "[255]")), ElementsAre(255));
  EXPECT_THAT(Integers(ColumnOf(arrow::uint16(), "[65535]")), ElementsAre(65535));
  EXPECT_THAT(Integers(ColumnOf(arrow::uint32(), "[4294967295]")), ElementsAre(4294967295));
}

TEST(ColumnTest, NullsAreSeen) {
  const Column column = ColumnOf(arrow::int32(), "[1, null, 3]");
  EXPECT_FALSE(column.IsNull(0));
  EXPECT_TRUE(column.IsNull(1));
  EXPECT_FALSE(column.IsNull(2));
  EXPECT_TRUE(ColumnOf(arrow::null(), "[null]").IsNull(0));
}

TEST(ColumnTest, BooleansRealsAndDatesAreRead) {
  EXPECT_THAT(Integers(ColumnOf(arrow::boolean(), "[true, false, true]")), ElementsAre(1, 0, 1));
  const Column narrow = ColumnOf(arrow::float32(), "[1.5]");
  EXPECT_EQ(narrow.type(), ValueType::kReal);
  EXPECT_EQ(narrow.Real(0), 1.5);
  EXPECT_EQ(ColumnOf(arrow::float64(), "[0.1]").Real(0), 0.1);
  const Column date = ColumnOf(arrow::date32(), "[-1, 0, 19000]");
  EXPECT_EQ(date.type(), ValueType::kDate);
  EXPECT_THAT(Integers(date), ElementsAre(-1, 0, 19000));
}

TEST(ColumnTest, DecimalsKeepTheDigitsOfTheirScale) {
  const Column column = ColumnOf(arrow::decimal128(10, 2), R"(["1.20", "-0.05"])");
  EXPECT_EQ(column.type(), ValueType::kDecimal);
  EXPECT_EQ(column.DecimalText(0), "1.20");
  EXPECT_EQ(column.DecimalText(1), "-0.05");
}

TEST(ColumnTest, TimestampsOfEveryUnitAreMicroseconds) {
  EXPECT_THAT(Integers(ColumnOf(arrow::timestamp(arrow::TimeUnit::SECOND), "[-1, 1]")),
              ElementsAre(-1'000'000, 1'000'000));
  EXPECT_THAT(Integers(ColumnOf(arrow::timestamp(arrow::TimeUnit::MILLI), "[-1, 1]")),
              ElementsAre(-1'000, 1'000));
  EXPECT_THAT(Integers(ColumnOf(arrow::timestamp(arrow::TimeUnit::MICRO), "[-1, 1]")),
              ElementsAre(-1, 1));
}

TEST(ColumnTest, NanosecondsAreCutTowardsThePast) {
  EXPECT_THAT(
      Integers(ColumnOf(arrow::timestamp(arrow::TimeUnit::NANO), "[-1001, -1000, -1, 0, 999]")),
      ElementsAre(-2, -1, -1, 0, 0));
}

TEST(ColumnTest, SecondsTooLargeForMicrosecondsStopAtTheEnds) {
  EXPECT_THAT(Integers(ColumnOf(arrow::timestamp(arrow::TimeUnit::SECOND),
                                "[-9223372036854775808, 9223372036854775807]")),
              ElementsAre(INT64_MIN, INT64_MAX));
}

TEST(ColumnTest, TextIsReadInEveryLayout) {
  const std::string json = R"(["a", null, "", "longer than twelve bytes"])";
  const auto expected = ElementsAre("a", "<null>", "", "longer than twelve bytes");
  for (const auto& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(),
                           arrow::dictionary(arrow::int32(), arrow::utf8()),
                           arrow::dictionary(arrow::int8(), arrow::large_utf8())}) {
    const Column column = ColumnOf(type, json);
    EXPECT_EQ(column.type(), ValueType::kText) << type->ToString();
    EXPECT_THAT(Texts(column), expected) << type->ToString();
  }
}

TEST(ColumnTest, BinaryIsReadInEveryLayout) {
  for (const auto& type : {arrow::binary(), arrow::large_binary(), arrow::binary_view(),
                           arrow::dictionary(arrow::int32(), arrow::binary())}) {
    const Column column = ColumnOf(type, R"(["a", null])");
    EXPECT_EQ(column.type(), ValueType::kBinary) << type->ToString();
    EXPECT_THAT(Texts(column), ElementsAre("a", "<null>")) << type->ToString();
  }
}

TEST(ColumnTest, SlicesShowTheirOwnRows) {
  const Column integers("c", ArrayOf(arrow::int32(), "[1, null, 3, 4]")->Slice(1, 2));
  EXPECT_EQ(integers.size(), 2U);
  EXPECT_TRUE(integers.IsNull(0));
  EXPECT_EQ(integers.Integer(1), 3);
  const Column booleans("c", ArrayOf(arrow::boolean(), "[true, false, true]")->Slice(1));
  EXPECT_THAT(Integers(booleans), ElementsAre(0, 1));
  for (const auto& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(),
                           arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    const Column texts("c", ArrayOf(type, R"(["a", "b", null, "d"])")->Slice(1, 2));
    EXPECT_THAT(Texts(texts), ElementsAre("b", "<null>")) << type->ToString();
  }
  const Column decimals("c", ArrayOf(arrow::decimal128(3, 1), R"(["1.0", "2.0"])")->Slice(1));
  EXPECT_EQ(decimals.DecimalText(0), "2.0");
}

TEST(ColumnTest, ChildrenOfSlicedStructsShowTheSameRows) {
  const auto type = arrow::struct_({arrow::field("a", arrow::int32())});
  const Column column("c", ArrayOf(type, R"([{"a": 1}, {"a": 2}, null])")->Slice(1));
  ASSERT_EQ(column.type(), ValueType::kStruct);
  ASSERT_NE(column.Find("a"), nullptr);
  EXPECT_EQ(column.Find("b"), nullptr);
  EXPECT_EQ(column.Find("a")->Integer(0), 2);
  EXPECT_TRUE(column.IsNull(1));
}

TEST(ColumnTest, ListsAndMapsTellTheRowsOfTheirElements) {
  for (const auto& type : {arrow::list(arrow::utf8()), arrow::large_list(arrow::utf8())}) {
    const Column list("c", ArrayOf(type, R"([["x"], [], ["a", "b"]])")->Slice(1));
    ASSERT_EQ(list.type(), ValueType::kList) << type->ToString();
    EXPECT_THAT(list.Elements(0), Pair(1, 1));
    EXPECT_THAT(list.Elements(1), Pair(1, 3));
    EXPECT_EQ(list.children()[0].Text(2), "b");
  }
  const auto map_type = arrow::map(arrow::utf8(), arrow::utf8());
  const Column map("c", ArrayOf(map_type, R"([[["k", "v"]], null, [["l", null]]])"));
  ASSERT_EQ(map.type(), ValueType::kMap);
  EXPECT_THAT(map.Elements(2), Pair(1, 2));
  EXPECT_TRUE(map.IsNull(1));
  EXPECT_EQ(map.children()[0].Text(1), "l");
  EXPECT_TRUE(map.children()[1].IsNull(1));
}

TEST(ColumnTest, OtherTypesAreNamedOther) {
  for (const auto& type : {arrow::fixed_size_binary(1), arrow::time32(arrow::TimeUnit::SECOND)}) {
    EXPECT_EQ(ColumnOf(type, "[null]").type(), ValueType::kOther) << type->ToString();
  }
}

}  // namespace
}  // namespace sluice::columnar
