#pragma once

// The folder `_delta_log` holds, by name:
//   00000000000000000012.json                                        commit 12
//   00000000000000000010.checkpoint.parquet                          all of versions 0 to 10 in one
//   file 00000000000000000010.checkpoint.0000000001.0000000003.parquet    the same in three parts
//   00000000000000000010.checkpoint.<uuid>.json or .parquet          the same, by feature
//   v2Checkpoint _last_checkpoint                                                 a hint where the
//   newest checkpoint is
// and others that a reader may pass over. Source: Delta PROTOCOL.md, "Delta Table Specification".

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"
#include "table/metadata.h"

namespace sluice::delta {

/// The files that together make the newest version.
struct LogSegment {
  table::Version version;
  std::vector<std::string> checkpoint_parts;  ///< Names; empty if there is no checkpoint.
  std::vector<std::int64_t> commits;  ///< Those after the checkpoint, ascending without a gap.
};

/// Lists the log in `log_directory`. `_last_checkpoint` only saves listing what lies before it: a
/// wrong one costs a second listing. Errors: kNotFound if there is no log; kCorruptData if versions
/// are missing; kUnsupported if only a checkpoint of feature v2Checkpoint could fill the gap.
Result<LogSegment> FindLogSegment(storage::ObjectStore& store, const std::string& log_directory);

/// "00000000000000000012.json"
std::string CommitName(std::int64_t version);

}  // namespace sluice::delta
