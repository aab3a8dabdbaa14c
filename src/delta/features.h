#pragma once

#include "base/result.h"
#include "table/metadata.h"

namespace sluice::delta {

/// Succeeds if this server can read a table with this protocol rightly. Errors: kUnsupported naming
/// the reader version, every reader feature, the mode of column mapping or the type change that it
/// does not know; kCorruptData if the protocol contradicts itself or the metadata. Source: Delta
/// PROTOCOL.md, "Reader Version Requirements", "Table Features", "Column Mapping" and "Type
/// Widening".
Result<void> CheckReadable(const table::Protocol& protocol, const table::Metadata& metadata);

}  // namespace sluice::delta
