#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::config {

struct YamlEntry;

/// A value of a YAML document and where it stands. A node is never changed once parsed.
struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  std::string scalar;
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  ///< In the order of the file; keys differ from each other.
  int line = 1;                    ///< From 1.
  int column = 1;                  ///< From 1.

  const YamlNode* Find(std::string_view key) const;  ///< nullptr if this is no map or lacks it.
};

struct YamlEntry {
  std::string key;
  int line = 1;  ///< Of the key.
  YamlNode value;
};

struct YamlDocument {
  std::string file;  ///< As errors name it.
  YamlNode root;     ///< kNull for an empty file.

  std::string At(int line) const;  ///< "FILE:LINE"
};

struct YamlLimits {
  std::size_t max_bytes = 16 << 20;
  int max_depth = 64;
  int max_nodes = 1'000'000;
};

/// Parses one YAML 1.2 document. Aliases (`*name`) are refused, so that a small file cannot become
/// a large one; so are keys that are no plain text, keys given twice and a second document.
/// Errors: kMalformed "FILE:LINE: message"; kTooLarge if a limit is passed. Never throws.
Result<YamlDocument> ParseYaml(std::string_view text, std::string_view file,
                               const YamlLimits& limits = {});

/// Reads and parses a file. Errors: also kNotFound and kUnavailable if it cannot be read.
Result<YamlDocument> ReadYamlFile(const std::string& path, const YamlLimits& limits = {});

}  // namespace sluice::config
