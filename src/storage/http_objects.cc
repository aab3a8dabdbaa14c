#include "storage/http_objects.h"

#include <utility>

#include "base/encoding.h"
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

Error RefusalOf(int status, std::string_view path) {
  return PartRefusal(status, path, StatusFailure(status, path));
}

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
  return InfoFromHeaders(response->headers, path);
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

Result<std::unique_ptr<RandomAccessObject>> HttpObjects::Open(std::string_view path) const {
  ObjectInfo info = TRY(Stat(path));
  return NewPartReader(SourceOf(path, std::move(info)));
}

Result<std::unique_ptr<ObjectStream>> HttpObjects::OpenStream(std::string_view path,
                                                              const ObjectInfo& info,
                                                              ByteSpan span) const {
  return StartPartStream(SourceOf(path, info), span);
}

PartSource HttpObjects::SourceOf(std::string_view path, ObjectInfo info) const {
  const auto make_for = [url = UrlOf(path), info](ByteSpan span) -> Requests::Make {
    http::ClientRequest request{.url = url};
    // Whoever wants all of it needs no server that knows ranges.
    if (span.length != info.size_bytes) request.headers.Add("Range", RangeOf(span));
    // A weak one never matches here, and is compared in the answer alone.
    if (info.etag.starts_with('"')) request.headers.Add("If-Match", info.etag);
    return [request = std::move(request)]() -> Result<http::ClientRequest> { return request; };
  };
  return {.path = std::string(path),
          .info = std::move(info),
          .send = [requests = requests_, path = std::string(path),
                   make_for](ByteSpan span) -> Result<http::ClientResponse> {
            auto answer = requests->Send(make_for(span), span.length);
            if (!answer.ok()) return FailureOf(answer.error(), path);
            if (answer->status / 100 != 2) return RefusalOf(answer->status, path);
            return answer;
          },
          .start = [requests = requests_, path = std::string(path),
                    make_for](ByteSpan span) -> Result<std::unique_ptr<http::Download>> {
            auto answer = requests->Start(make_for(span));
            if (!answer.ok()) return FailureOf(answer.error(), path);
            if ((*answer)->status() / 100 != 2) return RefusalOf((*answer)->status(), path);
            return answer;
          }};
}

}  // namespace sluice::storage
