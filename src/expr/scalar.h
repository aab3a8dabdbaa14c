#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "expr/schema.h"

namespace sluice::expr {

/// How values of a type are compared: the representation of a Scalar and of ColumnBounds.
enum class Lane : std::uint8_t {
  kInt64,  ///< boolean (0, 1), byte to long, date (days since 1970-01-01), timestamps (microseconds
           ///< since then)
  kDouble,  ///< float, double
  kString,  ///< string: compared by its UTF-8 bytes
  kNone,    ///< every other type: never compared, so never used to skip a file
};
Lane LaneOf(const DataType& type);

/// A value that is not null, in the lane of its type.
using Scalar = std::variant<std::int64_t, double, std::string>;

/// Parses a partition value as the Delta log spells it. Timestamps without a zone are UTC.
/// Errors: kInvalidArgument if `text` is no value of `type`, or the type's lane is kNone.
/// Source: Delta PROTOCOL.md, "Partition Value Serialization".
Result<Scalar> ParsePartitionValue(std::string_view text, const DataType& type);

/// Parses a literal of a hint (SQL text without its quotes, or the `value` of a JSON hint). Takes
/// what ParsePartitionValue takes and ISO-8601 timestamps with an offset. Same errors.
Result<Scalar> ParseLiteral(std::string_view text, const DataType& type);

}  // namespace sluice::expr
