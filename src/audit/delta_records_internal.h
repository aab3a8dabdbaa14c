#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/delta_commits_internal.h"
#include "audit/record_columns_internal.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

/// At most how many records are one batch: one commit of a table, or of each recipient's.
inline constexpr std::size_t kMaxDeltaBatchRecords = 100'000;

/// A Delta table of records in a folder of this machine, partitioned by day, to which several nodes
/// append. Timestamps are instants, `record` is the text that was hashed. A crash may leave a file
/// that no commit names. Errors: kUnavailable. Not thread-safe.
class DeltaRecords {
 public:
  /// Makes the folder below one that is there. `clock` must outlive it.
  static Result<DeltaRecords> Open(std::string folder, std::string node, const Clock& clock);

  /// The latest version; -1 if the table is still to be made.
  std::int64_t latest() const { return commits_.latest(); }
  /// The last record of this node in the commits after `version`; none if they have none.
  Result<std::optional<Sequence>> LastAfter(std::int64_t version) const;
  /// One commit, with the transaction (node, number of the last record). `records`: in their order,
  /// not empty.
  Result<void> Append(const std::vector<RecordAndText>& records);

 private:
  DeltaRecords(DeltaCommits commits, std::string folder, std::string node, const Clock& clock)
      : commits_(std::move(commits)),
        folder_(std::move(folder)),
        node_(std::move(node)),
        clock_(clock) {}

  Result<std::optional<Sequence>> LastOf(std::int64_t version) const;
  Result<void> EnsureTable();
  Result<void> AddFile(const std::string& day, const DayOfRecords& rows, std::string& actions);
  Result<void> Commit(const std::string& actions);

  DeltaCommits commits_;
  std::string folder_;
  std::string node_;
  const Clock& clock_;
};

}  // namespace sluice::audit
