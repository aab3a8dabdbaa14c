#include "expr/sql_operand_internal.h"

#include <array>
#include <utility>

#include "base/encoding.h"

namespace sluice::expr {
namespace {

constexpr auto kTypeNames = std::to_array<SqlTypeName>({
    {"boolean", TypeKind::kBoolean, LiteralKind::kBoolean},
    {"tinyint", TypeKind::kByte, LiteralKind::kInteger},
    {"byte", TypeKind::kByte, LiteralKind::kInteger},
    {"smallint", TypeKind::kShort, LiteralKind::kInteger},
    {"short", TypeKind::kShort, LiteralKind::kInteger},
    {"int", TypeKind::kInteger, LiteralKind::kInteger},
    {"integer", TypeKind::kInteger, LiteralKind::kInteger},
    {"bigint", TypeKind::kLong, LiteralKind::kInteger},
    {"long", TypeKind::kLong, LiteralKind::kInteger},
    {"float", TypeKind::kFloat, LiteralKind::kFloat},
    {"real", TypeKind::kFloat, LiteralKind::kFloat},
    {"double", TypeKind::kDouble, LiteralKind::kDouble},
    {"string", TypeKind::kString, LiteralKind::kString},
    {"date", TypeKind::kDate, LiteralKind::kDate},
    {"timestamp", TypeKind::kTimestamp, LiteralKind::kTimestamp},
    {"timestamp_ltz", TypeKind::kTimestamp, LiteralKind::kTimestamp},
    {"timestamp_ntz", TypeKind::kTimestampNtz, LiteralKind::kTimestampNtz},
});

int IntegerRank(TypeKind kind) {
  switch (kind) {
    case TypeKind::kByte: return 1;
    case TypeKind::kShort: return 2;
    case TypeKind::kInteger: return 3;
    case TypeKind::kLong: return 4;
    default: return 0;
  }
}

// True if a cast leaves the order of values, and which of them are equal, as it is.
bool CastKeepsOrder(TypeKind from, TypeKind to) {
  if (from == to || (from == TypeKind::kFloat && to == TypeKind::kDouble)) return true;
  return IntegerRank(from) > 0 && IntegerRank(from) <= IntegerRank(to);
}

// A literal after a cast; opaque where dialects differ on the result (overflow, rounding).
SqlOperand CastLiteral(const Literal& literal, const SqlTypeName& type) {
  const bool from_text = literal.kind == LiteralKind::kString;
  const bool from_number =
      literal.kind == LiteralKind::kInteger || literal.kind == LiteralKind::kDecimal;
  const bool to_number = type.literal == LiteralKind::kInteger ||
                         type.literal == LiteralKind::kFloat ||
                         type.literal == LiteralKind::kDouble;
  const bool same = literal.kind == type.literal && type.literal != LiteralKind::kInteger;
  if (!same && !from_text && !(from_number && to_number)) return OpaqueOperand();
  DataType target;
  target.kind = type.column;
  if (!ParsePartitionValue(literal.text, target).ok()) return OpaqueOperand();
  return LiteralOperand(type.literal, literal.text);
}

Predicate NullSafeEqual(const SqlOperand& left, const SqlOperand& right) {
  if (left.kind == SqlOperand::Kind::kLiteral && right.kind == SqlOperand::Kind::kColumn) {
    return NullSafeEqual(right, left);
  }
  if (left.kind != SqlOperand::Kind::kColumn || right.kind != SqlOperand::Kind::kLiteral) {
    return MakeUnknown();
  }
  Predicate is_null = MakeIsNull(left.column);
  if (right.literal.kind == LiteralKind::kNull) return is_null;
  return MakeAnd({MakeNot(std::move(is_null)), CompareOperands(left, CompareOp::kEqual, right)});
}

}  // namespace

const SqlTypeName* FindSqlTypeName(std::string_view name) {
  for (const SqlTypeName& type : kTypeNames) {
    if (EqualsIgnoringAsciiCase(type.name, name)) return &type;
  }
  return nullptr;
}

SqlOperand NumberOperand(std::string_view token, bool negative) {
  struct Suffix {
    std::string_view text;
    LiteralKind kind;
  };
  constexpr auto kSuffixes = std::to_array<Suffix>({{"bd", LiteralKind::kDecimal},
                                                    {"l", LiteralKind::kInteger},
                                                    {"s", LiteralKind::kInteger},
                                                    {"y", LiteralKind::kInteger},
                                                    {"f", LiteralKind::kFloat},
                                                    {"d", LiteralKind::kDouble}});
  std::string text = AsciiLower(token);
  LiteralKind kind =
      text.find_first_of(".e") == std::string::npos ? LiteralKind::kInteger : LiteralKind::kDecimal;
  for (const Suffix& suffix : kSuffixes) {
    if (!text.ends_with(suffix.text)) continue;
    text.resize(text.size() - suffix.text.size());
    kind = suffix.kind;
    break;
  }
  if (negative) text.insert(text.begin(), '-');
  return LiteralOperand(kind, std::move(text));
}

SqlOperand NameOperand(const std::vector<std::string>& path, const Schema& schema) {
  SqlOperand operand{.kind = SqlOperand::Kind::kColumn, .column = ResolveColumn(path, schema)};
  if (operand.column.field != nullptr) return operand;
  if (path.size() == 2 && EqualsIgnoringAsciiCase(path[0], "partitionValues")) {
    operand.column = ResolveColumn({path[1]}, schema);
    operand.as_text = true;
    if (operand.column.field != nullptr) return operand;
  }
  return OpaqueOperand();
}

SqlOperand CastOperand(SqlOperand operand, const SqlTypeName& type) {
  if (operand.kind == SqlOperand::Kind::kLiteral) return CastLiteral(operand.literal, type);
  if (operand.kind == SqlOperand::Kind::kColumn &&
      CastKeepsOrder(operand.column.field->type.kind, type.column)) {
    operand.as_text = false;
    return operand;
  }
  return OpaqueOperand();
}

Predicate ToCondition(SqlOperand operand) {
  switch (operand.kind) {
    case SqlOperand::Kind::kCondition: return std::move(operand.condition);
    case SqlOperand::Kind::kColumn:
      if (operand.as_text) return MakeUnknown();
      return MakeComparison(operand.column, CompareOp::kEqual,
                            {.kind = LiteralKind::kBoolean, .text = "true"});
    case SqlOperand::Kind::kLiteral:
      if (operand.literal.kind != LiteralKind::kBoolean) return MakeUnknown();
      return EqualsIgnoringAsciiCase(operand.literal.text, "true") ? MakeAnd({}) : MakeOr({});
    case SqlOperand::Kind::kOpaque: break;
  }
  return MakeUnknown();
}

Predicate CompareOperands(const SqlOperand& left, CompareOp op, const SqlOperand& right) {
  if (left.kind == SqlOperand::Kind::kLiteral && right.kind == SqlOperand::Kind::kColumn) {
    return CompareOperands(right, Mirrored(op), left);
  }
  if (left.kind != SqlOperand::Kind::kColumn || right.kind != SqlOperand::Kind::kLiteral) {
    return MakeUnknown();
  }
  const bool is_string = left.column.field->type.kind == TypeKind::kString;
  if (left.as_text && !is_string) return MakeUnknown();
  return MakeComparison(left.column, op, right.literal);
}

Predicate CompareBySymbol(const SqlOperand& left, std::string_view symbol,
                          const SqlOperand& right) {
  if (symbol == "=" || symbol == "==") return CompareOperands(left, CompareOp::kEqual, right);
  if (symbol == "<") return CompareOperands(left, CompareOp::kLess, right);
  if (symbol == "<=") return CompareOperands(left, CompareOp::kLessOrEqual, right);
  if (symbol == ">") return CompareOperands(left, CompareOp::kGreater, right);
  if (symbol == ">=") return CompareOperands(left, CompareOp::kGreaterOrEqual, right);
  if (symbol == "<=>") return NullSafeEqual(left, right);
  return MakeNot(CompareOperands(left, CompareOp::kEqual, right));  // <> and !=
}

}  // namespace sluice::expr
