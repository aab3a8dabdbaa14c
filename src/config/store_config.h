#pragma once

#include <vector>

#include "base/result.h"
#include "config/store_options.h"
#include "config/yaml.h"

namespace sluice::config {

/// The stores of the key `stores`. Errors: kInvalidArgument "FILE:LINE: ..." for what
/// StoreSettings() does not have or allow, a store without name or prefix, and two of one name.
Result<std::vector<StoreOptions>> ReadStores(const YamlDocument& document, const YamlEntry& stores);

}  // namespace sluice::config
