#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/result.h"
#include "config/yaml.h"

namespace sluice::config {

// Typed reading of a YAML map's entries. Every error is kInvalidArgument "FILE:LINE: message" and
// names the key.

template <typename... Args>
Error FaultAt(const YamlDocument& document, int line, FormatString<Args...> pattern,
              Args&&... args) {
  return InvalidArgument("{}: {}", document.At(line), Format(pattern, std::forward<Args>(args)...));
}

/// Any scalar but the empty one: 2024 is as good a name as "2024".
Result<std::string> ReadText(const YamlDocument& document, const YamlEntry& entry);
Result<bool> ReadBool(const YamlDocument& document, const YamlEntry& entry);
/// A whole number from `min` to `max`.
Result<std::int64_t> ReadInteger(const YamlDocument& document, const YamlEntry& entry,
                                 std::int64_t min = 0,
                                 std::int64_t max = std::numeric_limits<std::int64_t>::max());
Result<void> ExpectMap(const YamlDocument& document, const YamlEntry& entry);
Result<void> ExpectList(const YamlDocument& document, const YamlEntry& entry);

/// The error for a key that `owner` ("a table") does not have, with the nearest one of `known`.
Error UnknownKey(const YamlDocument& document, const YamlEntry& entry, std::string_view owner,
                 const std::vector<std::string_view>& known);

/// `path` as it is if absolute or a URL, else below the folder of the document's file.
std::string ResolvePath(const YamlDocument& document, const std::string& path);
/// "s3://bucket/table" or "file:/table": a scheme, a colon and a slash.
bool IsUrl(std::string_view text);

}  // namespace sluice::config
