#pragma once

#include <memory>

#include "audit/delta_sink.h"
#include "base/clock.h"

namespace sluice::audit {

/// Copies the records of what each recipient did into a Delta table of its own, `folder`/NAME, of
/// the same form as the table of all, so that it can be given its own part. A record is there once:
/// before a batch the versions of its tables are written down, and with them a batch that was
/// interrupted is found again. Records of the owner's changes are in none.
/// `clock` must outlive it.
std::unique_ptr<Destination> NewRecipientTables(DeltaSinkOptions options, const Clock& clock);

}  // namespace sluice::audit
