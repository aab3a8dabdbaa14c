#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "audit/shipper.h"
#include "base/clock.h"

namespace sluice::audit {

struct DeltaSinkOptions {
  std::string folder;  ///< Made if it is not there, below one that is; nodes may share it.
  std::string node;    ///< The journal's.
  /// At most one commit of a table in this time, unless more than 100,000 records wait.
  std::chrono::milliseconds interval{60'000};
};

/// Copies records into a Delta table of this machine, partitioned by day, which can be shared like
/// any other. A batch is one commit with the transaction (node, number of its last record), so that
/// no record is there twice; a crash may leave a file that no commit names. Timestamps are
/// instants, `record` is the text that was hashed. `clock` must outlive it.
std::unique_ptr<Destination> NewDeltaSink(DeltaSinkOptions options, const Clock& clock);

}  // namespace sluice::audit
