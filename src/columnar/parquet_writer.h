#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sluice::columnar {

enum class NewColumnType : std::uint8_t {
  kInteger,  ///< 64 bits.
  kText,     ///< UTF-8, not checked.
  kBoolean,
  kTimestamp,  ///< An instant: microseconds since 1970-01-01 00:00:00 UTC.
  kTextList,
};

/// A value of a new column; the texts must live until the column is encoded. A value of another
/// type than its column's is null.
using NewValue = std::variant<std::monostate, bool, std::int64_t, std::string_view,
                              const std::vector<std::string>*>;

struct NewColumn {
  std::string name;
  NewColumnType type = NewColumnType::kText;
  std::vector<NewValue> values;
};

/// A Parquet file of the columns, all nullable and of the same length, compressed with Snappy; with
/// statistics of each. Errors: kResourceExhausted if there is no memory; kInternal otherwise.
Result<std::string> EncodeParquet(const std::vector<NewColumn>& columns);

}  // namespace sluice::columnar
