#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/client.h"
#include "storage/object_store.h"

namespace sluice::storage {

/// One object, and how a store over HTTP is asked for parts of it.
struct PartSource {
  std::string path;  ///< Canonical.
  ObjectInfo info;   ///< What the store said of it; `etag` with its quotes, as the header has it.
  /// Asks for a part that is not empty, on condition that the object has `info.etag` still. Any
  /// status is an answer.
  std::function<Result<http::ClientResponse>(ByteSpan span)> send;
  /// The same up to the end of the headers.
  std::function<Result<std::unique_ptr<http::Download>>(ByteSpan span)> start;
  /// The failure that another status than 200, 206, 412 and 416 means.
  std::function<Error(int status, const http::Headers& headers)> refusal;
};

/// Reads parts of that very object and of no other: each answer's status, Content-Range, ETag and
/// length are looked at.
std::unique_ptr<RandomAccessObject> NewPartReader(PartSource source);

/// One part of it, by one request; by another from there on where the connection breaks, up to
/// three times, so that a long download outlives it. Errors: as for ObjectStore::OpenStream.
Result<std::unique_ptr<ObjectStream>> StartPartStream(PartSource source, ByteSpan span);

/// "bytes=0-99": the value of a Range header. `span` is not empty.
std::string RangeOf(ByteSpan span);

}  // namespace sluice::storage
