// The owner's SQL: any bytes are statements or an error with a place that can be shown.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "admin/sql/parser.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace sql = sluice::admin::sql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto statements = sql::ParseSql(text);
  if (!statements.ok()) {
    CHECK(statements.error().message.starts_with("line "), "an error without a place");
    CHECK(!sql::ShowFault(text, statements.error().message).empty(), "nothing to show");
    return 0;
  }
  for (const sql::Statement& statement : *statements) {
    CHECK(text.substr(statement.at.offset).starts_with(statement.text), "not its own text");
    // What was cut out is the same statement again.
    const auto again = sql::ParseSql(statement.text);
    CHECK(again.ok() && again->size() == 1, "another statement by itself");
    CHECK(again->front().action.index() == statement.action.index(), "another kind by itself");
  }
  (void)sql::ShowFault(text, text);
  return 0;
}
