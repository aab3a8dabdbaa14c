#include "storage/object_parts.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "http/date.h"

namespace sluice::storage {
namespace {

constexpr int kMaxResumptions = 3;

constexpr int kOk = 200;
constexpr int kPartialContent = 206;
constexpr int kPreconditionFailed = 412;
constexpr int kRangeNotSatisfiable = 416;

Error Failed(std::string_view path, std::string_view what, std::string_view why) {
  return WithDetail(Unavailable("{} {}", NameOf(path), what), Format("{}: {}", path, why));
}

Error Replaced(const PartSource& source, std::string_view how) {
  return Failed(source.path, "was replaced", how);
}

Error GivesNoParts(const PartSource& source) {
  return WithDetail(Unavailable("the server of {} gives no parts of objects", NameOf(source.path)),
                    source.path);
}

bool IsWhole(const PartSource& source, ByteSpan span) {
  return span.length == source.info.size_bytes;
}

Result<void> CheckSpan(const PartSource& source, ByteSpan span) {
  const std::uint64_t size_bytes = source.info.size_bytes;
  if (span.offset <= size_bytes && span.length <= size_bytes - span.offset) return {};
  return WithDetail(InvalidArgument("{} is shorter than asked for", NameOf(source.path)),
                    source.path);
}

std::optional<std::uint64_t> ContentLength(const http::Headers& headers) {
  const std::string* const text = headers.Find("Content-Length");
  if (text == nullptr) return std::nullopt;
  std::uint64_t length = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, failure] = std::from_chars(text->data(), end, length);
  return failure == std::errc() && stop == end ? std::optional(length) : std::nullopt;
}

std::optional<SystemTime> LastModified(const http::Headers& headers) {
  const std::string* const text = headers.Find("Last-Modified");
  return text == nullptr ? std::nullopt : http::ParseHttpDate(*text);
}

/// Whether an answer is of the very object.
Result<void> CheckObject(const PartSource& source, const http::Headers& headers) {
  using std::chrono::floor, std::chrono::seconds;
  const std::string etag = source.etag_of(headers);
  if (!source.info.etag.empty()) {
    if (etag == source.info.etag) return {};
    return Replaced(source, Format("its ETag is {}, not {}", etag, source.info.etag));
  }
  const auto modified_at = LastModified(headers);
  const bool is_other =
      modified_at && floor<seconds>(*modified_at) != floor<seconds>(source.info.modified_at);
  if (is_other) return Replaced(source, "another Last-Modified");
  return {};
}

/// Whether an answer is the part that was asked for, of the very object.
Result<void> CheckAnswer(const PartSource& source, ByteSpan span, int status,
                         const http::Headers& headers) {
  TRY(CheckObject(source, headers));
  if (status == kOk && IsWhole(source, span)) {
    if (ContentLength(headers).value_or(span.length) == span.length) return {};
    return Replaced(source, "another size");
  }
  const std::string* const range = headers.Find("Content-Range");
  if (status != kPartialContent || range == nullptr) return GivesNoParts(source);
  const std::string expected = Format("bytes {}-{}/", span.offset, span.offset + span.length - 1);
  const bool is_expected =
      *range == Format("{}{}", expected, source.info.size_bytes) || *range == expected + "*";
  if (is_expected) return {};
  return Replaced(source, Format("{} is not {}{}", *range, expected, source.info.size_bytes));
}

/// What a failure means for an object that was there.
Error ReadFailure(const PartSource& source, ByteSpan span, Error error) {
  if (error.code == ErrorCode::kNotFound) return Replaced(source, "it is gone");
  if (error.code != ErrorCode::kTooLarge) return error;
  return IsWhole(source, span) ? Replaced(source, "another size") : GivesNoParts(source);
}

class PartReader final : public RandomAccessObject {
 public:
  explicit PartReader(PartSource source) : source_(std::move(source)) {}

  std::uint64_t size_bytes() const override { return source_.info.size_bytes; }

  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    const ByteSpan span{.offset = offset, .length = out.size()};
    TRY(CheckSpan(source_, span));
    if (out.empty()) return {};
    const auto answer = source_.send(span);
    if (!answer.ok()) return ReadFailure(source_, span, answer.error());
    TRY(CheckAnswer(source_, span, answer->status, answer->headers));
    if (answer->body.size() != out.size()) {
      return Failed(source_.path, "was cut short", Format("{} bytes came", answer->body.size()));
    }
    std::ranges::copy(answer->body, out.begin());
    return {};
  }

 private:
  const PartSource source_;
};

class PartStream final : public ObjectStream {
 public:
  PartStream(PartSource source, ByteSpan rest) : source_(std::move(source)), rest_(rest) {}

  /// Asks for what is left.
  Result<void> Start() {
    if (rest_.length == 0) return {};
    auto download = TRY(source_.start(rest_));
    TRY(CheckAnswer(source_, rest_, download->status(), download->headers()));
    download_ = std::move(download);
    tells_length_ = download_->status() == kPartialContent || ContentLength(download_->headers());
    return {};
  }

  Result<std::size_t> Read(std::span<char> out) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), rest_.length));
    std::size_t count = 0;
    while (count < wanted) {
      const auto read = download_->Read(out.subspan(count, wanted - count));
      const std::size_t received = read.ok() ? *read : 0;
      count += received;
      rest_.offset += received;
      rest_.length -= received;
      if (count < wanted) TRY(Resume(read.ok() ? "it ended early" : read.error().ToString()));
    }
    if (rest_.length == 0 && count > 0 && !tells_length_) TRY(CheckEnd());
    return count;
  }

 private:
  /// An answer that told no length must have one too.
  Result<void> CheckEnd() {
    char byte;
    const std::size_t count = TRY(download_->Read({&byte, 1}));
    if (count > 0) return Replaced(source_, "it goes on after its end");
    return {};
  }

  /// What was read so far is whole, and what follows is of the same object: its ETag says so.
  Result<void> Resume(std::string_view why) {
    const bool has_strong_tag = source_.info.etag.starts_with('"');
    if (++resumptions_ > kMaxResumptions || !has_strong_tag) {
      return Failed(source_.path, "was cut short", why);
    }
    download_.reset();
    return Start();
  }

  const PartSource source_;
  ByteSpan rest_;
  std::unique_ptr<http::Download> download_;
  bool tells_length_ = true;
  int resumptions_ = 0;
};

}  // namespace

std::string PartSource::PlainEtag(const http::Headers& headers) {
  const std::string* const etag = headers.Find("ETag");
  return etag == nullptr ? "" : *etag;
}

std::unique_ptr<RandomAccessObject> NewPartReader(PartSource source) {
  return std::make_unique<PartReader>(std::move(source));
}

Result<std::unique_ptr<ObjectStream>> StartPartStream(PartSource source, ByteSpan span) {
  TRY(CheckSpan(source, span));
  auto stream = std::make_unique<PartStream>(std::move(source), span);
  TRY(stream->Start());
  return stream;
}

Error PartRefusal(int status, std::string_view path, Error error) {
  if (status != kPreconditionFailed && status != kRangeNotSatisfiable) return error;
  return Failed(path, "was replaced", Format("status {}", status));
}

Result<ObjectInfo> InfoFromHeaders(const http::Headers& headers, std::string_view path) {
  const auto size_bytes = ContentLength(headers);
  if (!size_bytes) {
    return WithDetail(Unavailable("the store tells no length of {}", NameOf(path)),
                      std::string(path));
  }
  return ObjectInfo{.name = std::string(NameOf(path)),
                    .size_bytes = *size_bytes,
                    .modified_at = LastModified(headers).value_or(SystemTime()),
                    .etag = PartSource::PlainEtag(headers)};
}

std::string RangeOf(ByteSpan span) {
  return Format("bytes={}-{}", span.offset, span.offset + span.length - 1);
}

}  // namespace sluice::storage
