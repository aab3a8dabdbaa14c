#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sluice {

/// Reads what AppendUtc wrote, and no other spelling. Errors: kMalformed.
Result<SystemTime> ParseUtc(std::string_view text);

}  // namespace sluice
