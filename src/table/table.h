#pragma once

#include <cstddef>

#include "base/result.h"
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
  /// Memory held by what is kept between calls.
  virtual std::size_t memory_bytes() const = 0;
};

}  // namespace sluice::table
