#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "config/yaml.h"

namespace sluice::cli {

/// A field of a sharing file, which is called the same in requests, and how its value is written.
struct FileField {
  enum class As : std::uint8_t {
    kText,
    kTruth,
    kNumber,
    kDuration,
    kTime,   ///< Or never, or nothing: null.
    kPairs,  ///< A map of texts.
    kList,   ///< Of texts.
    kLocation,
    kFederation,   ///< A map, or null.
    kCertificate,  ///< Likewise.
  };
  std::string_view key;
  As as = As::kText;
};

/// What a map of the file may hold.
struct MapShape {
  std::string_view owner;  ///< "a share", for errors.
  std::span<const FileField> fields;
  std::vector<std::string_view> others = {};  ///< Further keys, which `read_other` takes.
  std::function<Result<void>(const config::YamlEntry& entry)> read_other = {};
};

/// Reads values of a sharing file, as requests have them: durations as config::FormatDuration
/// writes them, times as TimeText does, locations absolute. Errors: kInvalidArgument
/// "FILE:LINE: ...".
class SharingFields {
 public:
  /// The document must outlive it.
  explicit SharingFields(const config::YamlDocument& document) : document_(document) {}

  /// The fields of a map, each by its key. Keys of neither kind are errors, with the nearest one.
  Result<json::object> ReadMap(const config::YamlNode& node, const MapShape& shape) const;
  Result<json::value> Read(const config::YamlEntry& entry, FileField::As as) const;
  Result<std::vector<std::string>> ReadTexts(const config::YamlEntry& entry) const;

 private:
  Result<json::value> ReadScalar(const config::YamlEntry& entry, FileField::As as) const;
  Result<json::value> ReadPairs(const config::YamlEntry& entry) const;
  Result<json::value> ReadRule(const config::YamlEntry& entry,
                               std::span<const FileField> fields) const;

  const config::YamlDocument& document_;
};

}  // namespace sluice::cli
