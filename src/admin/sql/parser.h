#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "admin/sql/statement.h"
#include "base/result.h"

namespace sluice::admin::sql {

inline constexpr std::size_t kMaxTextBytes = 1 << 20;
inline constexpr std::size_t kMaxStatements = 10'000;

/// Parses statements separated by semicolons; all of them or none. Keywords are case-insensitive
/// and not reserved. Names: plain (letters, digits, '_', '$'), "quoted" or `backquoted`, the quote
/// written twice inside. Strings: 'it''s'; a backslash is itself, and \' is refused, since others
/// read it as a quote. Comments: -- and /* */, not one in another.
///
/// Errors, all beginning with "line 3, column 14: ": kInvalidArgument for what is no statement,
/// with what was expected, what was found and the likely word for a misspelt one; kUnsupported for
/// what Snowflake or Databricks has and this server does not; kTooLarge past the bounds. Takes any
/// bytes.
Result<std::vector<Statement>> ParseSql(std::string_view text);

/// The error with "line 3, column 14: " before its message: what every error about a statement
/// begins with.
Error AtPosition(const Position& position, Error error);

/// For terminals: `message` and, if it begins with a position, the line of `text` that it names
/// with a caret below the place. Long lines are cut around it; control characters do not come
/// through. Ends with a newline.
std::string ShowFault(std::string_view text, std::string_view message);

}  // namespace sluice::admin::sql
