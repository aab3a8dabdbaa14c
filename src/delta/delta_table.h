#pragma once

#include <memory>
#include <string>

#include "storage/object_store.h"
#include "table/table.h"

namespace sluice::delta {

/// A Delta table whose root is `root` in `store`. Opens nothing yet. The log is read once, then
/// only what is new in it; requests that ask while it is being read wait and share the outcome.
/// Older versions are read beside that, one at a time, and are made from a kept one where that
/// takes few commits.
std::unique_ptr<table::Table> NewDeltaTable(std::shared_ptr<storage::ObjectStore> store,
                                            std::string root);

}  // namespace sluice::delta
