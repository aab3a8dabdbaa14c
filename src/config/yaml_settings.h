#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/setting.h"
#include "config/yaml.h"

namespace sluice::config {

/// The entries of the map `node` as settings of `rows`, not parsed yet; paths are made absolute.
/// Errors: kInvalidArgument "FILE:LINE: ..." for a key that no row has ("`owner` has no ...") or
/// what is neither a value nor a list.
Result<std::vector<GivenSetting>> ReadSettings(const YamlDocument& document, const YamlNode& node,
                                               std::string_view owner,
                                               std::span<const SettingRow> rows);

}  // namespace sluice::config
