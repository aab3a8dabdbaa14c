#pragma once

#include <string>
#include <utility>

#include "base/json.h"
#include "base/result.h"
#include "http/message.h"
#include "protocol/response.h"

namespace sluice::admin {

/// The JSON object that came with a request; an empty one if nothing came. Errors: kMalformed.
inline Result<json::object> BodyOf(const http::Request& request) {
  if (request.body.empty()) return json::object();
  json::value value = TRY(ParseJson(request.body));
  if (!value.is_object()) return Malformed("the body is no JSON object");
  return std::move(value.as_object());
}

inline http::Response Answer(int status, const json::value& value) {
  std::string text;
  AppendJson(value, text);
  return protocol::JsonResponse(status, text + "\n");
}

}  // namespace sluice::admin
