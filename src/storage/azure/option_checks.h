#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/store_options.h"

namespace sluice::storage::azure {

/// Errors: kInvalidArgument for options that belong to other clouds' stores, contradict each other,
/// are one half of a credential or name a file that cannot be read.
Result<void> CheckOptions(const config::StoreOptions& options);

/// Whether the file that an option or a variable names holds something. Errors: kInvalidArgument.
Result<void> CheckSecretFile(std::string_view option, const std::string& path);

}  // namespace sluice::storage::azure
