#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "expr/predicate.h"
#include "table/file_block.h"
#include "table/metadata.h"
#include "table/row_set.h"

namespace sluice::table {

/// Some files of a table, kept in one block, without those removed since the block was made.
struct Segment {
  std::shared_ptr<const FileBlock> block;
  std::shared_ptr<const RowSet> removed;  ///< nullptr: none.
  std::size_t live_rows = 0;
  std::int64_t live_bytes = 0;

  /// All files of a block.
  static Segment Whole(std::shared_ptr<const FileBlock> block);
  bool IsLive(std::size_t row) const { return removed == nullptr || !removed->Contains(row); }
};

/// What one or more commits change. Made by a format's log reader.
struct Change {
  Version version;                           ///< The version after the change.
  std::shared_ptr<const Metadata> metadata;  ///< nullptr: as before.
  std::shared_ptr<const Protocol> protocol;  ///< nullptr: as before.
  std::shared_ptr<const FileBlock>
      added;  ///< Files that are live after the change, newest commit first.
  /// Files named by the change (canonical path, deletion vector id), added or removed: older
  /// entries of theirs are void.
  std::vector<std::pair<std::string, std::string>> named_files;
};

/// What fixes the order of a version's files: the checkpoint that the older ones come from; none if
/// the log was read from its first commit.
struct Layout {
  std::optional<Version> checkpoint;
  friend bool operator==(const Layout&, const Layout&) = default;
};

class Snapshot;
using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// Which files of a snapshot an answer lists.
struct FileSelection {
  SnapshotPtr snapshot;
  /// One for each segment: the rows to list. nullopt: all that are live.
  std::vector<std::optional<RowSet>> rows;
  std::size_t file_count = 0;
};

/// How much an answer lists.
struct FileTotals {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
};

/// Of the files of a selection behind the first `first` ones, at most `max_files`. Costs next to
/// nothing for all files of a snapshot, otherwise a step for each file.
FileTotals TotalsOf(const FileSelection& selection, std::size_t first = 0,
                    std::optional<std::size_t> max_files = {});

/// The state of a table at one committed version. Immutable, shared by all requests; files stand
/// newest commit first, then as the checkpoint has them.
class Snapshot : public std::enable_shared_from_this<Snapshot> {
 public:
  /// `segments` newest first.
  Snapshot(Version version, std::shared_ptr<const Metadata> metadata,
           std::shared_ptr<const Protocol> protocol, std::vector<Segment> segments,
           const Layout& layout = {});

  Version version() const { return version_; }
  const Layout& layout() const { return layout_; }
  const Metadata& metadata() const { return *metadata_; }
  const Protocol& protocol() const { return *protocol_; }
  const std::vector<Segment>& segments() const { return segments_; }
  std::size_t file_count() const { return file_count_; }
  std::int64_t total_bytes() const { return total_bytes_; }
  bool HasDeletionVectors() const;
  /// Memory held now; blocks shared with other snapshots count whole.
  std::size_t memory_bytes() const;

  /// This snapshot with `change` on top. Shares all blocks; costs in proportion to the change, and
  /// now and then merges small blocks, so that their number stays below about 2 log2 of the files
  /// added.
  Result<SnapshotPtr> Extend(Change change) const;

  /// The files that may hold rows for which every one of `predicates` is true. With `limit`, stops
  /// once files whose every row is certain to match hold that many rows; 0 selects nothing. A hint
  /// only: files whose rows do not match may be among them.
  FileSelection Select(const std::vector<expr::Predicate>& predicates,
                       std::optional<std::int64_t> limit) const;

 private:
  Version version_;
  std::shared_ptr<const Metadata> metadata_;
  std::shared_ptr<const Protocol> protocol_;
  std::vector<Segment> segments_;
  Layout layout_;
  std::size_t file_count_ = 0;
  std::int64_t total_bytes_ = 0;
};

/// Walks the files of a selection in answer order.
class FileCursor {
 public:
  explicit FileCursor(const FileSelection& selection);
  /// Moves to the next file; false at the end.
  bool Next();
  /// Passes over `count` files, or all that are left: how many. Costs next to nothing.
  std::size_t Skip(std::size_t count);
  const FileBlock& block() const { return *selection_->snapshot->segments()[segment_].block; }
  std::size_t row() const { return row_; }
  /// Statistics of the current file, escaped; valid until the next call of Next.
  std::string_view EscapedStats() { return stats_->Get(row_); }

 private:
  void ToNextSegment();
  // Of the segment's rows from `row` on: the first that is selected, at least the block's size if
  // there is none; how many are; and the row behind the first `count` of them.
  std::size_t FirstFrom(std::size_t row) const;
  std::size_t CountFrom(std::size_t row) const;
  std::size_t RowBehind(std::size_t row, std::size_t count) const;

  const FileSelection* selection_;
  std::size_t segment_ = 0;
  std::size_t next_row_ = 0;
  std::size_t row_ = 0;
  std::optional<CompressedText::Cursor> stats_;
};

}  // namespace sluice::table
