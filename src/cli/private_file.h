#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::cli {

/// Writes a file that nobody but its owner can read, whole or not at all; replaces one that is
/// there. Errors: kInvalidArgument naming the path and why it cannot be written.
Result<void> WritePrivateFile(const std::string& path, std::string_view text);

}  // namespace sluice::cli
