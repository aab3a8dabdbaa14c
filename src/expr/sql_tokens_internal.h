#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::expr {

struct SqlToken {
  enum class Kind : std::uint8_t {
    kName,        ///< `text` as written; may be a keyword
    kQuotedName,  ///< `text` without backquotes
    kNumber,      ///< `text` with its suffix, such as "5L"; no sign
    kString,      ///< `text` without quotes and escapes
    kDubious,     ///< Text whose meaning depends on the dialect: "..", '..''..', '..\n..'
    kSymbol,
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text = {};
};

/// Cuts an SQL condition into tokens; the last one is kEnd. Errors: kInvalidArgument for a
/// character that starts no token and for an open quote.
Result<std::vector<SqlToken>> ReadSqlTokens(std::string_view sql);

}  // namespace sluice::expr
