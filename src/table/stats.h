#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/bounds.h"
#include "expr/scalar.h"
#include "expr/schema.h"
#include "table/compressed_text.h"

namespace sluice::table {

/// Decodes what the statistics of `rows` files say of one column. What is missing, unreadable or of
/// another type is unknown, never an error: statistics only help to skip files. Source: Delta
/// PROTOCOL.md, "Per-file Statistics". Maxima of timestamps are cut to milliseconds there, so a
/// millisecond is added; minima and maxima of strings may be cut, which keeps them bounds.
expr::ColumnBounds DecodeStats(CompressedText::Cursor escaped_stats, std::size_t rows,
                               const std::vector<std::string>& column, const expr::DataType& type);

/// `numRecords` of one file's statistics, if it is there and not negative.
std::optional<std::int64_t> DecodeRowCount(std::string_view escaped_stats);

/// `range`, widened to the floats that the digits of `number` may have been printed of. A column
/// that was a float has such digits in its older statistics and partition values.
expr::ScalarRange WithFloats(double number, const expr::ScalarRange& range);

/// What stands where a lane has no bound.
expr::Scalar ZeroOf(expr::Lane lane);

/// Appends the ends of `range` to the bounds' lane (nothing in lane kNone).
void AppendRange(const expr::ScalarRange& range, expr::ColumnBounds& bounds);

std::size_t MemoryBytes(const expr::ColumnBounds& bounds);

}  // namespace sluice::table
