#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "expr/predicate.h"
#include "expr/schema.h"

namespace sluice::expr {

/// What a literal is by its own spelling, whatever it is compared with.
enum class LiteralKind : std::uint8_t {
  kNull,
  kBoolean,
  kInteger,
  kDecimal,  ///< A number with a point or an exponent.
  kFloat,
  kDouble,
  kString,
  kDate,
  kTimestamp,     ///< An instant, or a local time in the zone of the reader's session.
  kTimestampNtz,  ///< A local time.
};

struct Literal {
  LiteralKind kind = LiteralKind::kNull;
  std::string text;
};

/// A column that the schema has, at its path of names as the schema spells them.
struct ColumnReference {
  std::vector<std::string> path;
  const Field* field = nullptr;
};

/// Finds `path` in `schema`; the answer's `field` is nullptr if there is no such column.
ColumnReference ResolveColumn(const std::vector<std::string>& path, const Schema& schema);

/// `column` `op` `literal`, or kUnknown where readers could disagree with this server on the
/// outcome. Where only literals close to a value are in doubt, the predicate says so: it is sure
/// outside of the doubtful range and unknown inside.
Predicate MakeComparison(const ColumnReference& column, CompareOp op, const Literal& literal);

Predicate MakeIsNull(const ColumnReference& column);
Predicate MakeUnknown();
Predicate MakeNot(Predicate child);
Predicate MakeAnd(std::vector<Predicate> children);
Predicate MakeOr(std::vector<Predicate> children);

/// `literal op column` is `column Mirrored(op) literal`.
CompareOp Mirrored(CompareOp op);

}  // namespace sluice::expr
