#include "storage/s3/object_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "storage/wire_time.h"

namespace sluice::storage::s3 {
namespace {

constexpr int kMaxResumptions = 3;  // of one stream

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// An object, as requests for its parts need it.
struct Source {
  std::shared_ptr<Bucket> bucket;
  std::string path;
  ObjectInfo info;
};

Error Replaced(const Source& source, std::string_view how) {
  return WithDetail(Unavailable("{} was replaced", source.info.name),
                    Format("{}: {}", source.path, how));
}

Result<BucketRequest> RequestFor(const Source& source, ByteSpan span) {
  BucketRequest request;
  request.key = TRY(source.bucket->KeyOf(source.path));
  request.headers.Add("Range", Format("bytes={}-{}", span.offset, span.offset + span.length - 1));
  if (!source.info.etag.empty()) request.headers.Add("If-Match", source.info.etag);
  return request;
}

Error RefusalOf(const Source& source, const http::ClientResponse& refusal) {
  constexpr int kPreconditionFailed = 412;
  constexpr int kRangeNotSatisfiable = 416;
  if (refusal.status == kPreconditionFailed || refusal.status == kRangeNotSatisfiable) {
    return Replaced(source, Format("status {}", refusal.status));
  }
  const auto key = source.bucket->KeyOf(source.path);
  return source.bucket->RefusalError(refusal, key.ok() ? *key : "");
}

/// Whether an answer holds just the part that was asked for, of the very object.
Result<void> CheckPart(const Source& source, ByteSpan span, int status,
                       const http::Headers& headers) {
  const std::string* const etag = headers.Find("ETag");
  if (etag != nullptr && !source.info.etag.empty() && QuotedEtag(*etag) != source.info.etag) {
    return Replaced(source, Format("its ETag is {}, not {}", *etag, source.info.etag));
  }
  const std::uint64_t size_bytes = source.info.size_bytes;
  if (status == 200 && span.length == size_bytes) return {};
  const std::string* const range = headers.Find("Content-Range");
  if (status != 206 || range == nullptr) {
    return WithDetail(Unavailable("the store gives no part of {}", source.info.name),
                      Format("{}: status {}", source.path, status));
  }
  const std::string expected = Format("bytes {}-{}/", span.offset, span.offset + span.length - 1);
  if (*range != expected + Format("{}", size_bytes) && *range != expected + "*") {
    return Replaced(source, Format("{} is not {}{}", *range, expected, size_bytes));
  }
  return {};
}

bool IsWithinObject(ByteSpan span, std::uint64_t size_bytes) {
  return span.offset <= size_bytes && span.length <= size_bytes - span.offset;
}

Error PastTheEnd(const Source& source) {
  return WithDetail(InvalidArgument("{} is shorter than asked for", source.info.name), source.path);
}

class ObjectReader final : public RandomAccessObject {
 public:
  explicit ObjectReader(Source source) : source_(std::move(source)) {}

  std::uint64_t size_bytes() const override { return source_.info.size_bytes; }

  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    const ByteSpan span{.offset = offset, .length = out.size()};
    if (!IsWithinObject(span, size_bytes())) return PastTheEnd(source_);
    if (out.empty()) return {};
    const BucketRequest request = TRY(RequestFor(source_, span));
    const http::ClientResponse answer = TRY(source_.bucket->Send(request, out.size()));
    if (answer.status / 100 != 2) return RefusalOf(source_, answer);
    TRY(CheckPart(source_, span, answer.status, answer.headers));
    if (answer.body.size() != out.size()) {
      return WithDetail(Unavailable("{} was cut short", source_.info.name), source_.path);
    }
    std::ranges::copy(answer.body, out.begin());
    return {};
  }

 private:
  const Source source_;
};

class ResumingStream final : public ObjectStream {
 public:
  ResumingStream(Source source, ByteSpan rest) : source_(std::move(source)), rest_(rest) {}

  /// Asks for what is left.
  Result<void> Start() {
    if (rest_.length == 0) return {};
    const BucketRequest request = TRY(RequestFor(source_, rest_));
    StartedAnswer answer = TRY(source_.bucket->Start(request));
    if (answer.download == nullptr) return RefusalOf(source_, answer.refusal);
    TRY(CheckPart(source_, rest_, answer.download->status(), answer.download->headers()));
    download_ = std::move(answer.download);
    return {};
  }

  Result<std::size_t> Read(std::span<char> out) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), rest_.length));
    for (std::size_t count = 0;;) {
      if (count == wanted) return wanted;
      const auto read = download_->Read(out.subspan(count, wanted - count));
      const std::size_t received = read.ok() ? *read : 0;
      count += received;
      rest_.offset += received;
      rest_.length -= received;
      if (count < wanted)
        TRY(Resume(read.ok() ? "the answer was cut short" : read.error().ToString()));
    }
  }

 private:
  /// What came before was whole, and is of the same object: its ETag says so.
  Result<void> Resume(const std::string& why) {
    if (resumptions_++ == kMaxResumptions || source_.info.etag.empty()) {
      return WithDetail(Unavailable("{} was cut short", source_.info.name),
                        Format("{}: {}", source_.path, why));
    }
    download_.reset();
    return Start();
  }

  const Source source_;
  ByteSpan rest_;
  std::unique_ptr<http::Download> download_;
  int resumptions_ = 0;
};

}  // namespace

Result<ObjectInfo> InfoFromHeaders(const http::Headers& headers, std::string_view path) {
  const std::string* const length = headers.Find("Content-Length");
  const auto size_bytes = length == nullptr ? std::nullopt : ParseNumber(*length);
  if (!size_bytes) {
    return WithDetail(Unavailable("the store tells no length of {}", NameOf(path)),
                      std::string(path));
  }
  ObjectInfo info{.name = std::string(NameOf(path)), .size_bytes = *size_bytes, .modified_at = {}};
  const std::string* const etag = headers.Find("ETag");
  if (etag != nullptr) info.etag = QuotedEtag(*etag);
  const std::string* const modified = headers.Find("Last-Modified");
  const auto modified_at = ParseHttpDate(modified == nullptr ? "" : *modified);
  if (modified_at.ok()) info.modified_at = *modified_at;
  return info;
}

std::unique_ptr<RandomAccessObject> NewObjectReader(std::shared_ptr<Bucket> bucket,
                                                    std::string_view path, ObjectInfo info) {
  return std::make_unique<ObjectReader>(
      Source{.bucket = std::move(bucket), .path = std::string(path), .info = std::move(info)});
}

Result<std::unique_ptr<ObjectStream>> StartObjectStream(std::shared_ptr<Bucket> bucket,
                                                        std::string_view path,
                                                        const ObjectInfo& info, ByteSpan span) {
  Source source{.bucket = std::move(bucket), .path = std::string(path), .info = info};
  source.info.name = NameOf(path);
  if (!IsWithinObject(span, info.size_bytes)) return PastTheEnd(source);
  auto stream = std::make_unique<ResumingStream>(std::move(source), span);
  TRY(stream->Start());
  return stream;
}

}  // namespace sluice::storage::s3
