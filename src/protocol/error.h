#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace sluice::protocol {

/// The one place where codes become HTTP statuses.
int HttpStatus(ErrorCode code);

/// `errorCode` of the wire, such as "RESOURCE_DOES_NOT_EXIST".
std::string_view WireErrorCode(const Error& error);

/// {"errorCode":...,"message":...}. Of internal faults and corrupt data the message is only the
/// request's id; `detail` never leaves. Adds WWW-Authenticate to 401, and to 429 and 503
/// Retry-After: the error's, else one second.
http::Response ErrorResponse(const Error& error, std::string_view request_id);

/// The same body for faults that have a status but no code of ours: 405, 431, ...
http::Response PlainErrorResponse(int status, std::string_view error_code,
                                  std::string_view message);

}  // namespace sluice::protocol
