#include "storage/azure/blob_service.h"

#include <utility>

#include "storage/azure/times.h"
#include "storage/object_store.h"
#include "storage/wire_time.h"

namespace sluice::storage::azure {
namespace {

// A request is refused if its time is 15 minutes from the service's.
constexpr std::chrono::minutes kMinClockCorrection{5};
constexpr std::chrono::hours kMaxClockOffset{24};

bool MeansBadCredential(int status, const http::Headers& headers) {
  const std::string_view code = HeaderIn(headers, "x-ms-error-code");
  return status == 401 || code == "AuthenticationFailed" || code == "InvalidAuthenticationInfo";
}

Operation OperationOf(const ServiceRequest& request) {
  return request.operation.value_or(ObjectOperation(request.method, request.path));
}

/// What a request came to that got no answer, with what it asked for.
Error NoAnswer(const ServiceRequest& request, Error error) {
  error.detail = Format("{}: {}", request.path, error.detail);
  return error;
}

}  // namespace

std::string_view HeaderIn(const http::Headers& headers, std::string_view name) {
  const std::string* const value = headers.Find(name);
  return value == nullptr ? std::string_view() : *value;
}

Result<http::ClientRequest> BlobService::Make(const ServiceRequest& request) const {
  http::ClientRequest made{.method = std::string(request.method),
                           .url = Format("{}{}{}{}", parts_.url, request.path,
                                         request.query.empty() ? "" : "?", request.query),
                           .headers = request.headers,
                           .body = request.body};
  std::string date;
  AppendHttpDate(Now(), date);
  made.headers.Add("x-ms-date", std::move(date));
  made.headers.Add("x-ms-version", std::string(request.version));
  TRY(parts_.authorizer->Authorize(made));
  return made;
}

Result<http::ClientResponse> BlobService::Send(const ServiceRequest& request,
                                               std::uint64_t max_body_bytes) {
  const auto make = [&] { return Make(request); };
  auto response = parts_.requests->Send(OperationOf(request), make, max_body_bytes);
  if (response.ok() && Learn(response->status, response->headers)) {
    response = parts_.requests->Send(OperationOf(request), make, max_body_bytes);
  }
  if (!response.ok()) return NoAnswer(request, std::move(response).error());
  return response;
}

Result<std::unique_ptr<http::Download>> BlobService::Start(const ServiceRequest& request) {
  const auto make = [&] { return Make(request); };
  auto download = parts_.requests->Start(OperationOf(request), make);
  if (download.ok() && Learn((*download)->status(), (*download)->headers())) {
    download->reset();  // its connection is free for the next
    download = parts_.requests->Start(OperationOf(request), make);
  }
  if (!download.ok()) return NoAnswer(request, std::move(download).error());
  return download;
}

/// Whether the request may succeed if it is sent once more.
bool BlobService::Learn(int status, const http::Headers& headers) {
  const bool is_refused = status == 401 || (status == 403 && HeaderIn(headers, "x-ms-error-code") ==
                                                                 "AuthenticationFailed");
  if (!is_refused) return false;
  return LearnTime(headers) || parts_.authorizer->Renew();
}

bool BlobService::LearnTime(const http::Headers& headers) {
  const auto date = ParseHttpDate(HeaderIn(headers, "Date"));
  if (!date.ok()) return false;
  const auto offset = *date - parts_.clock.Now();
  if (std::chrono::abs(offset) > kMaxClockOffset) return false;
  if (std::chrono::abs(offset - clock_offset()) < kMinClockCorrection) return false;
  clock_offset_ms_ = offset.count();
  return true;
}

Error RefusalOf(int status, const http::Headers& headers, std::string_view path) {
  // Some refuse a credential by 400.
  const int meaning = MeansBadCredential(status, headers) ? 403 : status;
  Error error = StatusError(meaning, path,
                            Format("{}, request {}", HeaderIn(headers, "x-ms-error-code"),
                                   HeaderIn(headers, "x-ms-request-id")));
  if (error.code != ErrorCode::kAlreadyExists) return error;
  return WithDetail(Unavailable("the store does not give {}", NameOf(path)), error.detail);
}

}  // namespace sluice::storage::azure
