#pragma once

#include <optional>
#include <string_view>

#include "audit/record.h"

namespace sluice::audit {

/// Reads a line that is written exactly as EncodeRecord writes most records: keys in its order,
/// nothing between them, no \u escapes, no `more_columns`. A tenth of the work of a JSON parser;
/// for whatever else stands there, nullopt: that is not to say that it is no record.
std::optional<DecodedRecord> ReadRecordLine(std::string_view line);

}  // namespace sluice::audit
