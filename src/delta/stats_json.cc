#include "delta/stats_json.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>

#include "base/format.h"
#include "base/json.h"

namespace sluice::delta {
namespace {

using columnar::Column;
using columnar::ValueType;

// Java's Double.toString or Float.toString: plain between 1e-3 and 1e7, else 1.0E10; always a digit
// after the point, and no more digits than tell the value from its neighbours in `Real`.
template <typename Real>
void AppendJavaReal(Real value, std::string& out) {
  if (std::isnan(value)) return void(out += "\"NaN\"");
  if (std::isinf(value)) return void(out += value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
  const Real magnitude = std::abs(value);
  const bool plain = value == 0 || (magnitude >= Real{1e-3} && magnitude < Real{1e7});
  std::array<char, 64> digits;
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, format).ptr;
  std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  const std::size_t exponent_at = plain ? text.size() : text.find('e');
  const std::string_view mantissa = text.substr(0, exponent_at);
  out += mantissa;
  if (mantissa.find('.') == std::string_view::npos) out += ".0";
  if (plain) return;
  int exponent = 0;
  std::string_view rest = text.substr(exponent_at + 1);
  if (rest.starts_with('+')) rest.remove_prefix(1);
  std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
  out += Format("E{}", exponent);
}

void AppendDate(std::int64_t days, std::string& out) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  out += Format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

void AppendTimestamp(std::int64_t microseconds, std::string& out) {
  constexpr std::int64_t kMillisPerDay = 86'400'000;
  const auto floor_divide = [](std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
  };
  const std::int64_t millis = floor_divide(microseconds, 1000);
  const std::int64_t days = floor_divide(millis, kMillisPerDay);
  const std::int64_t in_day = millis - days * kMillisPerDay;
  AppendDate(days, out);
  out += Format("T{:02}:{:02}:{:02}.{:03}", in_day / 3'600'000, in_day / 60'000 % 60,
                in_day / 1000 % 60, in_day % 1000);
}

// As text, a variant's bounds are a packing of these bytes that is not made here. No other column
// with statistics is binary.
bool IsVariant(const Column& column) {
  if (column.type() != ValueType::kStruct) return false;
  const Column* const metadata = column.Find("metadata");
  const Column* const value = column.Find("value");
  return metadata != nullptr && metadata->type() == ValueType::kBinary && value != nullptr &&
         value->type() == ValueType::kBinary;
}

void AppendStruct(const Column& column, std::size_t row, std::string& out) {
  out.push_back('{');
  bool first = true;
  for (const Column& child : column.children()) {
    if (child.IsNull(row) || IsVariant(child)) continue;
    if (!std::exchange(first, false)) out.push_back(',');
    AppendJsonString(child.name(), out);
    out.push_back(':');
    AppendSparkJson(child, row, out);
  }
  out.push_back('}');
}

void AppendList(const Column& column, std::size_t row, std::string& out) {
  const auto [begin, end] = column.Elements(row);
  out.push_back('[');
  for (std::size_t element = begin; element < end; ++element) {
    if (element > begin) out.push_back(',');
    AppendSparkJson(column.children()[0], element, out);
  }
  out.push_back(']');
}

void AppendMap(const Column& column, std::size_t row, std::string& out) {
  const auto [begin, end] = column.Elements(row);
  out.push_back('{');
  for (std::size_t element = begin; element < end; ++element) {
    if (element > begin) out.push_back(',');
    AppendJsonString(
        column.children()[0].type() == ValueType::kText ? column.children()[0].Text(element) : "",
        out);
    out.push_back(':');
    AppendSparkJson(column.children()[1], element, out);
  }
  out.push_back('}');
}

void AppendBase64(std::string_view bytes, std::string& out) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.push_back('"');
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out.push_back(i + k <= bytes.size() ? kAlphabet[group >> (18 - 6 * k) & 63] : '=');
    }
  }
  out.push_back('"');
}

}  // namespace

void AppendSparkJson(const Column& column, std::size_t row, std::string& out) {
  if (column.IsNull(row)) return void(out += "null");
  switch (column.type()) {
    case ValueType::kBoolean: out += column.Integer(row) != 0 ? "true" : "false"; return;
    case ValueType::kInteger: AppendNumber(column.Integer(row), out); return;
    case ValueType::kReal:
      if (column.is_float()) {
        AppendJavaReal(static_cast<float>(column.Real(row)), out);
      } else {
        AppendJavaReal(column.Real(row), out);
      }
      return;
    case ValueType::kDecimal: out += column.DecimalText(row); return;
    case ValueType::kText: AppendJsonString(column.Text(row), out); return;
    case ValueType::kBinary: AppendBase64(column.Text(row), out); return;
    case ValueType::kStruct: AppendStruct(column, row, out); return;
    case ValueType::kList: AppendList(column, row, out); return;
    case ValueType::kMap: AppendMap(column, row, out); return;
    case ValueType::kOther: out += "null"; return;
    case ValueType::kDate:
    case ValueType::kTimestamp: break;
  }
  out.push_back('"');
  if (column.type() == ValueType::kDate) {
    AppendDate(column.Integer(row), out);
  } else {
    AppendTimestamp(column.Integer(row), out);
    if (!column.is_local()) out.push_back('Z');
  }
  out.push_back('"');
}

}  // namespace sluice::delta
