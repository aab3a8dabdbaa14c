#pragma once

#include <memory>

#include "storage/gcs/bucket.h"
#include "storage/object_store.h"

namespace sluice::storage::gcs {

/// The objects of one bucket, by the JSON API; paths are "gs://bucket/key". A list is one request;
/// the etag of an object is its generation, which changes with its bytes, and every part is asked
/// for and checked by it. Thread-safe.
std::unique_ptr<ObjectStore> NewGoogleObjects(std::shared_ptr<const Bucket> bucket);

}  // namespace sluice::storage::gcs
