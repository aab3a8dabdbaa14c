#pragma once

// Text formatting. g++ 12 has no std::format, so this is fmt's, under our own name: replace the
// alias when the compiler catches up.

#include <fmt/format.h>

#include <string>
#include <utility>

namespace sluice {

template <typename... Args>
using FormatString = fmt::format_string<Args...>;

/// std::format by another name: the pattern is checked when compiling.
template <typename... Args>
std::string Format(FormatString<Args...> pattern, Args&&... args) {
  return fmt::format(pattern, std::forward<Args>(args)...);
}

}  // namespace sluice
