#include "base/check.h"
#include "base/encoding.h"
#include "db/parameters_internal.h"

namespace sluice::db {

Result<void> CheckParameters(std::span<const Value> parameters) {
  for (const Value& value : parameters) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) continue;
    if (text->find('\0') != std::string::npos) {
      return InvalidArgument("a text holds a NUL character");
    }
    if (!IsValidUtf8(*text)) return InvalidArgument("a text is not UTF-8");
  }
  return {};
}

Result<void> CheckRows(const BulkInsert& rows) {
  for (const std::vector<Value>& row : rows.rows) {
    CHECK(row.size() == rows.columns.size(), "a row that is not as long as its columns");
    TRY(CheckParameters(row));
  }
  return {};
}

std::string ColumnList(const BulkInsert& rows) {
  std::string list;
  for (const std::string_view column : rows.columns) {
    if (!list.empty()) list += ", ";
    list += column;
  }
  return list;
}

}  // namespace sluice::db
