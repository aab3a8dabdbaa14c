#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::table {

/// A set of row numbers below a fixed size, one bit each.
class RowSet {
 public:
  RowSet() = default;
  explicit RowSet(std::size_t rows) : words_((rows + 63) / 64) {}

  bool Contains(std::size_t row) const { return (words_[row / 64] >> (row % 64) & 1) != 0; }
  /// True if `row` was not in the set.
  bool Insert(std::size_t row) {
    std::uint64_t& word = words_[row / 64];
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }
  std::size_t Count() const {
    std::size_t count = 0;
    for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
    return count;
  }
  /// Of rows from `row` on.
  std::size_t CountFrom(std::size_t row) const {
    std::size_t count = 0;
    for (; row / 64 < words_.size(); row = (row / 64 + 1) * 64) {
      count += static_cast<std::size_t>(std::popcount(RestOfWord<false>(row)));
    }
    return count;
  }

  // Of rows from `row` on, the first in the set, or not in it; at least the set's size if there is
  // none.
  std::size_t FindFrom(std::size_t row) const { return Find<false>(row); }
  std::size_t FindMissingFrom(std::size_t row) const { return Find<true>(row); }

  // Of rows from `row` on, the one behind the first `count` that are in the set, or not in it; at
  // least the set's size if there are fewer.
  std::size_t SkipFrom(std::size_t row, std::size_t count) const { return Skip<false>(row, count); }
  std::size_t SkipMissingFrom(std::size_t row, std::size_t count) const {
    return Skip<true>(row, count);
  }

  std::size_t memory_bytes() const { return words_.capacity() * sizeof(std::uint64_t); }

 private:
  // The word that `row` is in without the rows before it; of the complement if `kMissing`.
  template <bool kMissing>
  std::uint64_t RestOfWord(std::size_t row) const {
    const std::uint64_t word = kMissing ? ~words_[row / 64] : words_[row / 64];
    return word & ~std::uint64_t{0} << (row % 64);
  }

  template <bool kMissing>
  std::size_t Find(std::size_t row) const {
    for (; row / 64 < words_.size(); row = (row / 64 + 1) * 64) {
      const std::uint64_t word = RestOfWord<kMissing>(row);
      if (word != 0) return row / 64 * 64 + static_cast<std::size_t>(std::countr_zero(word));
    }
    return row;
  }

  template <bool kMissing>
  std::size_t Skip(std::size_t row, std::size_t count) const {
    for (; count > 0 && row / 64 < words_.size(); row = (row / 64 + 1) * 64) {
      std::uint64_t word = RestOfWord<kMissing>(row);
      const auto in_word = static_cast<std::size_t>(std::popcount(word));
      if (in_word < count) {
        count -= in_word;
        continue;
      }
      for (; count > 1; --count) word &= word - 1;
      return row / 64 * 64 + static_cast<std::size_t>(std::countr_zero(word)) + 1;
    }
    return row;
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace sluice::table
