#include "config/yaml_settings.h"

#include <algorithm>
#include <string>
#include <utility>

#include "config/yaml_fields.h"

namespace sluice::config {
namespace {

Result<GivenSetting> ReadSetting(const YamlDocument& document, const YamlEntry& entry,
                                 const SettingRow& row) {
  GivenSetting given{
      .name = std::string(row.name), .layer = Layer::kFile, .where = document.At(entry.line)};
  if (entry.value.kind == YamlNode::Kind::kSequence) {
    given.is_list = true;
    for (const YamlNode& item : entry.value.items) {
      given.items.push_back(TRY(ReadText(document, {entry.key, item.line, item})));
    }
  } else if (entry.value.kind == YamlNode::Kind::kScalar) {
    given.items.push_back(entry.value.scalar);  // empty text is how a setting is switched off
  } else {
    return FaultAt(document, entry.line, "{}: expected a value or a list", entry.key);
  }
  if (row.is_path) {
    for (std::string& path : given.items) {
      if (!path.empty()) path = ResolvePath(document, path);
    }
  }
  return given;
}

}  // namespace

Result<std::vector<GivenSetting>> ReadSettings(const YamlDocument& document, const YamlNode& node,
                                               std::string_view owner,
                                               std::span<const SettingRow> rows) {
  std::vector<std::string> keys;
  for (const SettingRow& row : rows) keys.push_back(row.YamlKey());
  std::vector<GivenSetting> settings;
  for (const YamlEntry& entry : node.entries) {
    const auto found = std::find(keys.begin(), keys.end(), entry.key);
    if (found == keys.end()) {
      return UnknownKey(document, entry, owner, {keys.begin(), keys.end()});
    }
    const SettingRow& row = rows[static_cast<std::size_t>(found - keys.begin())];
    settings.push_back(TRY(ReadSetting(document, entry, row)));
  }
  return settings;
}

}  // namespace sluice::config
