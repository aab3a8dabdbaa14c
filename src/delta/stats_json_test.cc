#include "delta/stats_json.h"

#include <limits>

#include "base/testing.h"
#include "columnar/testing.h"

namespace sluice::delta {
namespace {

using columnar::ArrayOf;
using columnar::Column;
using columnar::ColumnOf;

std::string Print(const std::shared_ptr<arrow::DataType>& type, const std::string& json,
                  std::size_t row = 0) {
  std::string out;
  AppendSparkJson(ColumnOf(type, json), row, out);
  return out;
}

std::string PrintDouble(double value) {
  arrow::DoubleBuilder builder;
  EXPECT_TRUE(builder.Append(value).ok());
  std::string out;
  AppendSparkJson(Column("c", builder.Finish().ValueOrDie()), 0, out);
  return out;
}

TEST(SparkJsonTest, WholeNumbersAndBooleans) {
  EXPECT_EQ(Print(arrow::int32(), "[-7]"), "-7");
  EXPECT_EQ(Print(arrow::int64(), "[9223372036854775807]"), "9223372036854775807");
  EXPECT_EQ(Print(arrow::boolean(), "[true, false]", 1), "false");
}

TEST(SparkJsonTest, DoublesAsJavaPrintsThem) {
  for (const auto& [value, text] : std::vector<std::pair<double, std::string>>{
           {0.0, "0.0"},
           {-0.0, "-0.0"},
           {1.0, "1.0"},
           {-1.5, "-1.5"},
           {0.1, "0.1"},
           {0.001, "0.001"},
           {0.0001, "1.0E-4"},
           {9999999.0, "9999999.0"},
           {1e7, "1.0E7"},
           {1.25e10, "1.25E10"},
           {-1.5e-7, "-1.5E-7"},
           {1e300, "1.0E300"},
           {std::numeric_limits<double>::quiet_NaN(), "\"NaN\""},
           {std::numeric_limits<double>::infinity(), "\"Infinity\""},
           {-std::numeric_limits<double>::infinity(), "\"-Infinity\""}}) {
    EXPECT_EQ(PrintDouble(value), text);
  }
}

TEST(SparkJsonTest, FloatsHaveAFloatsDigits) {
  EXPECT_EQ(Print(arrow::float32(), "[0.1]"), "0.1");
  EXPECT_EQ(Print(arrow::float32(), "[3.4028235e38]"), "3.4028235E38");
}

TEST(SparkJsonTest, DecimalsAreNumbersWithAllTheirDigits) {
  EXPECT_EQ(Print(arrow::decimal128(10, 2), R"(["-1.20"])"), "-1.20");
  EXPECT_EQ(Print(arrow::decimal128(38, 0), R"(["12345678901234567890"])"), "12345678901234567890");
}

TEST(SparkJsonTest, DatesAreIso) {
  EXPECT_EQ(Print(arrow::date32(), "[0]"), "\"1970-01-01\"");
  EXPECT_EQ(Print(arrow::date32(), "[-1]"), "\"1969-12-31\"");
  EXPECT_EQ(Print(arrow::date32(), "[18321]"), "\"2020-02-29\"");
}

TEST(SparkJsonTest, DatesFarAwayDoNotOverflow) {
  EXPECT_EQ(Print(arrow::date32(), "[2932896]"), "\"9999-12-31\"");
  for (const char* days : {"[2147483647]", "[-2147483648]"}) {
    EXPECT_NE(Print(arrow::date32(), days), "");
  }
  EXPECT_NE(Print(arrow::timestamp(arrow::TimeUnit::MICRO), "[9223372036854775807]"), "");
  EXPECT_NE(Print(arrow::timestamp(arrow::TimeUnit::MICRO), "[-9223372036854775808]"), "");
}

TEST(SparkJsonTest, TimestampsAreUtcCutToMilliseconds) {
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  EXPECT_EQ(Print(type, "[1609459200123999]"), "\"2021-01-01T00:00:00.123Z\"");
  EXPECT_EQ(Print(type, "[-1]"), "\"1969-12-31T23:59:59.999Z\"");
}

TEST(SparkJsonTest, LocalTimestampsHaveNoZone) {
  EXPECT_EQ(Print(arrow::timestamp(arrow::TimeUnit::MICRO), "[1609459200123999]"),
            "\"2021-01-01T00:00:00.123\"");
  // INT96, which is always of instants, is read as nanoseconds.
  EXPECT_EQ(Print(arrow::timestamp(arrow::TimeUnit::NANO), "[1609459200123999999]"),
            "\"2021-01-01T00:00:00.123Z\"");
}

TEST(SparkJsonTest, BoundsOfVariantsAreLeftOut) {
  const auto variant = arrow::struct_(
      {arrow::field("metadata", arrow::binary()), arrow::field("value", arrow::binary())});
  const auto type = arrow::struct_({arrow::field("v", variant), arrow::field("a", arrow::int32())});
  EXPECT_EQ(Print(type, R"([{"v": {"metadata": "m", "value": "v"}, "a": 1}])"), R"({"a":1})");
}

TEST(SparkJsonTest, TextIsEscaped) {
  EXPECT_EQ(Print(arrow::utf8(), R"(["a\"b\nc"])"), R"("a\"b\nc")");
}

TEST(SparkJsonTest, BinaryIsBase64) {
  for (const auto& [bytes, text] :
       std::vector<std::pair<std::string, std::string>>{{"", "\"\""},
                                                        {"f", "\"Zg==\""},
                                                        {"fo", "\"Zm8=\""},
                                                        {"foo", "\"Zm9v\""},
                                                        {"foob", "\"Zm9vYg==\""}}) {
    EXPECT_EQ(Print(arrow::binary(), "[\"" + bytes + "\"]"), text);
  }
}

TEST(SparkJsonTest, NullMembersAreLeftOut) {
  const auto type =
      arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8()),
                      arrow::field("s", arrow::struct_({arrow::field("c", arrow::int32())}))});
  EXPECT_EQ(Print(type, R"([{"a": null, "b": "x", "s": {"c": null}}])"), R"({"b":"x","s":{}})");
  EXPECT_EQ(Print(type, R"([{"a": 1, "b": null, "s": null}])"), R"({"a":1})");
  EXPECT_EQ(Print(type, "[{}]"), "{}");
}

TEST(SparkJsonTest, ListsAndMapsKeepTheirNulls) {
  EXPECT_EQ(Print(arrow::list(arrow::int32()), "[[1], [2, null, 3]]", 1), "[2,null,3]");
  EXPECT_EQ(Print(arrow::map(arrow::utf8(), arrow::utf8()), R"([[["k", "v"], ["l", null]]])"),
            R"({"k":"v","l":null})");
}

}  // namespace
}  // namespace sluice::delta
