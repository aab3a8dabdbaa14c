#pragma once

#include "base/result.h"
#include "table/deletion_vector.h"

namespace sluice::delta {

/// Fills in `file_path` of a descriptor as the log has it. Errors: kCorruptData if its type is not
/// known, its text is not what the type demands, or a number is negative. Source: Delta
/// PROTOCOL.md, "Deletion Vector Descriptor Schema" and "Derived Fields".
Result<void> FinishVector(table::DeletionVector& vector);

}  // namespace sluice::delta
