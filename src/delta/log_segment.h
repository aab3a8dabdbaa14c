#pragma once

// The folder `_delta_log` holds, by name:
//   00000000000000000012.json                        commit 12
//   00000000000000000004.00000000000000000009.compacted.json
//                                                    what commits 4 to 9 come to
//   00000000000000000010.checkpoint.parquet          all of versions 0 to 10 in one file
//   00000000000000000010.checkpoint.0000000001.0000000003.parquet
//                                                    the same in three parts
//   00000000000000000010.checkpoint.UUID.json        or .parquet: the same, most of it in files
//                                                    that it names (feature v2Checkpoint)
//   _sidecars/UUID.parquet                           one of those
//   00000000000000000012.crc                         what version 12 adds up to
//   _last_checkpoint                                 a hint where the newest checkpoint is
// and others that a reader may pass over. Source: Delta PROTOCOL.md, "Delta Table Specification".

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "storage/object_store.h"
#include "table/metadata.h"

namespace sluice::delta {

/// One commit, or several that were compacted into one file.
struct CommitFile {
  std::string name;
  std::int64_t first = 0;  ///< Versions; both the same for a plain commit.
  std::int64_t last = 0;
};

/// The files that together make a version.
struct LogSegment {
  table::Version version;
  std::vector<std::string> checkpoint_parts;  ///< Names; empty if there is no checkpoint.
  /// Those after the checkpoint, ascending without a gap. A compacted file stands in only for
  /// commits that are gone: some writers leave it unreconciled, so that it says something else.
  std::vector<CommitFile> commits;
};

/// Lists the log in `log_directory` for the files that make `version`, or the newest one.
/// `_last_checkpoint` only saves listing what lies before it: a wrong one costs a second listing.
/// Errors: kNotFound if there is no log; kInvalidArgument "Cannot load table version N..." if
/// `version` is after the newest one, or what is left of the log does not reach back to it;
/// kCorruptData if versions are missing.
Result<LogSegment> FindLogSegment(storage::ObjectStore& store, const std::string& log_directory,
                                  std::optional<std::int64_t> version = std::nullopt);

/// A commit that is there.
struct CommitEntry {
  std::int64_t version = 0;
  SystemTime modified_at;
};

/// All plain commits of the log, ascending; the newest run without a gap. Errors: kNotFound if
/// there is none.
Result<std::vector<CommitEntry>> ListCommits(storage::ObjectStore& store,
                                             const std::string& log_directory);

/// "00000000000000000012.json"
std::string CommitName(std::int64_t version);

}  // namespace sluice::delta
