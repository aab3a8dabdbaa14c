#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/object_parts.h"
#include "storage/object_store.h"
#include "storage/requests.h"

namespace sluice::storage {

/// Reads objects of a web server by GET and HEAD. What is read in parts stays one object: each part
/// is asked for by `If-Match`, and its ETag and size are compared with what was said before. A
/// server must say how long an object is and, for parts, know `Range`. It must not make the same
/// URL into something else at times: nothing is asked for compressed. Thread-safe.
/// Source: RFC 9110, sections 8.8, 13 and 14.
class HttpObjects {
 public:
  /// `base_url` has no '/' at its end.
  HttpObjects(std::shared_ptr<Requests> requests, std::string base_url)
      : requests_(std::move(requests)), base_url_(std::move(base_url)) {}

  // `path` is canonical. Errors: those of ObjectStore, of the functions of these names.

  Result<ObjectInfo> Stat(std::string_view path) const;
  Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) const;
  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) const;
  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view path, const ObjectInfo& info,
                                                   ByteSpan span) const;

 private:
  std::string UrlOf(std::string_view path) const;
  PartSource SourceOf(std::string_view path, ObjectInfo info) const;

  const std::shared_ptr<Requests> requests_;
  const std::string base_url_;
};

/// Where a web server has the object of a canonical path.
void AppendHttpUrl(std::string_view base_url, std::string_view path, std::string& out);

}  // namespace sluice::storage
