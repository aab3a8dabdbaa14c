#include "config/yaml_fields.h"

#include <filesystem>
#include <system_error>

#include "base/encoding.h"
#include "config/value.h"

namespace sluice::config {
namespace {

std::string_view KindName(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return "nothing";
    case YamlNode::Kind::kScalar: return "a single value";
    case YamlNode::Kind::kSequence: return "a list";
    case YamlNode::Kind::kMap: return "a map";
  }
  return {};
}

Error WrongKind(const YamlDocument& document, const YamlEntry& entry, std::string_view expected) {
  return FaultAt(document, entry.line, "{}: expected {}, not {}", entry.key, expected,
                 KindName(entry.value));
}

bool IsAsciiAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

Result<std::string> ReadText(const YamlDocument& document, const YamlEntry& entry) {
  if (entry.value.kind != YamlNode::Kind::kScalar) return WrongKind(document, entry, "text");
  if (entry.value.scalar.empty()) {
    return FaultAt(document, entry.line, "{}: must not be empty", entry.key);
  }
  return entry.value.scalar;
}

Result<bool> ReadBool(const YamlDocument& document, const YamlEntry& entry) {
  if (entry.value.kind != YamlNode::Kind::kScalar) {
    return WrongKind(document, entry, "true or false");
  }
  // YAML spells it true, True or TRUE.
  const Result<bool> value = ParseBool(AsciiLower(entry.value.scalar));
  if (!value.ok()) {
    return FaultAt(document, entry.line, "{}: {}", entry.key, value.error().message);
  }
  return *value;
}

Result<std::int64_t> ReadInteger(const YamlDocument& document, const YamlEntry& entry,
                                 std::int64_t min, std::int64_t max) {
  if (entry.value.kind != YamlNode::Kind::kScalar) {
    return WrongKind(document, entry, "a whole number");
  }
  const Result<std::int64_t> value = ParseInteger(entry.value.scalar);
  if (!value.ok()) {
    return FaultAt(document, entry.line, "{}: {}", entry.key, value.error().message);
  }
  if (*value < min) {
    return FaultAt(document, entry.line, "{}: must be at least {}", entry.key, min);
  }
  if (*value > max) {
    return FaultAt(document, entry.line, "{}: must be at most {}", entry.key, max);
  }
  return *value;
}

Result<void> ExpectMap(const YamlDocument& document, const YamlEntry& entry) {
  if (entry.value.kind != YamlNode::Kind::kMap) return WrongKind(document, entry, "a map");
  return {};
}

Result<void> ExpectList(const YamlDocument& document, const YamlEntry& entry) {
  if (entry.value.kind != YamlNode::Kind::kSequence) return WrongKind(document, entry, "a list");
  return {};
}

Error UnknownKey(const YamlDocument& document, const YamlEntry& entry, std::string_view owner,
                 const std::vector<std::string_view>& known) {
  const std::string_view nearest = NearestName(entry.key, known);
  return FaultAt(document, entry.line, "unknown key '{}' of {}{}", entry.key, owner,
                 nearest.empty() ? std::string() : Format("; did you mean '{}'?", nearest));
}

std::string ResolvePath(const YamlDocument& document, const std::string& path) {
  if (path.starts_with('/') || IsUrl(path)) return path;
  std::error_code fault;  // no current directory: the path stays as it is, and will not be found
  const std::filesystem::path file = std::filesystem::absolute(document.file, fault);
  if (fault) return path;
  std::string resolved = (file.parent_path() / path).lexically_normal().string();
  while (resolved.size() > 1 && resolved.ends_with('/')) resolved.pop_back();
  return resolved;
}

bool IsUrl(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (!text.substr(colon).starts_with(":/")) return false;
  for (const char c : text.substr(0, colon)) {
    if (!IsAsciiAlphanumeric(c) && c != '+' && c != '.' && c != '-') return false;
  }
  return !(text[0] >= '0' && text[0] <= '9');
}

}  // namespace sluice::config
