#pragma once

#include <memory>

#include "storage/azure/container.h"
#include "storage/object_store.h"

namespace sluice::storage::azure {

/// The blobs of a container. Names that stand for directories, which accounts with a hierarchical
/// namespace and programs without one leave, are no objects.
std::unique_ptr<ObjectStore> NewAzureObjects(std::shared_ptr<const Container> container);

}  // namespace sluice::storage::azure
