#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/object_store.h"
#include "storage/s3/bucket.h"

namespace sluice::storage::s3 {

/// What the headers of an object say of it. Errors: kUnavailable if they have no length.
Result<ObjectInfo> InfoFromHeaders(const http::Headers& headers, std::string_view path);

/// Reads parts of the object that `info` describes, and of no other: each request asks for its
/// ETag, and each answer is looked at.
std::unique_ptr<RandomAccessObject> NewObjectReader(std::shared_ptr<Bucket> bucket,
                                                    std::string_view path, ObjectInfo info);

/// One part of it, by one request; by another from there on where a connection breaks, so that a
/// long download outlives it. Errors: as for ObjectStore::OpenStream.
Result<std::unique_ptr<ObjectStream>> StartObjectStream(std::shared_ptr<Bucket> bucket,
                                                        std::string_view path,
                                                        const ObjectInfo& info, ByteSpan span);

}  // namespace sluice::storage::s3
