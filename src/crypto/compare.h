#pragma once

#include <string_view>

namespace sluice::crypto {

/// Whether two secrets are equal, in a time that depends on their lengths alone.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

}  // namespace sluice::crypto
