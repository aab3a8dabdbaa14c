#include <array>
#include <string_view>

#include "admin/usage_text_internal.h"
#include "base/json.h"

namespace sluice::admin {
namespace {

using audit::UsageCounts;
using audit::UsageKey;

struct TextColumn {
  std::string_view name;
  const std::string UsageKey::*field;
};
struct NumberColumn {
  std::string_view name;
  const std::int64_t UsageCounts::*field;
};
constexpr TextColumn kTexts[] = {{"day", &UsageKey::day},
                                 {"recipient", &UsageKey::recipient},
                                 {"share", &UsageKey::share},
                                 {"object", &UsageKey::object},
                                 {"fromRegion", &UsageKey::from_region},
                                 {"toRegion", &UsageKey::to_region}};
constexpr NumberColumn kNumbers[] = {
    {"requests", &UsageCounts::requests},   {"files", &UsageCounts::files},
    {"bytes", &UsageCounts::bytes},         {"directBytes", &UsageCounts::direct_bytes},
    {"downloads", &UsageCounts::downloads}, {"bytesSent", &UsageCounts::bytes_sent}};

void AppendCsvText(std::string_view text, std::string& out) {
  const bool is_formula =
      !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  if (!is_formula && text.find_first_of(",\"\r\n") == text.npos) {
    out += text;
    return;
  }
  out += is_formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string FormatUsageJson(const audit::Usage& usage) {
  std::string out = R"({"items":[)";
  std::string_view separator;
  for (const auto& [key, counts] : usage) {
    out += separator;
    separator = ",";
    char before = '{';
    for (const TextColumn& column : kTexts) {
      out += before;
      before = ',';
      AppendJsonString(column.name, out);
      out += ':';
      AppendJsonString(key.*column.field, out);
    }
    for (const NumberColumn& column : kNumbers) {
      out += Format(",\"{}\":{}", column.name, counts.*column.field);
    }
    out += '}';
  }
  out += "]}";
  return out;
}

std::string FormatUsageCsv(const audit::Usage& usage) {
  std::string out;
  for (const TextColumn& column : kTexts) out += Format("{},", column.name);
  for (const NumberColumn& column : kNumbers) out += Format("{},", column.name);
  out.back() = '\r';
  out += '\n';
  for (const auto& [key, counts] : usage) {
    for (const TextColumn& column : kTexts) {
      AppendCsvText(key.*column.field, out);
      out += ',';
    }
    for (const NumberColumn& column : kNumbers) out += Format("{},", counts.*column.field);
    out.back() = '\r';
    out += '\n';
  }
  return out;
}

}  // namespace sluice::admin
