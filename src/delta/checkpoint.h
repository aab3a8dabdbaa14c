#pragma once

// A checkpoint is a Parquet file of one row an action: a column for each kind (`add`, `metaData`,
// `protocol`, `sidecar`, and others that are passed over here), all null but one. By feature
// v2Checkpoint it may also be lines of JSON like a commit, and have its files in sidecars, which
// are Parquet files of the same form. Source: Delta PROTOCOL.md, "Checkpoint Schema" and "V2 Spec".

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

/// Of the files of a checkpoint in a remote store, so many are opened before their turn, and each
/// that is open is read ahead (storage/parts_ahead.h): at most 4 times what one holds.
constexpr std::size_t kFilesAhead = 3;

/// Reads a checkpoint's files, in Parquet or JSON, in the order given, and the sidecars that they
/// name, which lie in `_sidecars/` below `log_directory`. Removed files in it are passed over.
/// Statistics that are there only as `stats_parsed` are rendered as text. Calls the sink from this
/// thread, while another decodes ahead. Errors: kCorruptData with the file's path in the detail,
/// also if a sidecar is named that would lie elsewhere; kNotFound, also of a sidecar; kUnavailable
/// if a file was replaced meanwhile or the store fails; what the sink returns.
Result<void> ReadCheckpoint(storage::ObjectStore& store, const std::string& log_directory,
                            const std::vector<std::string>& names, ActionSink& sink);

}  // namespace sluice::delta
