#pragma once

#include <string>
#include <utility>

#include "http/message.h"

namespace sluice::protocol {

/// An answer of one JSON object on one line: clients read no further.
inline http::Response JsonResponse(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json; charset=utf-8");
  response.body = std::move(body);
  return response;
}

}  // namespace sluice::protocol
