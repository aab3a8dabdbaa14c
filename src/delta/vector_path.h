#pragma once

#include "base/result.h"
#include "table/deletion_vector.h"

namespace sluice::delta {

/// Fills in `file_path`. Errors: kCorruptData if the descriptor's type is not known, or its text is
/// not what the type demands. Source: Delta PROTOCOL.md, "Deletion Vector Descriptor Schema" and
/// "Derived Fields".
Result<void> FindVectorFile(table::DeletionVector& vector);

}  // namespace sluice::delta
