#include "storage/http_objects.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "http/date.h"
#include "storage/location.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kNoBody = 0;

/// What happened to a request for `path`.
Error FailureOf(const Error& error, std::string_view path) {
  return {.code = error.code,
          .message = Format("{}: {}", NameOf(path), error.message),
          .detail = Format("{}: {}", path, error.detail)};
}

Error StatusFailure(int status, std::string_view path) {
  constexpr int kNotFoundStatus = 404;
  constexpr int kGoneStatus = 410;
  return StatusError(status == kGoneStatus ? kNotFoundStatus : status, path, "");
}

Error Replaced(std::string_view path, std::string_view how) {
  return WithDetail(Unavailable("{} was replaced", NameOf(path)), Format("{}: {}", path, how));
}

Error GivesNoParts(std::string_view path) {
  return WithDetail(Unavailable("the server of {} gives no parts of objects", NameOf(path)),
                    std::string(path));
}

std::string_view FieldOf(const http::Headers& headers, std::string_view name) {
  const std::string* const value = headers.Find(name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

/// Takes the decimal number in front of `text`.
std::optional<std::uint64_t> TakeNumber(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return number;
}

std::optional<std::uint64_t> ContentLength(const http::Headers& headers) {
  std::string_view text = FieldOf(headers, "Content-Length");
  const auto length = TakeNumber(text);
  return text.empty() ? length : std::nullopt;
}

/// Whether "bytes 0-9/100" is the part asked for, of an object of the size known.
bool IsRangeOf(std::string_view text, const ObjectInfo& info, ByteSpan span) {
  const std::string expected = Format("bytes {}-{}/", span.offset, span.offset + span.length - 1);
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return text == "*" || text == Format("{}", info.size_bytes);
}

bool IsWhole(const ObjectInfo& info, ByteSpan span) {
  return span.offset == 0 && span.length == info.size_bytes;
}

/// An answer to a request for a part, up to its body.
Result<void> CheckPart(int status, const http::Headers& headers, std::string_view path,
                       const ObjectInfo& info, ByteSpan span) {
  if (status == 412 || status == 416) return Replaced(path, Format("status {}", status));
  if (status != 200 && status != 206) return StatusFailure(status, path);
  const std::string_view etag = FieldOf(headers, "ETag");
  if (!info.etag.empty() && etag != info.etag) return Replaced(path, "another ETag");
  const auto modified_at = http::ParseHttpDate(FieldOf(headers, "Last-Modified"));
  if (info.etag.empty() && modified_at && *modified_at != info.modified_at) {
    return Replaced(path, "another Last-Modified");
  }
  if (status == 206) {
    if (IsRangeOf(FieldOf(headers, "Content-Range"), info, span)) return {};
    return Replaced(path, "another Content-Range");
  }
  if (!IsWhole(info, span)) return GivesNoParts(path);
  const auto length = ContentLength(headers);
  if (length && *length != info.size_bytes) return Replaced(path, "another size");
  return {};
}

/// The part of an object that a download brings.
class HttpStream final : public ObjectStream {
 public:
  HttpStream(std::unique_ptr<http::Download> download, std::uint64_t rest_bytes,
             std::string_view path)
      : download_(std::move(download)), rest_bytes_(rest_bytes), path_(path) {}

  Result<std::size_t> Read(std::span<char> out) override {
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), rest_bytes_)));
    const auto count = download_->Read(out);
    if (!count.ok()) return FailureOf(count.error(), path_);
    if (*count < out.size()) return Replaced(path_, "it ends too early");
    rest_bytes_ -= *count;
    if (rest_bytes_ == 0 && !out.empty()) TRY(CheckEnd());
    return *count;
  }

 private:
  /// An answer that told no length must have one too.
  Result<void> CheckEnd() {
    char byte;
    const auto count = download_->Read({&byte, 1});
    if (!count.ok()) return FailureOf(count.error(), path_);
    if (*count > 0) return Replaced(path_, "it goes on after its end");
    return {};
  }

  const std::unique_ptr<http::Download> download_;
  std::uint64_t rest_bytes_;
  const std::string path_;
};

class EmptyStream final : public ObjectStream {
 public:
  Result<std::size_t> Read(std::span<char>) override { return std::size_t{0}; }
};

}  // namespace

void AppendHttpUrl(std::string_view base_url, std::string_view path, std::string& out) {
  out += base_url;
  out += '/';
  AppendPercentEncoded(SplitBucketPath(path).key, "/=", out);
}

std::string HttpObjects::UrlOf(std::string_view path) const {
  std::string url;
  AppendHttpUrl(base_url_, path, url);
  return url;
}

Result<ObjectInfo> HttpObjects::Stat(std::string_view path) const {
  const auto make = [&]() -> Result<http::ClientRequest> {
    return http::ClientRequest{.method = "HEAD", .url = UrlOf(path)};
  };
  const auto response = requests_->Send(make, kNoBody);
  if (!response.ok()) return FailureOf(response.error(), path);
  if (response->status != 200) return StatusFailure(response->status, path);
  const auto size_bytes = ContentLength(response->headers);
  if (!size_bytes) {
    return WithDetail(Unsupported("the server does not say how long {} is", NameOf(path)),
                      std::string(path));
  }
  const auto modified_at = http::ParseHttpDate(FieldOf(response->headers, "Last-Modified"));
  return ObjectInfo{.name = std::string(NameOf(path)),
                    .size_bytes = *size_bytes,
                    .modified_at = modified_at.value_or(SystemTime()),
                    .etag = std::string(FieldOf(response->headers, "ETag"))};
}

Result<std::string> HttpObjects::ReadAll(std::string_view path, std::uint64_t max_bytes) const {
  const auto make = [&]() -> Result<http::ClientRequest> {
    return http::ClientRequest{.url = UrlOf(path)};
  };
  auto response = requests_->Send(make, max_bytes);
  if (!response.ok() && response.error().code == ErrorCode::kTooLarge) {
    return WithDetail(TooLarge("{} is longer than {} bytes", NameOf(path), max_bytes),
                      std::string(path));
  }
  if (!response.ok()) return FailureOf(response.error(), path);
  if (response->status != 200) return StatusFailure(response->status, path);
  return std::move(response->body);
}

Requests::Make HttpObjects::MakePart(std::string_view path, const ObjectInfo& info,
                                     ByteSpan span) const {
  http::ClientRequest request{.url = UrlOf(path)};
  if (!IsWhole(info, span)) {
    request.headers.Add("Range", Format("bytes={}-{}", span.offset, span.offset + span.length - 1));
  }
  // A weak one never matches here, and is compared in the answer alone.
  const bool is_strong = info.etag.starts_with('"');
  if (is_strong) request.headers.Add("If-Match", info.etag);
  return [request = std::move(request)]() -> Result<http::ClientRequest> { return request; };
}

Result<void> HttpObjects::ReadAt(std::string_view path, const ObjectInfo& info,
                                 std::uint64_t offset, std::span<char> out) const {
  if (out.empty()) return {};
  const ByteSpan span{.offset = offset, .length = out.size()};
  const auto response = requests_->Send(MakePart(path, info, span), out.size());
  if (!response.ok() && response.error().code == ErrorCode::kTooLarge) {
    return IsWhole(info, span) ? Replaced(path, "another size") : GivesNoParts(path);
  }
  if (!response.ok()) return FailureOf(response.error(), path);
  const auto checked = CheckPart(response->status, response->headers, path, info, span);
  if (!checked.ok() && checked.error().code == ErrorCode::kNotFound) {
    return Replaced(path, "it is gone");
  }
  if (!checked.ok()) return checked.error();
  if (response->body.size() != out.size()) return Replaced(path, "another size");
  std::ranges::copy(response->body, out.begin());
  return {};
}

Result<std::unique_ptr<ObjectStream>> HttpObjects::OpenStream(std::string_view path,
                                                              const ObjectInfo& info,
                                                              ByteSpan span) const {
  if (span.offset > info.size_bytes || span.length > info.size_bytes - span.offset) {
    return WithDetail(InvalidArgument("{} is shorter than asked for", NameOf(path)),
                      std::string(path));
  }
  if (span.length == 0) {
    if (!IsSameObject(TRY(Stat(path)), info)) return Replaced(path, "it differs");
    return std::make_unique<EmptyStream>();
  }
  auto download = requests_->Start(MakePart(path, info, span));
  if (!download.ok()) return FailureOf(download.error(), path);
  TRY(CheckPart((*download)->status(), (*download)->headers(), path, info, span));
  return std::make_unique<HttpStream>(std::move(download).value(), span.length, path);
}

}  // namespace sluice::storage
