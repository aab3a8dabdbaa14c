#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "expr/schema.h"

namespace sluice::expr {

/// How values of a type are compared: the representation of a Scalar and of ColumnBounds.
enum class Lane : std::uint8_t {
  kInt64,   ///< boolean (0, 1), byte to long, date (days since 1970-01-01), timestamps
            ///< (microseconds since then)
  kDouble,  ///< float, double; a float's value is the nearest float, widened
  kString,  ///< string: compared by its UTF-8 bytes
  kNone,    ///< every other type: never compared, so never used to skip a file
};
Lane LaneOf(const DataType& type);

/// A value that is not null, in the lane of its type. Never NaN.
using Scalar = std::variant<std::int64_t, double, std::string>;

/// What a text may stand for, where that depends on who reads it.
struct ScalarRange {
  Scalar low;
  Scalar high;

  bool exact() const { return low == high; }
};

/// Parses a partition value as the Delta log spells it. Timestamps without a zone are UTC.
/// Errors: kInvalidArgument if `text` is no value of `type` or is NaN, or if the type's lane is
/// kNone. Source: Delta PROTOCOL.md, "Partition Value Serialization".
Result<Scalar> ParsePartitionValue(std::string_view text, const DataType& type);

/// The same without assuming UTC: a timestamp without a zone was written in the writer's own and is
/// read in the reader's, so it may be any instant within 18 hours. Use this to skip files.
Result<ScalarRange> ParsePartitionRange(std::string_view text, const DataType& type);

/// Parses a literal of a hint (SQL text without its quotes, or the `value` of a JSON hint) that is
/// compared with a column of `type`. Takes what ParsePartitionValue takes, and integers beyond the
/// type's own range. Same errors.
Result<Scalar> ParseLiteral(std::string_view text, const DataType& type);

/// The same without assuming UTC. A number that no float equals lies between the two nearest: some
/// readers round it to a float before they compare, others compare as doubles.
Result<ScalarRange> ParseLiteralRange(std::string_view text, const DataType& type);

}  // namespace sluice::expr
