#include "base/result.h"

#include <algorithm>

namespace sluice {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kMalformed: return "malformed";
    case ErrorCode::kUnauthenticated: return "unauthenticated";
    case ErrorCode::kPermissionDenied: return "permission_denied";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kMissingData: return "missing_data";
    case ErrorCode::kAlreadyExists: return "already_exists";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kNotImplemented: return "not_implemented";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kResourceExhausted: return "resource_exhausted";
    case ErrorCode::kDeadlineExceeded: return "deadline_exceeded";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kCorruptData: return "corrupt_data";
    case ErrorCode::kInternal: return "internal";
  }
  return "unknown";
}

std::string Error::ToString() const {
  std::string text = Format("{}: {}", ErrorCodeName(code), message);
  if (!detail.empty()) text += Format(" ({})", detail);
  return text;
}

Error WithDetail(Error error, std::string detail) {
  error.detail = std::move(detail);
  return error;
}

Error WithRetryAfter(Error error, std::chrono::milliseconds wait) {
  error.retry_after =
      std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
  return error;
}

}  // namespace sluice
