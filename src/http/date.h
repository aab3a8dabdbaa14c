#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace sluice::http {

/// Reads "Sun, 06 Nov 1994 08:49:37 GMT", the one form that may be sent. Nothing for other text;
/// which day of the week it says is passed over. Source: RFC 9110, section 5.6.7.
std::optional<SystemTime> ParseHttpDate(std::string_view text);

}  // namespace sluice::http
