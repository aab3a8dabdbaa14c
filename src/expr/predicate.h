#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/bounds.h"
#include "expr/scalar.h"
#include "expr/schema.h"

namespace sluice::expr {

enum class CompareOp : std::uint8_t { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

/// A condition on a row, with SQL's three-valued logic.
struct Predicate {
  enum class Kind : std::uint8_t {
    kAnd,      ///< of `children`; true if there are none
    kOr,       ///< of `children`; false if there are none
    kNot,      ///< of the one child
    kCompare,  ///< `column` `op` `literal`
    kIsNull,   ///< `column`
    kUnknown,  ///< A part that was not understood: may be true, false or null.
  };
  Kind kind = Kind::kUnknown;
  std::vector<Predicate> children;
  std::vector<std::string> column;  ///< Path of names as the schema spells them.
  CompareOp op = CompareOp::kEqual;
  Scalar literal;  ///< In the lane of the column's type.
};

/// Bounds of a hint. Evaluation costs conditions times files, so the last one bounds a request.
inline constexpr std::size_t kMaxJsonHintBytes = 1 << 20;
inline constexpr std::size_t kMaxSqlHintBytes = 64 << 10;
inline constexpr int kMaxHintDepth = 100;
inline constexpr int kMaxHintConditions = 1'000;

/// Parses a `jsonPredicateHints` string.
/// Errors: kInvalidArgument saying what is wrong: the caller then applies no filter. A part that is
/// well formed but cannot be judged (an unknown column or operation, a literal whose type does not
/// fit its column, a collation) becomes kUnknown. Source: Delta Sharing PROTOCOL.md, "JSON
/// predicates for filtering".
Result<Predicate> ParseJsonHint(std::string_view text, const Schema& schema);

/// Parses one of `predicateHints`: comparisons of a column with a constant (either side), `<>`,
/// `!=`, `<=>`, IS [NOT] NULL, [NOT] IN, BETWEEN, AND, OR, NOT, parentheses, backquoted and dotted
/// names, casts of `partitionValues`.`c`, typed literals (DATE '..', TIMESTAMP '..'). Arithmetic,
/// functions and LIKE are read over and become kUnknown. Errors as above.
Result<Predicate> ParseSqlHint(std::string_view sql, const Schema& schema);

/// All of `predicateHints`, which hold together. Those that cannot be read are skipped, and so is
/// what goes beyond kMaxHintConditions in all.
Predicate ParseSqlHints(std::span<const std::string> hints, const Schema& schema);

/// Which outcomes a predicate may have over the rows of one file.
using TruthSet = std::uint8_t;
inline constexpr TruthSet kMayBeTrue = 1;
inline constexpr TruthSet kMayBeFalse = 2;
inline constexpr TruthSet kMayBeNull = 4;
inline constexpr TruthSet kAnything = 7;

/// Tells what is known of a column, for the same files in the same order at every call.
class BoundsSource {
 public:
  virtual ~BoundsSource() = default;
  /// nullptr if nothing is known. The answer lives as long as the source.
  virtual const ColumnBounds* FindBounds(const std::vector<std::string>& column) = 0;
};

/// The outcomes possible in each of `file_count` files. Never leaves out one that a row could have:
/// floating point maxima are not trusted for order (NaN sorts last and may be left out of
/// statistics), and what is not known may be anything. Linear in files times nodes; each column is
/// asked for once a node.
std::vector<TruthSet> Evaluate(const Predicate& predicate, BoundsSource& source,
                               std::size_t file_count);

}  // namespace sluice::expr
