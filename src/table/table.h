#pragma once

#include <cstddef>

#include "base/result.h"
#include "table/history.h"
#include "table/snapshot.h"

namespace sluice::table {

/// A table at a location, in whatever format it is kept there. Thread-safe; requests share one.
class Table {
 public:
  virtual ~Table() = default;
  /// The last committed version. Looks for newer commits first, and reads only those.
  /// Errors: kNotFound if there is no table; kUnsupported, naming the feature, if this server
  /// cannot read it rightly; kCorruptData (file and line in the detail) if the log contradicts
  /// itself; kUnavailable.
  virtual Result<SnapshotPtr> Latest() = 0;
  /// The table as it was at `version`, with its files in the order of `layout` if one is given; a
  /// few versions are kept. Errors: kInvalidArgument "Cannot load table version N..." if it is
  /// after the latest version or what is left of the log cannot tell it, so; else as for Latest.
  virtual Result<SnapshotPtr> At(Version version, const std::optional<Layout>& layout) = 0;
  /// The number of the last committed version, from names alone: nothing is read. Errors as for
  /// Latest.
  virtual Result<Version> LatestVersion() = 0;
  /// The commits that are there now.
  virtual Result<HistoryPtr> OpenHistory() = 0;
  /// Memory held by what is kept between calls.
  virtual std::size_t memory_bytes() const = 0;
};

}  // namespace sluice::table
