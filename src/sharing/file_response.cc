#include "sharing/file_response.h"

#include <optional>
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

// What the headers of an answer tell of a file.
struct Description {
  std::uint64_t size_bytes = 0;
  std::string etag;
};

// A store without tags is told by size and time, as local files are.
std::string EtagOf(const storage::ObjectInfo& info) {
  if (!info.etag.empty()) return info.etag;
  return Format("\"{:x}-{:x}\"", info.size_bytes, UnixMillis(info.modified_at));
}

Description Describe(const DataFile& file) {
  if (const auto* const local = std::get_if<storage::LocalFile>(&file)) {
    return {.size_bytes = local->size_bytes, .etag = local->etag};
  }
  const storage::ObjectInfo& info = std::get<RemoteFile>(file).info;
  return {.size_bytes = info.size_bytes, .etag = EtagOf(info)};
}

// Stays in a core's cache between being received and being sent.
constexpr std::size_t kRelayPieceBytes = 512 << 10;

// The bytes of a stream, handed on by a buffer of one piece.
class RelayedBody final : public http::BodySource {
 public:
  RelayedBody(std::unique_ptr<storage::ObjectStream> stream, std::uint64_t length_bytes)
      : stream_(std::move(stream)), length_bytes_(length_bytes) {}

  Result<void> Next(std::string& out) override {
    out.resize(kRelayPieceBytes);
    const std::size_t count = TRY(stream_->Read(out));
    out.resize(count);
    return {};
  }
  std::optional<std::uint64_t> length_bytes() const override { return length_bytes_; }

 private:
  const std::unique_ptr<storage::ObjectStream> stream_;
  const std::uint64_t length_bytes_;
};

Result<void> AddBody(const http::Request& request, DataFile file, const ByteRange& range,
                     http::Response& response) {
  if (auto* const local = std::get_if<storage::LocalFile>(&file)) {
    response.body = http::FileBody{.file = std::move(local->file),
                                   .offset_bytes = range.offset_bytes,
                                   .length_bytes = range.length_bytes};
    return {};
  }
  std::unique_ptr<storage::ObjectStream> stream;
  if (request.method != "HEAD") {
    const RemoteFile& remote = std::get<RemoteFile>(file);
    stream = TRY(remote.store->OpenStream(
        remote.path, remote.info, {.offset = range.offset_bytes, .length = range.length_bytes}));
  }
  response.body = std::make_unique<RelayedBody>(std::move(stream), range.length_bytes);
  return {};
}

}  // namespace

Result<http::Response> RespondWithFile(const http::Request& request, DataFile file) {
  const Description description = Describe(file);
  http::Response response;
  response.headers.Add("ETag", description.etag);
  response.headers.Add("Accept-Ranges", "bytes");
  if (Lists(HeaderOf(request, "If-None-Match"), description.etag)) {
    response.status = 304;
    return response;
  }
  // If-Range with a date, or another tag, means: the whole file if it is not surely the same.
  const std::string_view if_range = HeaderOf(request, "If-Range");
  const bool range_applies = if_range.empty() || if_range == description.etag;
  const ByteRange range = ParseByteRange(
      range_applies ? HeaderOf(request, "Range") : std::string_view(), description.size_bytes);
  if (range.kind == ByteRange::Kind::kUnsatisfiable) {
    response.status = 416;
    response.headers.Add("Content-Range", Format("bytes */{}", description.size_bytes));
    return response;
  }
  response.headers.Add("Content-Type", "application/octet-stream");
  if (range.kind == ByteRange::Kind::kPart) {
    response.status = 206;
    response.headers.Add("Content-Range", Format("bytes {}-{}/{}", range.offset_bytes,
                                                 range.offset_bytes + range.length_bytes - 1,
                                                 description.size_bytes));
  }
  TRY(AddBody(request, std::move(file), range, response));
  return response;
}

}  // namespace sluice::sharing
