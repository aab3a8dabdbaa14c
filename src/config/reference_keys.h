#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/share_config.h"
#include "config/yaml.h"

namespace sluice::config {

// The reference server's own settings, at the top of its configuration file. Those with a meaning
// here become settings of server_options.h; the others are checked for their type and noted.

/// The names of these keys, for the check of unknown ones.
const std::vector<std::string_view>& ReferenceKeys();

/// Adds what the document says by such keys to `config.settings` and `config.without_effect`.
/// Errors: kInvalidArgument "FILE:LINE: ..." for a wrong type or an unknown key inside `ssl`.
Result<void> ReadReferenceKeys(const YamlDocument& document, ShareConfig& config);

}  // namespace sluice::config
