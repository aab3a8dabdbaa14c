#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "audit/shipper.h"
#include "base/clock.h"

namespace sluice::audit {

struct RecipientTablesOptions {
  std::string folder;  ///< Made if it is not there, below one that is; nodes may share it.
  std::string node;    ///< The journal's.
  /// At most one commit a table in this time, unless more than 100,000 records wait.
  std::chrono::milliseconds interval{60'000};
};

/// Copies the records of what each recipient did into a Delta table of its own, `folder`/NAME, of
/// the same form as the table of all (audit/delta_sink.h), so that it can be given its own part. A
/// record is there once: before a batch the versions of its tables are written down, and with them
/// a batch that was interrupted is found again. Records of the owner's changes are in none.
/// `clock` must outlive it.
std::unique_ptr<Destination> NewRecipientTables(RecipientTablesOptions options, const Clock& clock);

}  // namespace sluice::audit
