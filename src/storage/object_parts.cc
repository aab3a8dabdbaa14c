#include "storage/object_parts.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::storage {
namespace {

constexpr int kMaxResumptions = 3;

constexpr int kOk = 200;
constexpr int kPartialContent = 206;
constexpr int kPreconditionFailed = 412;
constexpr int kRangeNotSatisfiable = 416;

Error Failed(const PartSource& source, std::string_view what, std::string_view why) {
  return WithDetail(Unavailable("{} {}", NameOf(source.path), what),
                    Format("{}: {}", source.path, why));
}

Result<void> CheckSpan(const PartSource& source, ByteSpan span) {
  const std::uint64_t size_bytes = source.info.size_bytes;
  if (span.offset <= size_bytes && span.length <= size_bytes - span.offset) return {};
  return WithDetail(InvalidArgument("{} is shorter than asked for", NameOf(source.path)),
                    source.path);
}

/// Whether an answer is the part that was asked for, of the very object.
Result<void> CheckAnswer(const PartSource& source, ByteSpan span, int status,
                         const http::Headers& headers) {
  if (status == kPreconditionFailed || status == kRangeNotSatisfiable) {
    return Failed(source, "was replaced", Format("status {}", status));
  }
  if (status != kOk && status != kPartialContent) return source.refusal(status, headers);
  const std::string* const etag = headers.Find("ETag");
  if (etag != nullptr && !source.info.etag.empty() && *etag != source.info.etag) {
    return Failed(source, "was replaced",
                  Format("its ETag is {}, not {}", *etag, source.info.etag));
  }
  const bool is_whole = span.length == source.info.size_bytes;
  if (status == kOk && is_whole) return {};
  const std::string* const range = headers.Find("Content-Range");
  if (status == kOk || range == nullptr) {
    return Failed(source, "cannot be read in parts", Format("status {}", status));
  }
  const std::string expected =
      Format("bytes {}-{}/{}", span.offset, span.offset + span.length - 1, source.info.size_bytes);
  if (*range == expected) return {};
  return Failed(source, "was replaced", Format("{} is not {}", *range, expected));
}

class PartReader final : public RandomAccessObject {
 public:
  explicit PartReader(PartSource source) : source_(std::move(source)) {}

  std::uint64_t size_bytes() const override { return source_.info.size_bytes; }

  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    const ByteSpan span{.offset = offset, .length = out.size()};
    TRY(CheckSpan(source_, span));
    if (out.empty()) return {};
    const http::ClientResponse answer = TRY(source_.send(span));
    TRY(CheckAnswer(source_, span, answer.status, answer.headers));
    if (answer.body.size() != out.size()) {
      return Failed(source_, "was cut short", "the answer has another length than asked for");
    }
    std::ranges::copy(answer.body, out.begin());
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
    return count;
  }

 private:
  /// What was read so far is whole, and what follows is of the same object: its ETag says so.
  Result<void> Resume(std::string_view why) {
    if (++resumptions_ > kMaxResumptions || source_.info.etag.empty()) {
      return Failed(source_, "was cut short", why);
    }
    download_.reset();
    return Start();
  }

  const PartSource source_;
  ByteSpan rest_;
  std::unique_ptr<http::Download> download_;
  int resumptions_ = 0;
};

}  // namespace

std::unique_ptr<RandomAccessObject> NewPartReader(PartSource source) {
  return std::make_unique<PartReader>(std::move(source));
}

Result<std::unique_ptr<ObjectStream>> StartPartStream(PartSource source, ByteSpan span) {
  TRY(CheckSpan(source, span));
  auto stream = std::make_unique<PartStream>(std::move(source), span);
  TRY(stream->Start());
  return stream;
}

std::string RangeOf(ByteSpan span) {
  return Format("bytes={}-{}", span.offset, span.offset + span.length - 1);
}

}  // namespace sluice::storage
