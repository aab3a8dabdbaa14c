#include "table/stats.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/json.h"
#include "expr/scalar.h"

namespace sluice::table {
namespace {

using expr::ColumnBounds;

constexpr JsonLimits kStatsLimits{.max_bytes = 16 << 20, .max_depth = 32};

// The statistics object of one file. Its text is kept as the inside of a JSON string.
std::optional<json::value> ParseStats(std::string_view escaped) {
  if (escaped.empty()) return std::nullopt;
  std::string quoted;
  quoted.reserve(escaped.size() + 2);
  quoted.append("\"").append(escaped).append("\"");
  const auto text = ParseJson(quoted, kStatsLimits);
  if (!text.ok() || !text->is_string()) return std::nullopt;
  auto stats = ParseJson(text->get_string(), kStatsLimits);
  if (!stats.ok() || !stats->is_object()) return std::nullopt;
  return std::move(stats).value();
}

// stats[section][column[0]][column[1]]..., or nullptr.
const json::value* FindValue(const json::object& stats, std::string_view section,
                             const std::vector<std::string>& column) {
  const json::value* value = FindMember(stats, section);
  for (const std::string& name : column) {
    if (value == nullptr || !value->is_object()) return nullptr;
    value = FindMember(value->get_object(), name);
  }
  return value;
}

std::optional<std::int64_t> ToInt64(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (!value.is_uint64() || value.get_uint64() > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return static_cast<std::int64_t>(value.get_uint64());
}

bool IsWhole(expr::TypeKind kind) {
  return kind == expr::TypeKind::kByte || kind == expr::TypeKind::kShort ||
         kind == expr::TypeKind::kInteger || kind == expr::TypeKind::kLong;
}

// The nearest numbers that a real of this type can be, `steps` down or up.
template <typename Real>
expr::ScalarRange Around(Real number, int steps) {
  Real low = number;
  Real high = number;
  for (int step = 0; step < steps; ++step) {
    low = std::nextafter(low, -std::numeric_limits<Real>::infinity());
    high = std::nextafter(high, std::numeric_limits<Real>::infinity());
  }
  return {.low = static_cast<double>(low), .high = static_cast<double>(high)};
}

constexpr double kMaxFloat = std::numeric_limits<float>::max();

// Boost.JSON 1.81 reads most decimal fractions a unit or two in the last place off, so a bound that
// was written with a point is widened by more than that. A float's statistics are its shortest
// decimal digits: only as a float do they mean its value.
std::optional<expr::ScalarRange> ToRealRange(const json::value& value, const expr::DataType& type) {
  constexpr int kParserSteps = 4;
  constexpr double kExactWholeNumbers = 1 << 24;  // of a float; a double has more
  const auto number = value.to_number<double>();
  const bool is_exact = !value.is_double() && std::abs(number) <= kExactWholeNumbers;
  if (is_exact) return Around(number, 0);
  if (type.kind == expr::TypeKind::kFloat) {
    if (std::abs(number) > kMaxFloat) return std::nullopt;
    return Around(static_cast<float>(number), 1);
  }
  const expr::ScalarRange range = Around(number, kParserSteps);
  return type.was_float ? WithFloats(number, range) : range;
}

// What a minimum or maximum stands for; nothing if it is not of the column's type.
std::optional<expr::ScalarRange> ToRange(const json::value& value, const expr::DataType& type) {
  const expr::Lane lane = expr::LaneOf(type);
  if (value.is_string()) {
    if (lane == expr::Lane::kDouble) return std::nullopt;  // "NaN", "Infinity"
    auto parsed = expr::ParsePartitionRange(value.get_string(), type);
    if (!parsed.ok()) return std::nullopt;
    return std::move(parsed).value();
  }
  if (lane == expr::Lane::kDouble) {
    return value.is_number() ? ToRealRange(value, type) : std::nullopt;
  }
  std::optional<expr::Scalar> scalar;
  if (IsWhole(type.kind)) scalar = ToInt64(value);
  if (type.kind == expr::TypeKind::kBoolean && value.is_bool())
    scalar = static_cast<std::int64_t>(value.get_bool());
  if (!scalar) return std::nullopt;
  return expr::ScalarRange{.low = *scalar, .high = *scalar};
}

bool IsTimestamp(const expr::DataType& type) {
  return type.kind == expr::TypeKind::kTimestamp || type.kind == expr::TypeKind::kTimestampNtz;
}

void AppendEnd(const expr::Scalar& value, std::vector<std::int64_t>& integers,
               std::vector<double>& doubles, std::vector<std::string>& strings) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) integers.push_back(*integer);
  if (const auto* real = std::get_if<double>(&value)) doubles.push_back(*real);
  if (const auto* text = std::get_if<std::string>(&value)) strings.push_back(*text);
}

std::uint8_t NullFlags(const json::object& stats, const std::vector<std::string>& column) {
  const json::value* const count_value = FindValue(stats, "nullCount", column);
  const auto nulls = count_value != nullptr ? ToInt64(*count_value) : std::nullopt;
  if (!nulls) return 0;
  if (*nulls == 0) return ColumnBounds::kNoNulls;
  const json::value* const records = FindMember(stats, "numRecords");
  const auto rows = records != nullptr ? ToInt64(*records) : std::nullopt;
  return rows && *rows > 0 && *nulls == *rows ? ColumnBounds::kAllNull : 0;
}

void AppendFile(const std::optional<json::value>& stats, const std::vector<std::string>& column,
                const expr::DataType& type, ColumnBounds& bounds) {
  expr::Scalar min = ZeroOf(bounds.lane);
  expr::Scalar max = min;
  std::uint8_t flags = 0;
  if (stats) {
    const json::object& object = stats->get_object();
    flags = NullFlags(object, column);
    if (const json::value* value = FindValue(object, "minValues", column)) {
      if (auto range = ToRange(*value, type)) {
        min = std::move(range->low);
        flags |= ColumnBounds::kHasMin;
      }
    }
    if (const json::value* value = FindValue(object, "maxValues", column)) {
      if (auto range = ToRange(*value, type)) {
        max = std::move(range->high);
        flags |= ColumnBounds::kHasMax;
      }
    }
  }
  if (IsTimestamp(type) && (flags & ColumnBounds::kHasMax) != 0) {
    auto& micros = std::get<std::int64_t>(max);
    if (__builtin_add_overflow(micros, 999, &micros))
      micros = std::numeric_limits<std::int64_t>::max();
  }
  bounds.flags.push_back(flags);
  AppendEnd(min, bounds.min_int64, bounds.min_double, bounds.min_string);
  AppendEnd(max, bounds.max_int64, bounds.max_double, bounds.max_string);
}

}  // namespace

ColumnBounds DecodeStats(CompressedText::Cursor escaped_stats, std::size_t rows,
                         const std::vector<std::string>& column, const expr::DataType& type) {
  ColumnBounds bounds;
  bounds.lane = expr::LaneOf(type);
  bounds.flags.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    AppendFile(ParseStats(escaped_stats.Get(row)), column, type, bounds);
  }
  return bounds;
}

std::optional<std::int64_t> DecodeRowCount(std::string_view escaped_stats) {
  const auto stats = ParseStats(escaped_stats);
  if (!stats) return std::nullopt;
  const json::value* const records = FindMember(stats->get_object(), "numRecords");
  const auto rows = records != nullptr ? ToInt64(*records) : std::nullopt;
  return rows && *rows >= 0 ? rows : std::nullopt;
}

expr::ScalarRange WithFloats(double number, const expr::ScalarRange& range) {
  const double within = std::clamp(number, -kMaxFloat, kMaxFloat);
  const expr::ScalarRange floats = Around(static_cast<float>(within), 1);
  return {.low = std::min(range.low, floats.low), .high = std::max(range.high, floats.high)};
}

expr::Scalar ZeroOf(expr::Lane lane) {
  if (lane == expr::Lane::kString) return std::string();
  if (lane == expr::Lane::kDouble) return 0.0;
  return std::int64_t{0};
}

void AppendRange(const expr::ScalarRange& range, ColumnBounds& bounds) {
  if (bounds.lane == expr::Lane::kNone) return;
  AppendEnd(range.low, bounds.min_int64, bounds.min_double, bounds.min_string);
  AppendEnd(range.high, bounds.max_int64, bounds.max_double, bounds.max_string);
}

std::size_t MemoryBytes(const ColumnBounds& bounds) {
  std::size_t bytes =
      sizeof(bounds) + bounds.flags.capacity() +
      (bounds.min_int64.capacity() + bounds.max_int64.capacity()) * sizeof(std::int64_t) +
      (bounds.min_double.capacity() + bounds.max_double.capacity()) * sizeof(double);
  for (const auto* strings : {&bounds.min_string, &bounds.max_string}) {
    for (const std::string& text : *strings) bytes += sizeof(text) + text.capacity();
  }
  return bytes;
}

}  // namespace sluice::table
