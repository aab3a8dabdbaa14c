#include "table/stats.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/testing.h"
#include "table/testing.h"

namespace sluice::table {
namespace {

using expr::ColumnBounds;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::Gt;
using testing::Le;
using testing::Lt;

constexpr int kBoth = ColumnBounds::kHasMin | ColumnBounds::kHasMax;

ColumnBounds Decode(const std::vector<std::string>& stats, const std::vector<std::string>& column,
                    const expr::Schema& schema) {
  BlockMaker maker;
  for (const std::string& text : stats) maker.Add("f", text);
  const auto block = maker.Finish();
  return DecodeStats(block->EscapedStats(), block->rows(), column, schema.Find(column)->type);
}

// Of one file with a column "c" of `type`.
ColumnBounds Decode(const std::string& stats, const std::string& type) {
  return Decode({stats}, {"c"}, SchemaOf({"c " + type}));
}

std::string MinMax(const std::string& min, const std::string& max) {
  return R"({"numRecords":3,"minValues":{"c":)" + min + R"(},"maxValues":{"c":)" + max + "}}";
}

TEST(StatsTest, WholeNumbersAreExactAtTheEndsOfTheirRange) {
  for (const char* type : {"byte", "short", "integer", "long"}) {
    const ColumnBounds bounds = Decode(MinMax("-128", "127"), type);
    EXPECT_EQ(bounds.lane, expr::Lane::kInt64) << type;
    EXPECT_THAT(bounds.flags, ElementsAre(kBoth)) << type;
    EXPECT_THAT(bounds.min_int64, ElementsAre(-128)) << type;
    EXPECT_THAT(bounds.max_int64, ElementsAre(127)) << type;
  }
  const ColumnBounds widest = Decode(MinMax("-9223372036854775808", "9223372036854775807"), "long");
  EXPECT_THAT(widest.min_int64, ElementsAre(INT64_MIN));
  EXPECT_THAT(widest.max_int64, ElementsAre(INT64_MAX));
}

TEST(StatsTest, NumbersBeyondTheRangeAreUnknown) {
  EXPECT_THAT(Decode(MinMax("0", "9223372036854775808"), "long").flags,
              ElementsAre(ColumnBounds::kHasMin));
  EXPECT_THAT(Decode(MinMax("1.5", "2.5"), "long").flags, ElementsAre(0));
}

TEST(StatsTest, BooleansAreZeroAndOne) {
  const ColumnBounds bounds = Decode(MinMax("false", "true"), "boolean");
  EXPECT_THAT(bounds.flags, ElementsAre(kBoth));
  EXPECT_THAT(bounds.min_int64, ElementsAre(0));
  EXPECT_THAT(bounds.max_int64, ElementsAre(1));
}

TEST(StatsTest, RealNumbersTakeWholeOnesToo) {
  const ColumnBounds bounds = Decode(MinMax("-1.5", "3"), "double");
  EXPECT_EQ(bounds.lane, expr::Lane::kDouble);
  EXPECT_THAT(bounds.min_double, ElementsAre(AllOf(Lt(-1.5), Gt(-1.5000000001))));
  EXPECT_THAT(bounds.max_double, ElementsAre(3.0));
}

// The JSON library reads most fractions a little off; the true value must stay inside.
TEST(StatsTest, NoFractionFallsOutOfItsOwnBounds) {
  for (const char* digits :
       {"0.1", "1.7976931348623157e308", "2.2250738585072014e-308", "123456.789e-7",
        "9007199254740993.5", "6.02214076e23", "0.30000000000000004"}) {
    const ColumnBounds bounds = Decode(MinMax(digits, digits), "double");
    double exact = 0;
    std::from_chars(digits, digits + std::strlen(digits), exact);
    EXPECT_THAT(bounds.min_double, ElementsAre(Le(exact))) << digits;
    EXPECT_THAT(bounds.max_double, ElementsAre(Ge(exact))) << digits;
  }
}

TEST(StatsTest, FloatsAreTheNearestFloatNotTheNearestDouble) {
  const ColumnBounds bounds = Decode(MinMax("0.7", "0.1"), "float");
  EXPECT_THAT(bounds.min_double, ElementsAre(std::nextafter(0.7F, 0.0F)));
  EXPECT_THAT(bounds.max_double, ElementsAre(std::nextafter(0.1F, 1.0F)));
}

// A column "c" that was of type `from`.
expr::Schema WidenedFrom(const std::string& from, const std::string& to) {
  return expr::ParseSchema(R"({"type":"struct","fields":[{"name":"c","type":")" + to +
                           R"(","metadata":{"delta.typeChanges":[{"fromType":")" + from +
                           R"(","toType":")" + to + R"("}]}}]})")
      .value();
}

// The statistics may stem from either type: a float prints 0.1, but is 0.100000001490116...
TEST(StatsTest, DoublesThatWereFloatsAreBoundedAsBoth) {
  const expr::Schema schema = WidenedFrom("float", "double");
  for (const char* digits : {"0.1", "0.7", "-0.1", "3.4028235E38", "1.4E-45", "1e300", "-1e300",
                             "16777217", "123456789", "0.30000000000000004"}) {
    const ColumnBounds bounds = Decode({MinMax(digits, digits)}, {"c"}, schema);
    double as_double = 0;
    std::from_chars(digits, digits + std::strlen(digits), as_double);
    EXPECT_THAT(bounds.flags, ElementsAre(kBoth)) << digits;
    EXPECT_THAT(bounds.min_double, ElementsAre(Le(as_double))) << digits;
    EXPECT_THAT(bounds.max_double, ElementsAre(Ge(as_double))) << digits;
    float as_float = 0;
    const auto read = std::from_chars(digits, digits + std::strlen(digits), as_float);
    if (read.ec != std::errc()) continue;  // no float prints that
    EXPECT_THAT(bounds.min_double, ElementsAre(Le(as_float))) << digits;
    EXPECT_THAT(bounds.max_double, ElementsAre(Ge(as_float))) << digits;
  }
  EXPECT_THAT(Decode({MinMax("2", "3")}, {"c"}, schema).max_double, ElementsAre(3.0));
}

TEST(StatsTest, BoundsOfNarrowerTypesAreRightUnderTheWider) {
  const ColumnBounds longs = Decode({MinMax("-128", "127")}, {"c"}, WidenedFrom("byte", "long"));
  EXPECT_THAT(longs.min_int64, ElementsAre(-128));
  EXPECT_THAT(longs.max_int64, ElementsAre(127));
  const ColumnBounds reals =
      Decode({MinMax("-2147483648", "2147483647")}, {"c"}, WidenedFrom("integer", "double"));
  EXPECT_THAT(reals.min_double, ElementsAre(Le(-2147483648.0)));
  EXPECT_THAT(reals.max_double, ElementsAre(Ge(2147483647.0)));
  const ColumnBounds times = Decode({MinMax("\"1970-01-02\"", "\"1970-01-03\"")}, {"c"},
                                    WidenedFrom("date", "timestamp_ntz"));
  constexpr std::int64_t kDay = 86'400'000'000;
  EXPECT_THAT(times.min_int64, ElementsAre(kDay));
  EXPECT_THAT(times.max_int64, ElementsAre(Ge(2 * kDay)));
  EXPECT_EQ(Decode({MinMax("1", "2")}, {"c"}, WidenedFrom("long", "decimal(20,0)")).lane,
            expr::Lane::kNone);
}

TEST(StatsTest, WideBoundsTellNoneAllOrNothingOfNulls) {
  const auto of = [](int nulls) {
    return R"({"numRecords":3,"tightBounds":false,"minValues":{"c":1},"maxValues":{"c":2},)"
           R"("nullCount":{"c":)" +
           std::to_string(nulls) + "}}";
  };
  const ColumnBounds bounds = Decode({of(0), of(1), of(3)}, {"c"}, SchemaOf({"c long"}));
  EXPECT_THAT(bounds.flags,
              ElementsAre(kBoth | ColumnBounds::kNoNulls, kBoth, kBoth | ColumnBounds::kAllNull));
}

TEST(StatsTest, WordsForRealNumbersAreUnknown) {
  EXPECT_THAT(Decode(MinMax("\"-Infinity\"", "\"NaN\""), "double").flags, ElementsAre(0));
}

TEST(StatsTest, StringsAreComparedAsTheyStand) {
  const ColumnBounds bounds = Decode(MinMax("\"a\\\"\\u00e9\"", "\"z\""), "string");
  EXPECT_EQ(bounds.lane, expr::Lane::kString);
  EXPECT_THAT(bounds.min_string, ElementsAre("a\"é"));
  EXPECT_THAT(bounds.max_string, ElementsAre("z"));
}

TEST(StatsTest, DatesAreDays) {
  const ColumnBounds bounds = Decode(MinMax("\"1969-12-31\"", "\"2020-01-02\""), "date");
  EXPECT_THAT(bounds.min_int64, ElementsAre(-1));
  EXPECT_THAT(bounds.max_int64, ElementsAre(18263));
}

TEST(StatsTest, MaximaOfTimestampsGainTheirLostMillisecond) {
  for (const char* type : {"timestamp", "timestamp_ntz"}) {
    const std::string zone = std::string(type) == "timestamp" ? "Z" : "";
    const ColumnBounds bounds = Decode(MinMax("\"1970-01-01T00:00:00.001" + zone + "\"",
                                              "\"1970-01-01T00:00:00.002" + zone + "\""),
                                       type);
    EXPECT_THAT(bounds.flags, ElementsAre(kBoth)) << type;
    EXPECT_THAT(bounds.min_int64, ElementsAre(1000)) << type;
    EXPECT_THAT(bounds.max_int64, ElementsAre(2999)) << type;
  }
}

TEST(StatsTest, TimestampsWithAZoneAreInstants) {
  const ColumnBounds bounds =
      Decode(MinMax("\"1970-01-01T01:00:00.000+01:00\"", "\"1969-12-31T16:00:00.000-08:00\""),
             "timestamp");
  EXPECT_THAT(bounds.min_int64, ElementsAre(0));
  EXPECT_THAT(bounds.max_int64, ElementsAre(999));
}

TEST(StatsTest, TimestampsWithoutAZoneMayBeOfAnyZone) {
  constexpr std::int64_t kDay = 86'400'000'000;
  const ColumnBounds bounds =
      Decode(MinMax("\"2020-01-02T00:00:00.000\"", "\"2020-01-02T00:00:00.000\""), "timestamp");
  EXPECT_LT(bounds.min_int64[0], 18263 * kDay - 10 * 3'600'000'000);
  EXPECT_GT(bounds.max_int64[0], 18263 * kDay + 10 * 3'600'000'000);
}

TEST(StatsTest, DecimalsAndBinaryAreUnknownButTheirNullsAreKnown) {
  for (const char* type : {"decimal(10,2)", "binary"}) {
    const ColumnBounds bounds = Decode(
        R"({"numRecords":2,"minValues":{"c":1.5},"maxValues":{"c":2.5},"nullCount":{"c":2}})",
        type);
    EXPECT_EQ(bounds.lane, expr::Lane::kNone) << type;
    EXPECT_THAT(bounds.flags, ElementsAre(ColumnBounds::kAllNull)) << type;
  }
}

TEST(StatsTest, ColumnsInsideStructsAreFound) {
  const auto schema = expr::ParseSchema(
      R"({"type":"struct","fields":[{"name":"s","type":{"type":"struct","fields":[
          {"name":"a","type":"long"}]}}]})");
  const ColumnBounds bounds = Decode(
      {R"({"numRecords":1,"minValues":{"s":{"a":4}},"maxValues":{"s":{"a":5}},"nullCount":{"s":{"a":0}}})",
       R"({"numRecords":1,"minValues":{"s":4},"maxValues":{"a":5},"nullCount":{"s":0}})"},
      {"s", "a"}, *schema);
  EXPECT_THAT(bounds.flags, ElementsAre(kBoth | ColumnBounds::kNoNulls, 0));
  EXPECT_EQ(bounds.min_int64[0], 4);
  EXPECT_EQ(bounds.max_int64[0], 5);
}

TEST(StatsTest, NullCountsTellNoneAllOrNothing) {
  const auto schema = SchemaOf({"c long"});
  const ColumnBounds bounds = Decode(
      {R"({"numRecords":3,"nullCount":{"c":0}})", R"({"numRecords":3,"nullCount":{"c":3}})",
       R"({"numRecords":3,"nullCount":{"c":1}})", R"({"nullCount":{"c":3}})",
       R"({"numRecords":0,"nullCount":{"c":0}})", R"({"numRecords":3,"nullCount":{"c":"0"}})",
       R"({"numRecords":3,"nullCount":{"c":-1}})"},
      {"c"}, schema);
  EXPECT_THAT(bounds.flags, ElementsAre(ColumnBounds::kNoNulls, ColumnBounds::kAllNull, 0, 0,
                                        ColumnBounds::kNoNulls, 0, 0));
}

TEST(StatsTest, UnreadableStatisticsAreUnknown) {
  const auto schema = SchemaOf({"c long"});
  const ColumnBounds bounds =
      Decode({"", "{", "null", "[]", "\"text\"", R"({"minValues":7,"maxValues":[1]})",
              R"({"minValues":{"c":null},"maxValues":{"c":{}}})", "{\"minValues\":{\"c\":\"x\"}}"},
             {"c"}, schema);
  EXPECT_THAT(bounds.flags, testing::Each(0));
  EXPECT_EQ(bounds.min_int64.size(), bounds.flags.size());
  EXPECT_EQ(bounds.max_int64.size(), bounds.flags.size());
}

TEST(StatsTest, BoundsOfAnotherTypeAreUnknown) {
  EXPECT_THAT(Decode(MinMax("1", "2"), "string").flags, ElementsAre(0));
  EXPECT_THAT(Decode(MinMax("\"a\"", "\"b\""), "double").flags, ElementsAre(0));
  EXPECT_THAT(Decode(MinMax("\"not a date\"", "true"), "date").flags, ElementsAre(0));
}

TEST(StatsTest, RowCountsAreReadWhereTheyAreSound) {
  EXPECT_EQ(DecodeRowCount(R"({\"numRecords\":12})"), 12);
  EXPECT_EQ(DecodeRowCount(R"({\"numRecords\":0})"), 0);
  for (const char* stats : {"", "{", R"({\"numRecords\":-1})", R"({\"numRecords\":\"1\"})", "{}"}) {
    EXPECT_EQ(DecodeRowCount(stats), std::nullopt) << stats;
  }
}

}  // namespace
}  // namespace sluice::table
