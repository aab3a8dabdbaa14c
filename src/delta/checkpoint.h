#pragma once

// A checkpoint is a Parquet file of one row an action: a column for each kind (`add`, `metaData`,
// `protocol`, and others that are passed over here), all null but one. Source: Delta PROTOCOL.md,
// "Checkpoint Schema".

#include <memory>
#include <string>

#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

/// Reads one part of a checkpoint; removed files in it are passed over. Statistics that are there
/// only as `stats_parsed` are rendered as text. Calls the sink from this thread, while another
/// decodes ahead. Errors: kCorruptData with `path` in the detail; what the sink returns.
Result<void> ReadCheckpoint(storage::ObjectStore& store, const std::string& path, ActionSink& sink);

}  // namespace sluice::delta
