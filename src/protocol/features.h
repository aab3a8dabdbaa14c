#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "protocol/capabilities.h"
#include "table/metadata.h"

namespace sluice::protocol {

/// What a recipient must be able to do to read a table rightly.
struct ReadingNeeds {
  /// Reading data files as they are would give wrong rows: a deletion vector or column mapping is
  /// in force, or another reader feature that is no matter of the log alone.
  bool needs_delta = false;
  /// What the client must declare in `readerfeatures`: "deletionvectors", "columnmapping".
  std::vector<std::string> features;
};

/// `has_vectors`: a file of the answer carries a deletion vector.
ReadingNeeds NeedsOf(const table::Protocol& protocol, const table::Metadata& metadata,
                     bool has_vectors);

/// One format asked for is an order; of both, parquet is chosen unless the table needs delta.
/// Errors: kUnsupported "Unsupported Delta Table Properties..." if the client takes parquet only
/// and the table needs delta, or lacks a feature in the format chosen.
Result<ResponseFormat> ChooseFormat(const Capabilities& capabilities, const ReadingNeeds& needs);

/// The protocol that recipients are told: without reader features that concern the log alone
/// (v2Checkpoint, vacuumProtocolCheck), which recipients never read.
table::Protocol WithoutLogFeatures(table::Protocol protocol);

}  // namespace sluice::protocol
