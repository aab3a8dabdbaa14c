#include "protocol/error.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/format.h"
#include "base/json.h"
#include "protocol/response.h"

namespace sluice::protocol {
namespace {

struct WireError {
  int status;
  std::string_view code;
};

WireError ToWire(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return {400, "INVALID_PARAMETER_VALUE"};
    case ErrorCode::kMalformed: return {400, "MALFORMED_REQUEST"};
    case ErrorCode::kUnsupported: return {400, "UNSUPPORTED_OPERATION"};
    case ErrorCode::kUnauthenticated: return {401, "UNAUTHENTICATED"};
    case ErrorCode::kPermissionDenied: return {403, "PERMISSION_DENIED"};
    case ErrorCode::kNotFound: return {404, "RESOURCE_DOES_NOT_EXIST"};
    case ErrorCode::kMissingData: return {400, "RESOURCE_DOES_NOT_EXIST"};
    case ErrorCode::kAlreadyExists: return {409, "RESOURCE_ALREADY_EXISTS"};
    case ErrorCode::kTooLarge: return {413, "REQUEST_TOO_LARGE"};
    case ErrorCode::kResourceExhausted: return {429, "RESOURCE_EXHAUSTED"};
    case ErrorCode::kNotImplemented: return {501, "NOT_IMPLEMENTED"};
    case ErrorCode::kUnavailable: return {503, "UNAVAILABLE"};
    case ErrorCode::kDeadlineExceeded: return {504, "DEADLINE_EXCEEDED"};
    case ErrorCode::kCorruptData:
    case ErrorCode::kInternal: break;
  }
  return {500, "INTERNAL_ERROR"};
}

}  // namespace

int HttpStatus(ErrorCode code) { return ToWire(code).status; }

std::string_view WireErrorCode(const Error& error) { return ToWire(error.code).code; }

http::Response PlainErrorResponse(int status, std::string_view error_code,
                                  std::string_view message) {
  std::string body = "{\"errorCode\":";
  AppendJsonString(error_code, body);
  body += ",\"message\":";
  AppendJsonString(message, body);
  body += "}\n";
  return JsonResponse(status, std::move(body));
}

http::Response ErrorResponse(const Error& error, std::string_view request_id) {
  const WireError wire = ToWire(error.code);
  const bool ours = wire.status == 500;
  http::Response response = PlainErrorResponse(
      wire.status, wire.code,
      ours ? Format("internal error, request id {}", request_id) : error.message);
  if (wire.status == 401) response.headers.Add("WWW-Authenticate", "Bearer");
  if (wire.status == 429 || wire.status == 503) {
    const std::int64_t seconds = error.retry_after ? error.retry_after->count() : 1;
    response.headers.Add("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1)));
  }
  return response;
}

}  // namespace sluice::protocol
