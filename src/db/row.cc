#include "base/check.h"
#include "db/database.h"

namespace sluice::db {
namespace {

const Value& At(const std::vector<Value>& columns, std::size_t column) {
  CHECK(column < columns.size(), "a column that the statement does not select");
  return columns[column];
}

}  // namespace

bool Row::IsNull(std::size_t column) const {
  return std::holds_alternative<std::monostate>(At(columns_, column));
}

std::int64_t Row::Int(std::size_t column) const {
  const auto* number = std::get_if<std::int64_t>(&At(columns_, column));
  return number != nullptr ? *number : 0;
}

std::optional<std::int64_t> Row::OptionalInt(std::size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

const std::string& Row::Text(std::size_t column) const {
  static const std::string empty;
  const auto* text = std::get_if<std::string>(&At(columns_, column));
  return text != nullptr ? *text : empty;
}

}  // namespace sluice::db
