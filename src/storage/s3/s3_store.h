#pragma once

#include <memory>

#include "storage/object_store.h"
#include "storage/s3/bucket.h"
#include "storage/url_signer.h"

namespace sluice::storage::s3 {

/// The objects of a bucket. PutIfAbsent is kUnsupported where the store knows no conditional PUT
/// and says so; one that passes over `If-None-Match` without a word would replace what is there.
std::unique_ptr<ObjectStore> NewObjectStore(std::shared_ptr<Bucket> bucket);

/// Signs URLs by its credentials, for GET alone; those of an anonymous store are plain.
std::unique_ptr<UrlSigner> NewUrlSigner(std::shared_ptr<Bucket> bucket);

}  // namespace sluice::storage::s3
