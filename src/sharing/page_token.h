#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/sealed_token.h"
#include "protocol/names.h"

namespace sluice::sharing {

/// What a page or refresh token belongs to: it is noise for any other recipient, and refused with a
/// message for another table or other parameters.
struct TokenScope {
  std::string_view kind;  ///< "query", "changes", "refresh": one kind of token is no other.
  std::string_view noun;  ///< "page token" or "refresh token", for messages.
  std::string recipient;
  protocol::TableRef table;
  std::string parameters;  ///< Everything that must stay the same from page to page.
};

/// Seals numbers: a version, a position, ...
Result<std::string> SealNumbers(const crypto::TokenSealer& sealer, const TokenScope& scope,
                                std::span<const std::int64_t> numbers,
                                std::chrono::seconds lifetime);

/// The numbers of a token, exactly `count` of them. Errors: kInvalidArgument with the reference
/// server's words: "Error decoding the page token", "... has expired", "... does not match the
/// table", "Query parameter mismatch".
Result<std::vector<std::int64_t>> OpenNumbers(const crypto::TokenSealer& sealer,
                                              const TokenScope& scope, std::string_view token,
                                              std::size_t count);

}  // namespace sluice::sharing
