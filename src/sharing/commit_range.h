#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "protocol/capabilities.h"
#include "sharing/file_lines.h"
#include "sharing/servable.h"
#include "table/history.h"
#include "table/snapshot.h"

namespace sluice::sharing {

/// More files than this in one answer, and the client must ask for pages or fewer versions.
inline constexpr std::size_t kMaxRangeFiles = 2'000'000;

/// The files of so many are kept from the reading of a range to its sending; the commits of further
/// ones are read again then.
inline constexpr std::size_t kKeptRangeFiles = 50'000;

/// Which commits an answer tells of, and how.
struct RangeRequest {
  enum class Kind : std::uint8_t {
    kFiles,   ///< Files added and removed: a query with startingVersion.
    kChanges  ///< The change data feed.
  };
  Kind kind = Kind::kFiles;
  table::Version start;
  table::Version end;  ///< Inclusive.
  bool historical_metadata = false;
  bool historical_protocol = false;
  protocol::ResponseFormat format = protocol::ResponseFormat::kParquet;
  const protocol::Capabilities& capabilities;
  std::optional<std::size_t> max_files;
};

/// Where a page begins.
struct RangePosition {
  table::Version commit;
  std::size_t files = 0;  ///< Of that commit, those before the page.
  // The newest commits before `commit` that brought metadata and a protocol; the range's start if
  // none did.
  table::Version metadata_since;
  table::Version protocol_since;
};

struct RangeLines {
  std::vector<CommitPart> parts;
  table::FileTotals totals;
  std::optional<RangePosition> next;  ///< None if the range is at its end.
};

/// Reads the commits of a range, from `position` on, until the page is full. `start` is the table
/// at the range's start. Rules of the feed: a commit that holds change data gives that alone,
/// others their files that change data; it must be on at the start and in all metadata of the
/// range. Errors: kInvalidArgument if it is not; kUnsupported if a commit needs what the format
/// cannot tell, or what the client has not declared; kTooLarge past kMaxRangeFiles without pages;
/// those of History::Read and CheckServable.
Result<RangeLines> ReadRange(table::History& history, const table::SnapshotPtr& start,
                             const RangeRequest& request, const RangePosition& position,
                             const TableRoots& roots);

}  // namespace sluice::sharing
