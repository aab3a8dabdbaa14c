#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "delta/commit_reader.h"
#include "delta/log_segment.h"
#include "table/history.h"
#include "table/metadata.h"

namespace sluice::delta {

/// The history that `commits` make: those of ListCommits. `latest` is the metadata of the newest
/// version, which tells where commit times are found; it must not be older than `commits`. Reads
/// nothing yet. Errors: kMissingData if there is no commit; kCorruptData.
Result<table::HistoryPtr> OpenHistory(CommitSurroundings surroundings,
                                      const std::vector<CommitEntry>& commits,
                                      const table::Metadata& latest);

}  // namespace sluice::delta
