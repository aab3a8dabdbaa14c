#pragma once

#include "base/result.h"
#include "table/metadata.h"

namespace sluice::delta {

/// Succeeds if this server can read a table with this protocol rightly. Errors: kUnsupported naming
/// the reader version or every reader feature that it does not know. Source: Delta PROTOCOL.md,
/// "Reader Requirements" and "Table Features".
Result<void> CheckReadable(const table::Protocol& protocol, const table::Metadata& metadata);

}  // namespace sluice::delta
