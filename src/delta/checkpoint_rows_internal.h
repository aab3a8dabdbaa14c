#pragma once

#include "base/result.h"
#include "columnar/column.h"
#include "delta/actions.h"

namespace sluice::delta {

/// Gives the sink the actions in some rows of a checkpoint or sidecar. Columns that are not there
/// count as null throughout, which is how writers split a checkpoint. Errors: kCorruptData naming
/// the column; what the sink returns.
Result<void> SinkBatch(const columnar::Batch& batch, ActionSink& sink);

}  // namespace sluice::delta
