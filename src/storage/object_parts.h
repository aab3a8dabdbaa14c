#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "storage/object_store.h"

namespace sluice::storage {

/// One object, and how a store over HTTP is asked for parts of it. Source of what answers mean:
/// RFC 9110, sections 13 and 14.
struct PartSource {
  std::string path;  ///< Canonical.
  ObjectInfo info;   ///< What the store said of it.
  /// Asks for a part that is not empty, if the store can on condition that the object has
  /// `info.etag` still. Errors: what a refusal means, by PartRefusal(); kTooLarge if the answer is
  /// longer than the part.
  std::function<Result<http::ClientResponse>(ByteSpan span)> send;
  /// The same up to the end of the headers.
  std::function<Result<std::unique_ptr<http::Download>>(ByteSpan span)> start;
  /// The tag of the object that an answer is of, in the form of `info.etag`; empty if it has none.
  std::string (*etag_of)(const http::Headers& headers) = &PlainEtag;

  static std::string PlainEtag(const http::Headers& headers);
};

/// Reads parts of that very object and of no other: each answer's status, Content-Range, tag (or,
/// where objects have none, Last-Modified) and length are looked at.
std::unique_ptr<RandomAccessObject> NewPartReader(PartSource source);

/// One part of it, by one request; by another from there on where the connection breaks, up to
/// three times, so that a long download outlives it. Errors: as for ObjectStore::OpenStream.
Result<std::unique_ptr<ObjectStream>> StartPartStream(PartSource source, ByteSpan span);

/// What the refusal of a part means: of status 412 and 416 that the object was replaced, of any
/// other what `error` says.
Error PartRefusal(int status, std::string_view path, Error error);

/// What the headers of an answer say of the object at `path`. One that tells no time was modified
/// in 1970. Errors: kUnavailable if they tell no length.
Result<ObjectInfo> InfoFromHeaders(const http::Headers& headers, std::string_view path);

/// "bytes=0-99": the value of a Range header. `span` is not empty.
std::string RangeOf(ByteSpan span);

}  // namespace sluice::storage
