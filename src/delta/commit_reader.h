#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/object_store.h"
#include "table/history.h"
#include "table/snapshot.h"

namespace sluice::delta {

/// Where a commit's reader looks for what the commit does not tell.
struct CommitSurroundings {
  std::shared_ptr<storage::ObjectStore> store;
  std::string root;                                                       ///< The table's.
  std::function<Result<table::SnapshotPtr>(table::Version)> snapshot_at;  ///< Table::At.
};

struct WholeCommit {
  table::Commit commit;
  std::optional<std::int64_t> in_commit_timestamp_ms;
};

/// Reads the text of the commit of `version`; `path` is for errors. Sizes and partition values that
/// removes lack are taken from the version before, or sizes from the objects; of removes that
/// change no data, those of files unknown to the version before are left out. Of several actions of
/// one kind for one (path, deletion vector id) the last counts. Errors: kCorruptData; kMissingData
/// ("table files missing") if a removed file cannot be told any more; kUnavailable.
Result<WholeCommit> ReadWholeCommit(std::string_view text, std::string_view path,
                                    table::Version version, const table::Metadata& before,
                                    const CommitSurroundings& surroundings);

}  // namespace sluice::delta
