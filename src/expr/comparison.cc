#include <utility>

#include "expr/comparison_internal.h"

namespace sluice::expr {
namespace {

bool IsInteger(TypeKind kind) {
  return kind == TypeKind::kByte || kind == TypeKind::kShort || kind == TypeKind::kInteger ||
         kind == TypeKind::kLong;
}

// True if readers compare values of `column` with such a literal in the column's own type, or in
// one that orders them alike. A string column and a number, say, are compared as numbers by some.
bool ComparesInColumnType(TypeKind column, LiteralKind literal) {
  if (IsInteger(column)) return literal == LiteralKind::kInteger || literal == LiteralKind::kString;
  switch (column) {
    case TypeKind::kBoolean:
      return literal == LiteralKind::kBoolean || literal == LiteralKind::kString;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return literal == LiteralKind::kInteger || literal == LiteralKind::kDecimal ||
             literal == LiteralKind::kFloat || literal == LiteralKind::kDouble ||
             literal == LiteralKind::kString;
    case TypeKind::kString: return literal == LiteralKind::kString;
    case TypeKind::kDate: return literal == LiteralKind::kDate || literal == LiteralKind::kString;
    case TypeKind::kTimestamp:
      return literal == LiteralKind::kTimestamp || literal == LiteralKind::kDate ||
             literal == LiteralKind::kString;
    case TypeKind::kTimestampNtz:
      return literal == LiteralKind::kTimestampNtz || literal == LiteralKind::kDate ||
             literal == LiteralKind::kString;
    default: return false;
  }
}

// Spark notes a string's collation and the padding of char(n) in the field's metadata. Either makes
// the order of bytes the wrong one.
bool ComparesByBytes(const Field& field) {
  if (FindMember(field.metadata, "__COLLATIONS") != nullptr) return false;
  const json::value* const char_type = FindMember(field.metadata, "__CHAR_VARCHAR_TYPE_STRING");
  return char_type == nullptr ||
         (char_type->is_string() && !char_type->get_string().starts_with("char"));
}

Predicate Compare(const ColumnReference& column, CompareOp op, Scalar literal) {
  return {.kind = Predicate::Kind::kCompare,
          .column = column.path,
          .op = op,
          .literal = std::move(literal)};
}

// The literal is somewhere in `range`.
Predicate CompareWithRange(const ColumnReference& column, CompareOp op, ScalarRange range) {
  if (range.exact()) return Compare(column, op, std::move(range.low));
  Predicate at_least_low = Compare(column, CompareOp::kGreaterOrEqual, range.low);
  Predicate at_most_high = Compare(column, CompareOp::kLessOrEqual, range.high);
  switch (op) {
    case CompareOp::kEqual:
      return MakeAnd({std::move(at_least_low), std::move(at_most_high), MakeUnknown()});
    case CompareOp::kGreater:
    case CompareOp::kGreaterOrEqual:
      return MakeOr({Compare(column, CompareOp::kGreater, std::move(range.high)),
                     MakeAnd({std::move(at_least_low), MakeUnknown()})});
    case CompareOp::kLess:
    case CompareOp::kLessOrEqual:
      return MakeOr({Compare(column, CompareOp::kLess, std::move(range.low)),
                     MakeAnd({std::move(at_most_high), MakeUnknown()})});
  }
  return MakeUnknown();
}

}  // namespace

ColumnReference ResolveColumn(const std::vector<std::string>& path, const Schema& schema) {
  ColumnReference column;
  std::vector<std::string> prefix;
  for (const std::string& name : path) {
    prefix.push_back(name);
    column.field = schema.Find(prefix);
    if (column.field == nullptr) return {};
    prefix.back() = column.field->name;
  }
  column.path = std::move(prefix);
  return column;
}

Predicate MakeComparison(const ColumnReference& column, CompareOp op, const Literal& literal) {
  if (column.field == nullptr) return MakeUnknown();
  DataType type = column.field->type;
  if (!ComparesInColumnType(type.kind, literal.kind)) return MakeUnknown();
  if (type.kind == TypeKind::kString && !ComparesByBytes(*column.field)) return MakeUnknown();
  // A literal that is a float itself was rounded by whoever wrote it.
  if (literal.kind == LiteralKind::kFloat) {
    type.kind = TypeKind::kFloat;
    Result<Scalar> rounded = ParseLiteral(literal.text, type);
    return rounded.ok() ? Compare(column, op, *std::move(rounded)) : MakeUnknown();
  }
  Result<ScalarRange> range = ParseLiteralRange(literal.text, type);
  return range.ok() ? CompareWithRange(column, op, *std::move(range)) : MakeUnknown();
}

Predicate MakeIsNull(const ColumnReference& column) {
  if (column.field == nullptr) return MakeUnknown();
  return {.kind = Predicate::Kind::kIsNull, .column = column.path};
}

Predicate MakeUnknown() { return {.kind = Predicate::Kind::kUnknown}; }

Predicate MakeNot(Predicate child) {
  Predicate result{.kind = Predicate::Kind::kNot};
  result.children.push_back(std::move(child));
  return result;
}

Predicate MakeAnd(std::vector<Predicate> children) {
  return {.kind = Predicate::Kind::kAnd, .children = std::move(children)};
}

Predicate MakeOr(std::vector<Predicate> children) {
  return {.kind = Predicate::Kind::kOr, .children = std::move(children)};
}

CompareOp Mirrored(CompareOp op) {
  switch (op) {
    case CompareOp::kEqual: return CompareOp::kEqual;
    case CompareOp::kLess: return CompareOp::kGreater;
    case CompareOp::kLessOrEqual: return CompareOp::kGreaterOrEqual;
    case CompareOp::kGreater: return CompareOp::kLess;
    case CompareOp::kGreaterOrEqual: return CompareOp::kLessOrEqual;
  }
  return op;
}

}  // namespace sluice::expr
