#include "table/row_set.h"

#include "base/testing.h"

namespace sluice::table {
namespace {

constexpr std::size_t kRows = 200;

/// Rows at both ends of words, runs, and long gaps.
RowSet MakeSet() {
  RowSet set(kRows);
  for (const std::size_t row : {0, 1, 5, 63, 64, 127, 130, 131, 132, 191, 199}) set.Insert(row);
  return set;
}

TEST(RowSetTest, FindsTheNextRowInItAndNotInIt) {
  const RowSet set = MakeSet();
  for (std::size_t from = 0; from < kRows; ++from) {
    std::size_t in = from;
    std::size_t out = from;
    while (in < kRows && !set.Contains(in)) ++in;
    while (out < kRows && set.Contains(out)) ++out;
    EXPECT_EQ(std::min(set.FindFrom(from), kRows), in) << from;
    EXPECT_EQ(std::min(set.FindMissingFrom(from), kRows), out) << from;
  }
}

TEST(RowSetTest, CountsAndSkipsFromAnyRow) {
  const RowSet set = MakeSet();
  for (const std::size_t from : {0, 1, 2, 63, 64, 65, 128, 199}) {
    std::size_t in = 0;
    std::size_t out = 0;
    for (std::size_t row = from; row < kRows; ++row) {
      // The rows behind `in` that are in the set, and behind `out` that are not, end before `row`.
      EXPECT_LE(set.SkipFrom(from, in), row) << from;
      EXPECT_LE(set.SkipMissingFrom(from, out), row) << from;
      ++(set.Contains(row) ? in : out);
      const std::size_t behind =
          set.Contains(row) ? set.SkipFrom(from, in) : set.SkipMissingFrom(from, out);
      EXPECT_EQ(behind, row + 1) << from;
    }
    EXPECT_EQ(set.CountFrom(from), in) << from;
  }
}

TEST(RowSetTest, OfNoRowsHoldsNothing) {
  const RowSet none(0);
  EXPECT_EQ(none.FindFrom(0), 0U);
  EXPECT_EQ(none.CountFrom(0), 0U);
  EXPECT_EQ(none.SkipFrom(0, 3), 0U);
}

}  // namespace
}  // namespace sluice::table
