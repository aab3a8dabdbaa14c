#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/comparison_internal.h"
#include "expr/predicate.h"
#include "expr/schema.h"

namespace sluice::expr {

/// What a part of an SQL condition stands for.
struct SqlOperand {
  enum class Kind : std::uint8_t {
    kColumn,
    kLiteral,
    kCondition,
    kOpaque,  ///< Read over: a function, arithmetic, a column that the schema does not have.
  };
  Kind kind = Kind::kOpaque;
  ColumnReference column = {};
  bool as_text = false;  ///< The column's partition value before any cast: its text.
  Literal literal = {};
  Predicate condition = {};
};

inline SqlOperand OpaqueOperand() { return {}; }
inline SqlOperand ConditionOperand(Predicate condition) {
  return {.kind = SqlOperand::Kind::kCondition, .condition = std::move(condition)};
}
inline SqlOperand LiteralOperand(LiteralKind kind, std::string text) {
  return {.kind = SqlOperand::Kind::kLiteral, .literal = {.kind = kind, .text = std::move(text)}};
}
/// Of a number token such as "5L", "1.5e3" or "2.0D".
SqlOperand NumberOperand(std::string_view token, bool negative);
/// Of the name `path`: a column, or opaque. Spark's connector writes a partition filter on c as one
/// on partitionValues.c.
SqlOperand NameOperand(const std::vector<std::string>& path, const Schema& schema);

struct SqlTypeName {
  std::string_view name;
  TypeKind column;
  LiteralKind literal;
};
/// nullptr for a type that no comparison is made with.
const SqlTypeName* FindSqlTypeName(std::string_view name);

/// CAST(`operand` AS `type`); opaque where the cast changes the order of values, or where dialects
/// differ on its result.
SqlOperand CastOperand(SqlOperand operand, const SqlTypeName& type);

/// The operand where a condition is due.
Predicate ToCondition(SqlOperand operand);

/// `left` `op` `right`, whichever is the column.
Predicate CompareOperands(const SqlOperand& left, CompareOp op, const SqlOperand& right);
/// The same for an operator as written: one of = == < <= > >= <> != <=>.
Predicate CompareBySymbol(const SqlOperand& left, std::string_view symbol, const SqlOperand& right);

}  // namespace sluice::expr
