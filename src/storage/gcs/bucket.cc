#include "storage/gcs/bucket.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/secret.h"
#include "storage/gcs/answers.h"
#include "storage/object_parts.h"

namespace sluice::storage::gcs {
namespace {

/// Room for what an answer says that is no success.
constexpr std::uint64_t kMaxErrorBytes = 64 << 10;

/// The status of a token that ended before its time: it was revoked, or its key was.
constexpr int kRefusedToken = 401;

/// There was no answer. Names the object where the client names the host.
Error NoAnswer(std::string_view path, const Error& error) {
  std::string detail = Format("{}: {}", path, error.ToString());
  if (error.code == ErrorCode::kPermissionDenied) {
    return WithDetail(PermissionDenied("{} may not be accessed", NameOf(path)), std::move(detail));
  }
  return WithDetail(Unavailable("{} cannot be reached for now", NameOf(path)), std::move(detail));
}

int HopedFor(const BucketRequest& request) { return request.range.empty() ? 200 : 206; }

Error RefusalOf(const BucketRequest& request, std::string_view path, int status,
                std::string_view body) {
  Error error = StatusError(status, path, DescribeError(body));
  return request.range.empty() ? error : PartRefusal(status, path, std::move(error));
}

}  // namespace

std::string Bucket::ListUrl(std::string_view query) const {
  return Format("{}/storage/v1/b/{}/o?{}", options_.base_url, PercentEncode(options_.bucket),
                query);
}

std::string Bucket::ObjectUrl(std::string_view key, std::string_view query) const {
  return Format("{}/storage/v1/b/{}/o/{}?{}", options_.base_url, PercentEncode(options_.bucket),
                PercentEncode(key), query);
}

std::string Bucket::UploadUrl(std::string_view key) const {
  return Format(
      "{}/upload/storage/v1/b/{}/o?uploadType=media&ifGenerationMatch=0&fields=generation&name={}",
      options_.base_url, PercentEncode(options_.bucket), PercentEncode(key));
}

Requests::Make Bucket::Make(const BucketRequest& request) const {
  return [this, &request]() -> Result<http::ClientRequest> {
    http::ClientRequest made;
    made.method = request.method;
    made.url = request.url;
    made.body = request.body;
    const Secret authorization = TRY(options_.credentials->Authorization());
    if (!authorization.empty()) made.headers.Add("Authorization", authorization.Reveal());
    if (request.is_media) made.headers.Add("Accept-Encoding", "gzip");
    if (!request.range.empty()) made.headers.Add("Range", request.range);
    if (request.method == "POST") made.headers.Add("Content-Type", "application/octet-stream");
    return made;
  };
}

Result<http::ClientResponse> Bucket::Send(const BucketRequest& request, std::string_view path,
                                          std::uint64_t max_body_bytes) const {
  const std::uint64_t max_bytes = std::max(max_body_bytes, kMaxErrorBytes);
  Result<http::ClientResponse> response = options_.requests->Send(Make(request), max_bytes);
  if (response.ok() && response->status == kRefusedToken && options_.credentials->DropToken()) {
    response = options_.requests->Send(Make(request), max_bytes);
  }
  const bool is_too_large = response.ok() ? response->body.size() > max_body_bytes
                                          : response.error().code == ErrorCode::kTooLarge;
  if (!response.ok() && !is_too_large) return NoAnswer(path, response.error());
  if (response.ok() && response->status != HopedFor(request)) {
    return RefusalOf(request, path, response->status, response->body);
  }
  if (is_too_large) {
    return WithDetail(TooLarge("{} is longer than {} bytes", NameOf(path), max_body_bytes),
                      std::string(path));
  }
  return response;
}

Result<std::unique_ptr<http::Download>> Bucket::Start(const BucketRequest& request,
                                                      std::string_view path) const {
  Result<std::unique_ptr<http::Download>> download = options_.requests->Start(Make(request));
  if (download.ok() && (*download)->status() == kRefusedToken &&
      options_.credentials->DropToken()) {
    download = options_.requests->Start(Make(request));
  }
  if (!download.ok()) return NoAnswer(path, download.error());
  const int status = (*download)->status();
  if (status == HopedFor(request)) return download;
  std::string word(1024, '\0');
  const Result<std::size_t> read = (*download)->Read(word);
  word.resize(read.ok() ? *read : 0);
  return RefusalOf(request, path, status, word);
}

}  // namespace sluice::storage::gcs
