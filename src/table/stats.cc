#include "table/stats.h"

#include <cstring>
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

std::optional<expr::Scalar> ToScalar(const json::value& value, const expr::DataType& type,
                                     expr::Lane lane) {
  if (value.is_string()) {
    if (lane == expr::Lane::kDouble) return std::nullopt;  // "NaN", "Infinity"
    auto parsed = expr::ParsePartitionValue(value.get_string(), type);
    if (!parsed.ok()) return std::nullopt;
    return std::move(parsed).value();
  }
  if (lane == expr::Lane::kDouble && value.is_number())
    return expr::Scalar(value.to_number<double>());
  if (lane != expr::Lane::kInt64) return std::nullopt;
  if (value.is_bool()) return expr::Scalar(static_cast<std::int64_t>(value.get_bool()));
  if (const auto number = ToInt64(value)) return expr::Scalar(*number);
  return std::nullopt;
}

bool IsTimestamp(const expr::DataType& type) {
  return type.kind == expr::TypeKind::kTimestamp || type.kind == expr::TypeKind::kTimestampNtz;
}

expr::Scalar ZeroOf(expr::Lane lane) {
  if (lane == expr::Lane::kString) return std::string();
  if (lane == expr::Lane::kDouble) return 0.0;
  return std::int64_t{0};
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
      if (auto scalar = ToScalar(*value, type, bounds.lane)) {
        min = *std::move(scalar);
        flags |= ColumnBounds::kHasMin;
      }
    }
    if (const json::value* value = FindValue(object, "maxValues", column)) {
      if (auto scalar = ToScalar(*value, type, bounds.lane)) {
        max = *std::move(scalar);
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

void AppendScalar(const expr::Scalar& value, ColumnBounds& bounds) {
  if (bounds.lane == expr::Lane::kNone) return;
  AppendEnd(value, bounds.min_int64, bounds.min_double, bounds.min_string);
  AppendEnd(value, bounds.max_int64, bounds.max_double, bounds.max_string);
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
