// Evaluation works column by column: a leaf turns two typed arrays into one array of TruthSets, and
// AND, OR and NOT combine those by table. A TruthSet has three bits, so the tables are tiny. The
// hot loops go over plain pointers: the checks of operator[] in hardened builds cost a third.
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "expr/predicate.h"

namespace sluice::expr {
namespace {

using Outcomes = std::vector<TruthSet>;
constexpr std::size_t kSets = kAnything + 1;

constexpr TruthSet Not(TruthSet set) {
  return static_cast<TruthSet>(((set & kMayBeTrue) != 0 ? kMayBeFalse : 0) |
                               ((set & kMayBeFalse) != 0 ? kMayBeTrue : 0) | (set & kMayBeNull));
}

constexpr TruthSet AndOfSingles(TruthSet a, TruthSet b) {
  if (a == kMayBeFalse || b == kMayBeFalse) return kMayBeFalse;
  return a == kMayBeNull || b == kMayBeNull ? kMayBeNull : kMayBeTrue;
}

// Every outcome of one side may meet every outcome of the other.
constexpr TruthSet And(TruthSet left, TruthSet right) {
  TruthSet result = 0;
  for (const TruthSet a : {kMayBeTrue, kMayBeFalse, kMayBeNull}) {
    for (const TruthSet b : {kMayBeTrue, kMayBeFalse, kMayBeNull}) {
      if ((left & a) != 0 && (right & b) != 0) result |= AndOfSingles(a, b);
    }
  }
  return result;
}

constexpr TruthSet Or(TruthSet left, TruthSet right) { return Not(And(Not(left), Not(right))); }

using PairTable = std::array<TruthSet, kSets * kSets>;

template <typename Combine>
constexpr PairTable MakePairTable(Combine combine) {
  PairTable table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = combine(static_cast<TruthSet>(i / kSets), static_cast<TruthSet>(i % kSets));
  }
  return table;
}
constexpr PairTable kAndTable = MakePairTable(And);
constexpr PairTable kOrTable = MakePairTable(Or);

// What `value` `op` `literal` may be, if min <= value <= max.
template <CompareOp kOp, typename T>
TruthSet OutcomesBetween(T min, T max, T literal) {
  bool may_hold = true;
  bool may_fail = true;
  if constexpr (kOp == CompareOp::kEqual) {
    may_hold = (min <= literal) & (literal <= max);
    may_fail = (min != literal) | (max != literal);
  } else if constexpr (kOp == CompareOp::kLess) {
    may_hold = min < literal;
    may_fail = max >= literal;
  } else if constexpr (kOp == CompareOp::kLessOrEqual) {
    may_hold = min <= literal;
    may_fail = max > literal;
  } else if constexpr (kOp == CompareOp::kGreater) {
    may_hold = max > literal;
    may_fail = min <= literal;
  } else {
    may_hold = max >= literal;
    may_fail = min < literal;
  }
  const auto set =
      static_cast<TruthSet>((may_hold ? kMayBeTrue : 0) | (may_fail ? kMayBeFalse : 0));
  return min <= max ? set : kAnything;  // bounds that contradict each other prove nothing
}

TruthSet WithNulls(TruthSet set, std::uint8_t flags) {
  if ((flags & ColumnBounds::kNoNulls) == 0) set |= kMayBeNull;
  return (flags & ColumnBounds::kAllNull) != 0 ? kMayBeNull : set;
}

template <CompareOp kOp>
Outcomes CompareInt64(const ColumnBounds& bounds, std::int64_t literal) {
  using Limits = std::numeric_limits<std::int64_t>;
  Outcomes out(bounds.entries());
  TruthSet* const sets = out.data();
  const std::uint8_t* const all_flags = bounds.flags.data();
  const std::int64_t* const mins = bounds.min_int64.data();
  const std::int64_t* const maxes = bounds.max_int64.data();
  const std::size_t count = out.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t flags = all_flags[i];
    const std::int64_t min = (flags & ColumnBounds::kHasMin) ? mins[i] : Limits::min();
    const std::int64_t max = (flags & ColumnBounds::kHasMax) ? maxes[i] : Limits::max();
    sets[i] = WithNulls(OutcomesBetween<kOp>(min, max, literal), flags);
  }
  return out;
}

// Spark holds NaN above every number, IEEE 754 beside all of them, and statistics may leave it out:
// whichever a reader follows, the outcome is in here.
template <CompareOp kOp>
constexpr TruthSet kOutcomesOfNaN = kOp == CompareOp::kGreater || kOp == CompareOp::kGreaterOrEqual
                                        ? static_cast<TruthSet>(kMayBeTrue | kMayBeFalse)
                                        : kMayBeFalse;

template <CompareOp kOp>
Outcomes CompareDouble(const ColumnBounds& bounds, double literal) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Outcomes out(bounds.entries(), kAnything);
  if (std::isnan(literal)) return out;
  TruthSet* const sets = out.data();
  const std::uint8_t* const all_flags = bounds.flags.data();
  const double* const mins = bounds.min_double.data();
  const double* const maxes = bounds.max_double.data();
  const std::size_t count = out.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t flags = all_flags[i];
    double min = (flags & ColumnBounds::kHasMin) ? mins[i] : -kInfinity;
    double max = (flags & ColumnBounds::kHasMax) ? maxes[i] : kInfinity;
    if (std::isnan(min)) min = -kInfinity;
    if (std::isnan(max)) max = kInfinity;
    TruthSet set = OutcomesBetween<kOp>(min, max, literal);
    if ((flags & ColumnBounds::kNoNaN) == 0) set |= kOutcomesOfNaN<kOp>;
    sets[i] = WithNulls(set, flags);
  }
  return out;
}

int Sign(int number) { return number < 0 ? -1 : number > 0 ? 1 : 0; }

template <CompareOp kOp>
Outcomes CompareString(const ColumnBounds& bounds, const std::string& literal) {
  Outcomes out(bounds.entries());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t flags = bounds.flags[i];
    // Only the side of the literal on which a bound lies matters.
    const int min =
        (flags & ColumnBounds::kHasMin) ? Sign(bounds.min_string[i].compare(literal)) : -1;
    const int max =
        (flags & ColumnBounds::kHasMax) ? Sign(bounds.max_string[i].compare(literal)) : 1;
    out[i] = WithNulls(OutcomesBetween<kOp>(min, max, 0), flags);
  }
  return out;
}

template <CompareOp kOp>
Outcomes CompareEntries(const ColumnBounds& bounds, const Scalar& literal) {
  const std::size_t entries = bounds.entries();
  if (const auto* number = std::get_if<std::int64_t>(&literal)) {
    if (bounds.lane == Lane::kInt64 && bounds.min_int64.size() == entries &&
        bounds.max_int64.size() == entries) {
      return CompareInt64<kOp>(bounds, *number);
    }
  } else if (const auto* real = std::get_if<double>(&literal)) {
    if (bounds.lane == Lane::kDouble && bounds.min_double.size() == entries &&
        bounds.max_double.size() == entries) {
      return CompareDouble<kOp>(bounds, *real);
    }
  } else if (const auto* text = std::get_if<std::string>(&literal)) {
    if (bounds.lane == Lane::kString && bounds.min_string.size() == entries &&
        bounds.max_string.size() == entries) {
      return CompareString<kOp>(bounds, *text);
    }
  }
  return Outcomes(entries, kAnything);
}

Outcomes CompareEntries(const ColumnBounds& bounds, CompareOp op, const Scalar& literal) {
  switch (op) {
    case CompareOp::kEqual: return CompareEntries<CompareOp::kEqual>(bounds, literal);
    case CompareOp::kLess: return CompareEntries<CompareOp::kLess>(bounds, literal);
    case CompareOp::kLessOrEqual: return CompareEntries<CompareOp::kLessOrEqual>(bounds, literal);
    case CompareOp::kGreater: return CompareEntries<CompareOp::kGreater>(bounds, literal);
    case CompareOp::kGreaterOrEqual:
      return CompareEntries<CompareOp::kGreaterOrEqual>(bounds, literal);
  }
  return Outcomes(bounds.entries(), kAnything);
}

Outcomes NullEntries(const ColumnBounds& bounds) {
  Outcomes out(bounds.entries());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t flags = bounds.flags[i];
    TruthSet set = (flags & ColumnBounds::kNoNulls) ? kMayBeFalse : (kMayBeTrue | kMayBeFalse);
    if ((flags & ColumnBounds::kAllNull) != 0) set = kMayBeTrue;
    out[i] = set;
  }
  return out;
}

// Brings the outcomes of a column's entries to its files.
Outcomes SpreadToFiles(Outcomes entries, const ColumnBounds& bounds, std::size_t file_count) {
  if (bounds.codes == nullptr) {
    if (entries.size() != file_count) return Outcomes(file_count, kAnything);
    return entries;
  }
  const std::vector<std::uint32_t>& codes = *bounds.codes;
  Outcomes out(file_count, kAnything);
  if (codes.size() != file_count) return out;
  for (std::size_t i = 0; i < file_count; ++i) {
    if (codes[i] < entries.size()) out[i] = entries[codes[i]];
  }
  return out;
}

Outcomes EvaluateLeaf(const Predicate& leaf, BoundsSource& source, std::size_t file_count) {
  const ColumnBounds* const bounds = source.FindBounds(leaf.column);
  if (bounds == nullptr) return Outcomes(file_count, kAnything);
  Outcomes entries = leaf.kind == Predicate::Kind::kIsNull
                         ? NullEntries(*bounds)
                         : CompareEntries(*bounds, leaf.op, leaf.literal);
  return SpreadToFiles(std::move(entries), *bounds, file_count);
}

Outcomes EvaluatePairwise(const Predicate& predicate, const PairTable& table, TruthSet of_nothing,
                          BoundsSource& source, std::size_t file_count) {
  if (predicate.children.empty()) return Outcomes(file_count, of_nothing);
  Outcomes out = Evaluate(predicate.children.front(), source, file_count);
  for (const Predicate& child : std::span(predicate.children).subspan(1)) {
    const Outcomes more = Evaluate(child, source, file_count);
    TruthSet* const left = out.data();
    const TruthSet* const right = more.data();
    for (std::size_t i = 0; i < file_count; ++i) left[i] = table[left[i] * kSets + right[i]];
  }
  return out;
}

}  // namespace

std::vector<TruthSet> Evaluate(const Predicate& predicate, BoundsSource& source,
                               std::size_t file_count) {
  switch (predicate.kind) {
    case Predicate::Kind::kAnd:
      return EvaluatePairwise(predicate, kAndTable, kMayBeTrue, source, file_count);
    case Predicate::Kind::kOr:
      return EvaluatePairwise(predicate, kOrTable, kMayBeFalse, source, file_count);
    case Predicate::Kind::kNot: {
      if (predicate.children.size() != 1) break;
      Outcomes out = Evaluate(predicate.children.front(), source, file_count);
      for (TruthSet& set : out) set = Not(set);
      return out;
    }
    case Predicate::Kind::kCompare:
    case Predicate::Kind::kIsNull: return EvaluateLeaf(predicate, source, file_count);
    case Predicate::Kind::kUnknown: break;
  }
  return Outcomes(file_count, kAnything);
}

}  // namespace sluice::expr
