#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::storage {

/// http::ParseHttpDate as a Result. Errors: kMalformed.
Result<SystemTime> ParseHttpDate(std::string_view text);

/// Reads "2009-10-12T17:50:30.123Z" (RFC 3339): a fraction of any length or none, of which the
/// milliseconds count; 'Z' or an offset such as "+01:00". Errors: kMalformed.
Result<SystemTime> ParseIsoTime(std::string_view text);

}  // namespace sluice::storage
