#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expr/comparison_internal.h"
#include "expr/predicate.h"
#include "expr/testing_internal.h"

namespace sluice::expr {
namespace {

class FakeSource : public BoundsSource {
 public:
  const ColumnBounds* FindBounds(const std::vector<std::string>& column) override {
    const auto found = columns_.find(column);
    return found == columns_.end() ? nullptr : &found->second;
  }
  ColumnBounds& Column(const std::string& name) { return columns_[{name}]; }

 private:
  std::map<std::vector<std::string>, ColumnBounds> columns_;
};

constexpr CompareOp kOps[] = {CompareOp::kEqual, CompareOp::kLess, CompareOp::kLessOrEqual,
                              CompareOp::kGreater, CompareOp::kGreaterOrEqual};

Predicate Leaf(CompareOp op, Scalar literal, const std::string& column = "c") {
  return {.kind = Predicate::Kind::kCompare,
          .column = {column},
          .op = op,
          .literal = std::move(literal)};
}
Predicate IsNullLeaf(const std::string& column = "c") {
  return {.kind = Predicate::Kind::kIsNull, .column = {column}};
}

// What SQL says of one row with one column, by the plainest reading of the standard. NaN is above
// every number, as in Spark.
template <typename T>
TruthSet TruthOf(const Predicate& predicate, const std::optional<T>& row) {
  const auto less = [](const T& a, const T& b) {
    if constexpr (std::is_same_v<T, double>) {
      if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
    }
    return a < b;
  };
  switch (predicate.kind) {
    case Predicate::Kind::kIsNull: return row ? kMayBeFalse : kMayBeTrue;
    case Predicate::Kind::kCompare: {
      if (!row) return kMayBeNull;
      const T& literal = std::get<T>(predicate.literal);
      const bool below = less(*row, literal);
      const bool above = less(literal, *row);
      const bool outcomes[] = {!below && !above, below, !above, above, !below};
      return outcomes[static_cast<int>(predicate.op)] ? kMayBeTrue : kMayBeFalse;
    }
    case Predicate::Kind::kNot: {
      const TruthSet child = TruthOf<T>(predicate.children[0], row);
      if (child == kMayBeNull) return kMayBeNull;
      return child == kMayBeTrue ? kMayBeFalse : kMayBeTrue;
    }
    default: {
      const bool is_and = predicate.kind == Predicate::Kind::kAnd;
      const TruthSet decisive = is_and ? kMayBeFalse : kMayBeTrue;
      TruthSet result = is_and ? kMayBeTrue : kMayBeFalse;
      for (const Predicate& child : predicate.children) {
        const TruthSet truth = TruthOf<T>(child, row);
        if (truth == decisive) return decisive;
        if (truth == kMayBeNull) result = kMayBeNull;
      }
      return result;
    }
  }
}

// Every leaf over `literals`, its negation, and every pair of leaves under AND and OR.
std::vector<Predicate> AllSmallPredicates(const std::vector<Scalar>& literals) {
  std::vector<Predicate> leaves = {IsNullLeaf()};
  for (const CompareOp op : kOps) {
    for (const Scalar& literal : literals) leaves.push_back(Leaf(op, literal));
  }
  std::vector<Predicate> all = leaves;
  for (const Predicate& leaf : leaves) all.push_back(MakeNot(leaf));
  for (const Predicate& left : leaves) {
    for (const Predicate& right : leaves) {
      all.push_back(MakeAnd({left, MakeNot(right)}));
      all.push_back(MakeOr({MakeNot(left), right}));
    }
  }
  return all;
}

template <typename T>
struct File {
  std::vector<std::optional<T>> rows;
};

// Every set of rows that can be drawn from the domain.
template <typename T>
std::vector<File<T>> AllFiles(const std::vector<std::optional<T>>& domain) {
  std::vector<File<T>> files;
  for (unsigned chosen = 1; chosen < (1U << domain.size()); ++chosen) {
    File<T> file;
    for (std::size_t i = 0; i < domain.size(); ++i) {
      if ((chosen >> i & 1U) != 0) file.rows.push_back(domain[i]);
    }
    files.push_back(std::move(file));
  }
  return files;
}

template <typename T>
struct Arrays {
  std::vector<T>& min;
  std::vector<T>& max;
};
Arrays<std::int64_t> ArraysOf(ColumnBounds& bounds, std::int64_t) {
  return {bounds.min_int64, bounds.max_int64};
}
Arrays<double> ArraysOf(ColumnBounds& bounds, double) {
  return {bounds.min_double, bounds.max_double};
}
Arrays<std::string> ArraysOf(ColumnBounds& bounds, const std::string&) {
  return {bounds.min_string, bounds.max_string};
}

// What a writer of statistics would note of the file, less the flags in `withheld`.
template <typename T>
void Describe(const File<T>& file, std::uint8_t withheld, ColumnBounds& bounds) {
  std::vector<T> values;
  bool has_null = false;
  bool has_nan = false;
  for (const auto& row : file.rows) {
    if (!row) {
      has_null = true;
    } else if (*row != *row) {
      has_nan = true;  // left out of the statistics, as most writers do
    } else {
      values.push_back(*row);
    }
  }
  std::uint8_t flags = 0;
  if (!values.empty()) flags |= ColumnBounds::kHasMin | ColumnBounds::kHasMax;
  if (!has_null) flags |= ColumnBounds::kNoNulls;
  if (!has_nan) flags |= ColumnBounds::kNoNaN;
  if (values.empty() && !has_nan) flags |= ColumnBounds::kAllNull;
  bounds.flags.push_back(static_cast<std::uint8_t>(flags & ~withheld));
  const auto arrays = ArraysOf(bounds, T{});
  arrays.min.push_back(values.empty() ? T{} : *std::min_element(values.begin(), values.end()));
  arrays.max.push_back(values.empty() ? T{} : *std::max_element(values.begin(), values.end()));
}

template <typename T>
void ExpectEveryTruthIsForeseen(Lane lane, const std::vector<std::optional<T>>& domain) {
  const std::vector<File<T>> files = AllFiles(domain);
  std::vector<Scalar> literals;
  for (const auto& value : domain) {
    if (value && *value == *value) literals.emplace_back(*value);
  }
  const std::vector<Predicate> predicates = AllSmallPredicates(literals);
  for (unsigned withheld = 0; withheld < 32; ++withheld) {
    FakeSource source;
    ColumnBounds& bounds = source.Column("c");
    bounds.lane = lane;
    for (const File<T>& file : files) {
      Describe(file, static_cast<std::uint8_t>(withheld), bounds);
    }
    for (const Predicate& predicate : predicates) {
      const std::vector<TruthSet> sets = Evaluate(predicate, source, files.size());
      ASSERT_EQ(sets.size(), files.size());
      for (std::size_t i = 0; i < files.size(); ++i) {
        for (const auto& row : files[i].rows) {
          const TruthSet truth = TruthOf<T>(predicate, row);
          ASSERT_NE(sets[i] & truth, 0) << Show(predicate) << " in file " << i;
        }
      }
    }
  }
}

TEST(Evaluate, ForeseesEveryOutcomeOverIntegers) {
  ExpectEveryTruthIsForeseen<std::int64_t>(
      Lane::kInt64, {std::nullopt, std::numeric_limits<std::int64_t>::min(), 0, 7,
                     std::numeric_limits<std::int64_t>::max()});
}

TEST(Evaluate, ForeseesEveryOutcomeOverRealNumbersWithNaN) {
  ExpectEveryTruthIsForeseen<double>(
      Lane::kDouble, {std::nullopt, -std::numeric_limits<double>::infinity(), -0.0, 0.0, 2.5,
                      std::numeric_limits<double>::quiet_NaN()});
}

TEST(Evaluate, ForeseesEveryOutcomeOverStrings) {
  ExpectEveryTruthIsForeseen<std::string>(Lane::kString, {std::nullopt, "", "a", "ab", "\xC3\xA9"});
}

// Three files: ids 0..9, 10..19, and nothing but nulls.
FakeSource ThreeFiles() {
  FakeSource source;
  ColumnBounds& id = source.Column("id");
  id.lane = Lane::kInt64;
  constexpr std::uint8_t kFull =
      ColumnBounds::kHasMin | ColumnBounds::kHasMax | ColumnBounds::kNoNulls;
  id.flags = {kFull, kFull, ColumnBounds::kAllNull};
  id.min_int64 = {0, 10, 0};
  id.max_int64 = {9, 19, 0};
  return source;
}

std::vector<bool> FilesKept(const Predicate& predicate, BoundsSource& source, std::size_t count) {
  std::vector<bool> kept;
  for (const TruthSet set : Evaluate(predicate, source, count)) {
    kept.push_back((set & kMayBeTrue) != 0);
  }
  return kept;
}

TEST(Evaluate, SkipsFilesThatCannotMatch) {
  FakeSource source = ThreeFiles();
  const auto kept = [&](const Predicate& predicate) { return FilesKept(predicate, source, 3); };
  using Bools = std::vector<bool>;
  EXPECT_EQ(kept(Leaf(CompareOp::kEqual, std::int64_t{15}, "id")), (Bools{false, true, false}));
  EXPECT_EQ(kept(Leaf(CompareOp::kLess, std::int64_t{0}, "id")), (Bools{false, false, false}));
  EXPECT_EQ(kept(Leaf(CompareOp::kGreater, std::int64_t{9}, "id")), (Bools{false, true, false}));
  EXPECT_EQ(kept(MakeNot(Leaf(CompareOp::kGreater, std::int64_t{9}, "id"))),
            (Bools{true, false, false}));
  EXPECT_EQ(kept(IsNullLeaf("id")), (Bools{false, false, true}));
  EXPECT_EQ(kept(MakeNot(IsNullLeaf("id"))), (Bools{true, true, false}));
  EXPECT_EQ(kept(MakeAnd({Leaf(CompareOp::kEqual, std::int64_t{15}, "id"), MakeUnknown()})),
            (Bools{false, true, false}));
  EXPECT_EQ(kept(MakeOr({Leaf(CompareOp::kEqual, std::int64_t{15}, "id"), MakeUnknown()})),
            (Bools{true, true, true}));
}

TEST(Evaluate, ProvesWhatHoldsForEveryRow) {
  FakeSource source = ThreeFiles();
  const auto sets = Evaluate(Leaf(CompareOp::kLess, std::int64_t{10}, "id"), source, 3);
  EXPECT_EQ(sets, (std::vector<TruthSet>{kMayBeTrue, kMayBeFalse, kMayBeNull}));
  EXPECT_EQ(Evaluate(MakeAnd({}), source, 3), std::vector<TruthSet>(3, kMayBeTrue));
  EXPECT_EQ(Evaluate(MakeOr({}), source, 3), std::vector<TruthSet>(3, kMayBeFalse));
}

TEST(Evaluate, FollowsDictionaryCodes) {
  FakeSource source;
  const std::vector<std::uint32_t> codes = {1, 0, 0, 1, 2};
  ColumnBounds& country = source.Column("c");
  country.lane = Lane::kString;
  constexpr std::uint8_t kFull =
      ColumnBounds::kHasMin | ColumnBounds::kHasMax | ColumnBounds::kNoNulls;
  country.flags = {kFull, kFull, ColumnBounds::kAllNull};
  country.min_string = country.max_string = {"de", "fr", ""};
  country.codes = &codes;
  EXPECT_EQ(FilesKept(Leaf(CompareOp::kEqual, std::string("fr")), source, 5),
            (std::vector<bool>{true, false, false, true, false}));
  EXPECT_EQ(FilesKept(IsNullLeaf(), source, 5),
            (std::vector<bool>{false, false, false, false, true}));
}

TEST(Evaluate, KnowsNothingOfUnknownColumnsOtherLanesAndContradictingBounds) {
  FakeSource source = ThreeFiles();
  const std::vector<TruthSet> anything(3, kAnything);
  EXPECT_EQ(Evaluate(Leaf(CompareOp::kEqual, std::int64_t{1}, "other"), source, 3), anything);
  EXPECT_EQ(Evaluate(Leaf(CompareOp::kEqual, std::string("x"), "id"), source, 3), anything);
  EXPECT_EQ(Evaluate(Leaf(CompareOp::kEqual, std::int64_t{1}, "id"), source, 2),
            std::vector<TruthSet>(2, kAnything));
  ColumnBounds& id = source.Column("id");
  std::swap(id.min_int64[0], id.max_int64[0]);
  EXPECT_EQ(FilesKept(Leaf(CompareOp::kEqual, std::int64_t{500}, "id"), source, 3),
            (std::vector<bool>{true, false, false}));
}

TEST(Evaluate, TreatsNegativeZeroAsZeroAndNaNAsNoBound) {
  FakeSource source;
  ColumnBounds& x = source.Column("c");
  x.lane = Lane::kDouble;
  x.flags.assign(2, ColumnBounds::kHasMin | ColumnBounds::kHasMax | ColumnBounds::kNoNulls |
                        ColumnBounds::kNoNaN);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  x.min_double = {-0.0, nan};
  x.max_double = {-0.0, nan};
  const auto sets = Evaluate(Leaf(CompareOp::kEqual, 0.0), source, 2);
  EXPECT_EQ(sets[0], kMayBeTrue);
  EXPECT_EQ(sets[1], kMayBeTrue | kMayBeFalse);
}

}  // namespace
}  // namespace sluice::expr
