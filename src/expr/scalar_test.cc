#include "expr/scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/testing.h"

namespace sluice::expr {
namespace {

using testing::DoubleEq;
using testing::VariantWith;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;

DataType Type(TypeKind kind) {
  DataType type;
  type.kind = kind;
  type.name = "the type";
  return type;
}

auto IsInt(std::int64_t value) { return IsOkAnd(VariantWith<std::int64_t>(value)); }
auto IsReal(double value) { return IsOkAnd(VariantWith<double>(DoubleEq(value))); }

Result<Scalar> Partition(std::string_view text, TypeKind kind) {
  return ParsePartitionValue(text, Type(kind));
}
Result<Scalar> Literal(std::string_view text, TypeKind kind) {
  return ParseLiteral(text, Type(kind));
}

TEST(ParsePartitionValue, ReadsBooleans) {
  EXPECT_THAT(Partition("true", TypeKind::kBoolean), IsInt(1));
  EXPECT_THAT(Partition("False", TypeKind::kBoolean), IsInt(0));
  EXPECT_FALSE(Partition("1", TypeKind::kBoolean).ok());
}

TEST(ParsePartitionValue, ReadsIntegersWithinTheirType) {
  EXPECT_THAT(Partition("-128", TypeKind::kByte), IsInt(-128));
  EXPECT_FALSE(Partition("128", TypeKind::kByte).ok());
  EXPECT_FALSE(Partition("40000", TypeKind::kShort).ok());
  EXPECT_FALSE(Partition("2147483648", TypeKind::kInteger).ok());
  EXPECT_THAT(Partition("-9223372036854775808", TypeKind::kLong),
              IsInt(std::numeric_limits<std::int64_t>::min()));
  EXPECT_FALSE(Partition("9223372036854775808", TypeKind::kLong).ok());
  for (const char* text : {"", " ", "1.0", "1e3", "0x1", "--1", "++1", "1 2"}) {
    EXPECT_FALSE(Partition(text, TypeKind::kLong).ok()) << text;
  }
}

TEST(ParsePartitionValue, ReadsRealNumbers) {
  EXPECT_THAT(Partition("1.0E300", TypeKind::kDouble), IsReal(1e300));
  EXPECT_THAT(Partition("0.1", TypeKind::kFloat), IsReal(0.1F));
  EXPECT_THAT(Partition("-Infinity", TypeKind::kDouble),
              IsReal(-std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(Partition("NaN", TypeKind::kDouble).ok());
  EXPECT_FALSE(Partition("1.0x", TypeKind::kDouble).ok());
}

TEST(ParsePartitionValue, ReadsDatesOfAnyYear) {
  EXPECT_THAT(Partition("1970-01-01", TypeKind::kDate), IsInt(0));
  EXPECT_THAT(Partition("2020-02-29", TypeKind::kDate), IsInt(18'321));
  EXPECT_THAT(Partition("0001-01-01", TypeKind::kDate), IsInt(-719'162));
  EXPECT_THAT(Partition("0000-12-31", TypeKind::kDate), IsInt(-719'163));
  EXPECT_THAT(Partition("-0001-12-31", TypeKind::kDate), IsInt(-719'529));
  EXPECT_THAT(Partition("9999-12-31", TypeKind::kDate), IsInt(2'932'896));
  EXPECT_THAT(Partition("+10000-01-01", TypeKind::kDate), IsInt(2'932'897));
  for (const char* text : {"2021-02-29", "2020-13-01", "2020-00-01", "2020-01-00", "20200101",
                           "2020-01", "2020-01-01 ", "2020-01-01x", "1000000000-01-01", ""}) {
    EXPECT_EQ(Partition(text, TypeKind::kDate).ok(), std::string_view(text) == "2020-01-01 ")
        << text;
  }
}

TEST(ParsePartitionValue, ReadsTimestamps) {
  const TypeKind kind = TypeKind::kTimestamp;
  EXPECT_THAT(Partition("1970-01-01 00:00:01", kind), IsInt(kSecond));
  EXPECT_THAT(Partition("1969-12-31T23:59:59.999999Z", kind), IsInt(-1));
  EXPECT_THAT(Partition("1970-01-01 00:00:00.001", kind), IsInt(1000));
  EXPECT_THAT(Partition("1970-01-01 00:00:00.1234569", kind), IsInt(123'456));
  EXPECT_THAT(Partition("1970-01-01", kind), IsInt(0));
  EXPECT_THAT(Partition("1970-01-01T01:00", kind), IsInt(kHour));
  EXPECT_THAT(Partition("1970-01-01T01:00:00+01:00", kind), IsInt(0));
  EXPECT_THAT(Partition("1970-01-01T01:00:00+0130", kind), IsInt(-kHour / 2));
  EXPECT_THAT(Partition("1970-01-01T01:00:00-02", kind), IsInt(3 * kHour));
  EXPECT_THAT(Partition("+12345-01-01T00:00:00Z", kind), IsInt(327'403'382'400 * kSecond));
  for (const char* text : {"1970-01-01 24:00:00", "1970-01-01 00:60:00", "1970-01-01 00:00:60",
                           "1970-01-01 00:00:00.", "1970-01-01 00:00:00+19:00", "1970-01-01T",
                           "1970-01-01 00", "1970-01-01 00:00:00Zx", "300000-01-01 00:00:00"}) {
    EXPECT_FALSE(Partition(text, kind).ok()) << text;
  }
}

TEST(ParsePartitionValue, KeepsStringsAsTheyAre) {
  EXPECT_THAT(Partition(" a ", TypeKind::kString), IsOkAnd(VariantWith<std::string>(" a ")));
}

TEST(ParsePartitionValue, RefusesTypesThatAreNotCompared) {
  for (const TypeKind kind : {TypeKind::kDecimal, TypeKind::kBinary, TypeKind::kStruct,
                              TypeKind::kArray, TypeKind::kOther, TypeKind::kVoid}) {
    EXPECT_EQ(LaneOf(Type(kind)), Lane::kNone);
    EXPECT_THAT(Partition("1", kind), FailsWith(ErrorCode::kInvalidArgument));
  }
}

TEST(ParsePartitionRange, LeavesOpenWhatTheZoneDecides) {
  const auto local = ParsePartitionRange("1970-01-02 00:00:00", Type(TypeKind::kTimestamp)).value();
  EXPECT_EQ(local.low, Scalar(6 * kHour));
  EXPECT_EQ(local.high, Scalar(42 * kHour));
  EXPECT_TRUE(ParsePartitionRange("1970-01-02T00:00:00Z", Type(TypeKind::kTimestamp))->exact());
  EXPECT_TRUE(ParsePartitionRange("1970-01-02 00:00:00", Type(TypeKind::kTimestampNtz))->exact());
  EXPECT_TRUE(ParsePartitionRange("0.1", Type(TypeKind::kFloat))->exact());
}

TEST(ParseLiteral, TakesIntegersBeyondTheColumnsRange) {
  EXPECT_THAT(Literal("300", TypeKind::kByte), IsInt(300));
  EXPECT_THAT(Literal("+5", TypeKind::kInteger), IsInt(5));
  EXPECT_FALSE(Literal("9223372036854775808", TypeKind::kInteger).ok());
}

TEST(ParseLiteral, TakesIsoInstants) {
  EXPECT_THAT(Literal("1970-01-01T00:00:00.123Z", TypeKind::kTimestamp), IsInt(123'000));
  EXPECT_FALSE(Literal("1970-01-01T00:00:00Z", TypeKind::kTimestampNtz).ok());
  EXPECT_THAT(Literal("1970-01-01T00:00:00", TypeKind::kTimestampNtz), IsInt(0));
  EXPECT_FALSE(Literal("1970-01-01 00:00:00", TypeKind::kDate).ok());
}

TEST(ParseLiteralRange, PutsANumberThatIsNoFloatBetweenTwo) {
  const auto range = ParseLiteralRange("0.1", Type(TypeKind::kFloat)).value();
  EXPECT_LT(std::get<double>(range.low), 0.1);
  EXPECT_GT(std::get<double>(range.high), 0.1);
  EXPECT_EQ(std::nextafter(static_cast<float>(std::get<double>(range.low)), 1.0F),
            static_cast<float>(std::get<double>(range.high)));
  EXPECT_TRUE(ParseLiteralRange("0.5", Type(TypeKind::kFloat))->exact());
  const auto huge = ParseLiteralRange("1e300", Type(TypeKind::kFloat)).value();
  EXPECT_EQ(std::get<double>(huge.low), std::numeric_limits<float>::max());
  EXPECT_TRUE(std::isinf(std::get<double>(huge.high)));
}

}  // namespace
}  // namespace sluice::expr
