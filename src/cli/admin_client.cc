#include "cli/admin_client.h"

#include <utility>

namespace sluice::cli {
namespace {

constexpr std::string_view kPrefix = "/api/v1";
constexpr std::size_t kMaxAnswerBytes = 256 << 20;  // a list of many thousand recipients
constexpr std::size_t kMaxShownBytes = 1'000;

ErrorCode CodeOf(int status) {
  switch (status) {
    case 401: return ErrorCode::kUnauthenticated;
    case 403: return ErrorCode::kPermissionDenied;
    case 404: return ErrorCode::kNotFound;
    case 409: return ErrorCode::kAlreadyExists;
    case 413: return ErrorCode::kTooLarge;
    case 429: return ErrorCode::kResourceExhausted;
    case 501: return ErrorCode::kNotImplemented;
    case 503: return ErrorCode::kUnavailable;
    case 504: return ErrorCode::kDeadlineExceeded;
    default: return status < 500 ? ErrorCode::kInvalidArgument : ErrorCode::kInternal;
  }
}

}  // namespace

AdminClient::AdminClient(AdminAddress address, std::unique_ptr<http::Client> client)
    : address_(std::move(address)), client_(std::move(client)) {}

Result<AdminClient> AdminClient::New(AdminAddress address) {
  // The owner names the server: it may be anywhere.
  auto client = TRY(http::Client::New({.private_networks = {"0.0.0.0/0", "::/0"}}));
  return AdminClient(std::move(address), std::move(client));
}

Result<json::value> AdminClient::Get(const std::string& path) { return Send("GET", path, nullptr); }

Result<json::value> AdminClient::Post(const std::string& path, const json::object& body) {
  return Send("POST", path, &body);
}

Result<json::value> AdminClient::Put(const std::string& path, const json::object& body) {
  return Send("PUT", path, &body);
}

Result<json::value> AdminClient::Patch(const std::string& path, const json::object& body) {
  return Send("PATCH", path, &body);
}

Result<json::value> AdminClient::Delete(const std::string& path) {
  return Send("DELETE", path, nullptr);
}

Result<json::array> AdminClient::List(const std::string& path) {
  const json::value answer = TRY(Get(path));
  return ArrayIn(answer, "items");
}

Result<json::value> AdminClient::Send(std::string_view method, const std::string& path,
                                      const json::object* body) {
  http::ClientRequest request{.method = std::string(method),
                              .url = Format("{}{}{}", address_.url, kPrefix, path)};
  std::string text;
  if (body != nullptr) {
    AppendJson(*body, text);
    request.headers.Add("Content-Type", "application/json");
    request.body = text;
  }
  request.headers.Add("Authorization", "Bearer " + address_.token.Reveal());
  const auto answer = client_->Send(request, {.max_body_bytes = kMaxAnswerBytes});
  if (!answer.ok()) {
    Error error = answer.error();
    if (error.code == ErrorCode::kUnavailable) {
      error.message = Format("no server answers at {}: {}", address_.url, error.message);
    }
    return error;
  }
  constexpr int kFirstFault = 300;
  if (answer->status >= kFirstFault) return ErrorOfAnswer(*answer);
  if (answer->body.empty()) return json::value();
  auto value = ParseJson(answer->body, {.max_bytes = kMaxAnswerBytes});
  if (value.ok()) return value;
  return Unavailable("what answers at {} is no owner's listener of sluice", address_.url);
}

Error ErrorOfAnswer(const http::ClientResponse& answer) {
  Error error{.code = CodeOf(answer.status)};
  const auto body = ParseJson(answer.body);
  if (body.ok()) error.message = TextOf(*body, "message");
  if (error.message.empty()) {
    error.message = Format("the server answered with status {}", answer.status);
  }
  if (error.message.size() > kMaxShownBytes) error.message.resize(kMaxShownBytes);
  return error;
}

std::string TextOf(const json::value& value, std::string_view key) {
  const json::value* const member =
      value.is_object() ? FindMember(value.as_object(), key) : nullptr;
  if (member == nullptr || !member->is_string()) return {};
  return std::string(member->as_string());
}

const json::object& ObjectIn(const json::value& value, std::string_view key) {
  static const json::object empty;
  const json::value* const member =
      value.is_object() ? FindMember(value.as_object(), key) : nullptr;
  return member != nullptr && member->is_object() ? member->as_object() : empty;
}

const json::array& ArrayIn(const json::value& value, std::string_view key) {
  static const json::array empty;
  const json::value* const member =
      value.is_object() ? FindMember(value.as_object(), key) : nullptr;
  return member != nullptr && member->is_array() ? member->as_array() : empty;
}

std::string PairsText(const json::object& pairs) {
  std::string text;
  for (const auto& [key, value] : pairs) {
    text += (text.empty() ? "" : ", ") + std::string(key) + "=";
    if (value.is_string()) text += std::string(value.as_string());
  }
  return text;
}

}  // namespace sluice::cli
