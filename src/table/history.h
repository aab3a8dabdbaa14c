#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "table/file_block.h"
#include "table/metadata.h"

namespace sluice::table {

/// What one commit did. Blocks are in the order of the commit and never null.
struct Commit {
  Version version;
  std::shared_ptr<const Protocol> protocol;  ///< nullptr: as before.
  std::shared_ptr<const Metadata> metadata;  ///< nullptr: as before.
  std::shared_ptr<const FileBlock> added;
  std::shared_ptr<const FileBlock> removed;      ///< With sizes and partition values.
  std::shared_ptr<const FileBlock> change_data;  ///< Files of the change data feed.
  bool is_void = false;  ///< It rewrote files, but says itself that no row changed (a void MERGE).
};

/// The commits of a table that can still be read, as of when the history was opened. Thread-safe.
class History {
 public:
  virtual ~History() = default;

  /// The oldest and newest commit that are there, with all between them.
  virtual Version earliest() const = 0;
  virtual Version latest() const = 0;

  /// When a version was committed; grows strictly with the version between earliest() and latest().
  /// Errors: kInvalidArgument "Cannot load table version N..." if its commit is not there;
  /// kUnavailable; kCorruptData.
  virtual Result<SystemTime> TimeOf(Version version) = 0;
  /// The newest commit at or before `time`; none if all are later. Errors: those of TimeOf.
  virtual Result<std::optional<Version>> LastAtOrBefore(SystemTime time) = 0;
  /// The oldest commit at or after `time`; none if all are earlier. Errors: those of TimeOf.
  virtual Result<std::optional<Version>> FirstAtOrAfter(SystemTime time) = 0;

  /// Reads a commit. `before` is the metadata in force before it, which says how to read its
  /// partition values unless the commit brings its own. Errors: kMissingData ("table files
  /// missing") if it has been cleaned up since; kUnsupported if it brings a protocol that this
  /// server cannot read rightly; kCorruptData; kUnavailable.
  virtual Result<Commit> Read(Version version, const Metadata& before) = 0;
};

using HistoryPtr = std::shared_ptr<History>;

}  // namespace sluice::table
