#pragma once

// What a signed token says (RFC 7519, section 4), as JSON:
//
//   {"iss": "https://id.example.com", "aud": "sluice", "sub": "acme", "exp": 1795514400,
//    "iat": 1795510800, "nbf": 1795510800, "groups": ["readers", "finance"], "azp": "app-1"}

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::auth {

inline constexpr std::size_t kMaxAudiences = 100;

struct TokenClaims {
  std::string issuer;                  ///< `iss`
  std::vector<std::string> audiences;  ///< `aud`, at least one.
  SystemTime expires_at{};             ///< `exp`
  std::optional<SystemTime> not_before;
  std::optional<SystemTime> issued_at;
  /// All claims that are text, lists of texts alone, or true and false (as text), also `iss`, `aud`
  /// and `sub`. Others cannot be asked for and are not here.
  std::map<std::string, std::vector<std::string>, std::less<>> values;

  /// `name` is equal to `value`, or a list that contains it. Case counts.
  bool Has(std::string_view name, std::string_view value) const;
};

/// Reads the payload of a token; it is as big as tokens may be. Errors: kMalformed if it is no JSON
/// object; kInvalidArgument naming the claim if `iss`, `aud` or `exp` is missing, or one that is
/// read here has another type or is out of bounds (times: years 1970 to 9999).
Result<TokenClaims> ParseTokenClaims(std::string_view payload);

}  // namespace sluice::auth
