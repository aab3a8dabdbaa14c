#include "cli/values.h"

#include <filesystem>
#include <system_error>

#include "base/encoding.h"
#include "config/value.h"
#include "config/yaml_fields.h"
#include "protocol/query.h"

namespace sluice::cli {

std::string AbsolutePath(const std::string& path) {
  std::error_code fault;
  const std::filesystem::path absolute = std::filesystem::absolute(path, fault);
  return fault ? path : absolute.lexically_normal().string();
}

std::string AbsoluteLocation(const std::string& location) {
  if (location.empty() || config::IsUrl(location)) return location;
  std::string path = AbsolutePath(location);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Result<json::object> ParsePairs(std::string_view name, const std::vector<std::string>& texts) {
  json::object pairs;
  for (const std::string& text : texts) {
    if (text.empty()) continue;
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return InvalidArgument("{}: expected KEY=VALUE, not '{}'", name, text);
    }
    const std::string_view key = std::string_view(text).substr(0, equals);
    if (pairs.contains(key)) return InvalidArgument("{}: '{}' is given twice", name, key);
    pairs[key] = std::string_view(text).substr(equals + 1);
  }
  return pairs;
}

Result<SystemTime> ParseTime(std::string_view name, std::string_view text) {
  constexpr std::size_t kDayBytes = 10;  // "2027-01-31"
  const std::string whole =
      std::string(text) + (text.size() == kDayBytes ? "T00:00:00Z" : std::string());
  const auto time = protocol::ParseTimestamp(name, whole);
  if (time.ok()) return time;
  return InvalidArgument(
      "{}: expected a day such as 2027-01-31 or a time such as 2027-01-31T18:00:00Z, not '{}'",
      name, text);
}

Result<Expiry> ParseExpiry(std::string_view name, std::string_view text) {
  if (text == "never") return Expiry{};
  const auto duration = config::ParseDuration(text);
  if (duration.ok()) return Expiry{.lifetime = *duration};
  const auto time = ParseTime(name, text);
  if (time.ok()) return Expiry{.time = *time};
  return InvalidArgument(
      "{}: expected a duration such as 90d, a day such as 2027-01-31, or never, not '{}'", name,
      text);
}

std::string TimeText(SystemTime time) {
  std::string text;
  AppendUtc(time, text);
  return text;
}

std::string PathPart(std::string_view name) { return "/" + PercentEncode(name); }

Result<TableName> ParseTableName(std::string_view text) {
  const std::size_t dot = text.find('.');
  const bool is_whole = dot != std::string_view::npos && dot > 0 && dot + 1 < text.size();
  if (!is_whole || text.find('.', dot + 1) != std::string_view::npos) {
    return InvalidArgument("expected SCHEMA.TABLE, not '{}'", text);
  }
  return TableName{.schema = std::string(text.substr(0, dot)),
                   .table = std::string(text.substr(dot + 1))};
}

}  // namespace sluice::cli
