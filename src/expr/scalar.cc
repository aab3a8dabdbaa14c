#include "expr/scalar.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "expr/datetime_internal.h"

namespace sluice::expr {
namespace {

// java.time's widest zone offset; real ones stay within 16 hours.
constexpr std::int64_t kMaxZoneOffsetMicros = 18LL * 3600 * 1'000'000;

// Whether text stems from a file's own metadata or from somebody's query.
enum class Origin : std::uint8_t { kPartition, kLiteral };

// Parses the whole of `text`; a leading '+' is allowed, as in Spark.
template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('+') || text.empty()) return std::nullopt;
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> ParseBoolean(std::string_view text) {
  if (EqualsIgnoringAsciiCase(text, "true")) return true;
  if (EqualsIgnoringAsciiCase(text, "false")) return false;
  return std::nullopt;
}

bool FitsInteger(std::int64_t value, TypeKind kind) {
  const auto within = [value]<typename T>(T) {
    return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
  };
  switch (kind) {
    case TypeKind::kByte: return within(std::int8_t{});
    case TypeKind::kShort: return within(std::int16_t{});
    case TypeKind::kInteger: return within(std::int32_t{});
    default: return true;
  }
}

ScalarRange Exactly(const Scalar& value) { return {.low = value, .high = value}; }

std::optional<ScalarRange> ParseFloat(std::string_view text, Origin origin) {
  const auto wide = ParseNumber<double>(text);
  if (!wide || std::isnan(*wide)) return std::nullopt;
  const auto nearest = static_cast<float>(*wide);
  if (origin == Origin::kPartition || nearest == *wide) {
    return Exactly(static_cast<double>(nearest));
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (nearest < *wide) {
    return ScalarRange{.low = static_cast<double>(nearest),
                       .high = static_cast<double>(std::nextafter(nearest, kInfinity))};
  }
  return ScalarRange{.low = static_cast<double>(std::nextafter(nearest, -kInfinity)),
                     .high = static_cast<double>(nearest)};
}

std::optional<ScalarRange> ParseInstant(std::string_view text) {
  const auto timestamp = ParseTimestamp(text);
  if (!timestamp) return std::nullopt;
  if (timestamp->has_zone) return Exactly(timestamp->micros);
  return ScalarRange{.low = timestamp->micros - kMaxZoneOffsetMicros,
                     .high = timestamp->micros + kMaxZoneOffsetMicros};
}

std::optional<ScalarRange> ParseText(std::string_view text, const DataType& type, Origin origin) {
  if (type.kind == TypeKind::kString) return Exactly(std::string(text));
  text = TrimAsciiSpace(text);
  switch (type.kind) {
    case TypeKind::kBoolean:
      if (const auto value = ParseBoolean(text)) return Exactly(std::int64_t{*value});
      return std::nullopt;
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong: {
      const auto value = ParseNumber<std::int64_t>(text);
      if (!value) return std::nullopt;
      if (origin == Origin::kPartition && !FitsInteger(*value, type.kind)) return std::nullopt;
      return Exactly(*value);
    }
    case TypeKind::kFloat: return ParseFloat(text, origin);
    case TypeKind::kDouble:
      if (const auto value = ParseNumber<double>(text); value && !std::isnan(*value)) {
        return Exactly(*value);
      }
      return std::nullopt;
    case TypeKind::kDate:
      if (const auto days = ParseDate(text)) return Exactly(*days);
      return std::nullopt;
    case TypeKind::kTimestamp: return ParseInstant(text);
    case TypeKind::kTimestampNtz:
      // With a zone it is an instant, and no column of local times can be compared with that.
      if (const auto local = ParseTimestamp(text); local && !local->has_zone) {
        return Exactly(local->micros);
      }
      return std::nullopt;
    default: return std::nullopt;
  }
}

Result<ScalarRange> ParseRange(std::string_view text, const DataType& type, Origin origin) {
  std::optional<ScalarRange> range = ParseText(text, type, origin);
  if (!range) {
    return InvalidArgument("'{}' is no value of type {}", text,
                           type.name.empty() ? "struct, array or map" : type.name);
  }
  return *std::move(range);
}

// One value of the range: what UTC and rounding to the nearest give.
Result<Scalar> ParseOne(std::string_view text, const DataType& type, Origin origin) {
  if (type.kind == TypeKind::kTimestamp) {
    if (const auto instant = ParseTimestamp(TrimAsciiSpace(text))) return Scalar(instant->micros);
  }
  if (type.kind == TypeKind::kFloat) origin = Origin::kPartition;
  ScalarRange range = TRY(ParseRange(text, type, origin));
  return std::move(range.low);
}

}  // namespace

Lane LaneOf(const DataType& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return Lane::kInt64;
    case TypeKind::kFloat:
    case TypeKind::kDouble: return Lane::kDouble;
    case TypeKind::kString: return Lane::kString;
    default: return Lane::kNone;
  }
}

Result<Scalar> ParsePartitionValue(std::string_view text, const DataType& type) {
  return ParseOne(text, type, Origin::kPartition);
}

Result<ScalarRange> ParsePartitionRange(std::string_view text, const DataType& type) {
  return ParseRange(text, type, Origin::kPartition);
}

Result<Scalar> ParseLiteral(std::string_view text, const DataType& type) {
  return ParseOne(text, type, Origin::kLiteral);
}

Result<ScalarRange> ParseLiteralRange(std::string_view text, const DataType& type) {
  return ParseRange(text, type, Origin::kLiteral);
}

}  // namespace sluice::expr
