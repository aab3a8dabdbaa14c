#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::http {

constexpr std::size_t kMaxQueryParameters = 1'000;

/// What a request asks for, taken apart.
struct Target {
  std::string_view path;  ///< Part of the text that was parsed; not decoded.
  std::vector<std::pair<std::string, std::string>> query;  ///< Decoded ('+' is a space), in order.
};

/// Takes a request target apart: "/path?query", the same behind "http://host", or "*".
/// Errors: kMalformed for any other form, a fragment, broken percent-encoding in the query, or more
/// than kMaxQueryParameters parameters. Source: RFC 9112 section 3.2.
Result<Target> ParseTarget(std::string_view text);

}  // namespace sluice::http
