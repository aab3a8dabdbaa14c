#include "sharing/file_response.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "sharing/byte_range.h"

namespace sluice::sharing {
namespace {

std::string_view HeaderOf(const http::Request& request, std::string_view name) {
  const std::string* const value = request.headers.Find(name);
  return value != nullptr ? TrimAsciiSpace(*value) : std::string_view();
}

// True if one of the tags of an If-None-Match header is `etag`, or it is "*".
bool Lists(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  while (!if_none_match.empty()) {
    const std::size_t comma = if_none_match.find(',');
    std::string_view tag = TrimAsciiSpace(if_none_match.substr(0, comma));
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
    if_none_match.remove_prefix(comma == std::string_view::npos ? if_none_match.size() : comma + 1);
  }
  return false;
}

}  // namespace

http::Response RespondWithFile(const http::Request& request, storage::LocalFile file) {
  const std::string& etag = file.etag;
  http::Response response;
  response.headers.Add("ETag", etag);
  response.headers.Add("Accept-Ranges", "bytes");
  if (Lists(HeaderOf(request, "If-None-Match"), etag)) {
    response.status = 304;
    return response;
  }
  // If-Range with a date, or another tag, means: the whole file if it is not surely the same.
  const std::string_view if_range = HeaderOf(request, "If-Range");
  const bool range_applies = if_range.empty() || if_range == etag;
  const ByteRange range = ParseByteRange(
      range_applies ? HeaderOf(request, "Range") : std::string_view(), file.size_bytes);
  if (range.kind == ByteRange::Kind::kUnsatisfiable) {
    response.status = 416;
    response.headers.Add("Content-Range", Format("bytes */{}", file.size_bytes));
    return response;
  }
  response.headers.Add("Content-Type", "application/octet-stream");
  if (range.kind == ByteRange::Kind::kPart) {
    response.status = 206;
    response.headers.Add("Content-Range",
                         Format("bytes {}-{}/{}", range.offset_bytes,
                                range.offset_bytes + range.length_bytes - 1, file.size_bytes));
  }
  response.body = http::FileBody{.file = std::move(file.file),
                                 .offset_bytes = range.offset_bytes,
                                 .length_bytes = range.length_bytes};
  return response;
}

}  // namespace sluice::sharing
