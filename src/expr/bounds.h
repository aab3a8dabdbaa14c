#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "expr/scalar.h"

namespace sluice::expr {

/// What is known of one column's values in each of many files: typed arrays, one entry a file, or
/// one entry a distinct value with `codes` saying which entry a file has.
struct ColumnBounds {
  enum Flag : std::uint8_t {
    kHasMin = 1,   ///< No value is below `min`.
    kHasMax = 2,   ///< No value is above `max`.
    kNoNulls = 4,  ///< No value is null.
    kAllNull = 8,  ///< Every value is null; min and max mean nothing.
    kNoNaN = 16,   ///< In lane kDouble: no value is NaN. Set for partition values; statistics do
                   ///< not tell.
  };

  Lane lane = Lane::kNone;
  std::vector<std::uint8_t> flags;  ///< Of each entry; its size is the number of entries.
  std::vector<std::int64_t> min_int64, max_int64;   ///< Filled in lane kInt64.
  std::vector<double> min_double, max_double;       ///< Filled in lane kDouble; a NaN is no bound.
  std::vector<std::string> min_string, max_string;  ///< Filled in lane kString.
  const std::vector<std::uint32_t>* codes =
      nullptr;  ///< Entry of each file; nullptr: entry i is file i's.

  std::size_t entries() const { return flags.size(); }
};

}  // namespace sluice::expr
