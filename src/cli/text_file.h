#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace sluice::cli {

/// A whole file that the caller named; "-" is standard input. Errors: kNotFound, kTooLarge past
/// `max_bytes`, kInvalidArgument for what cannot be read.
Result<std::string> ReadTextFile(const std::string& path, std::size_t max_bytes);

}  // namespace sluice::cli
