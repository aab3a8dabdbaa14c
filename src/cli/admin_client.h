#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"

namespace sluice::cli {

/// Where an owner's surface is, and who asks.
struct AdminAddress {
  std::string url;  ///< "http://127.0.0.1:8081", without a slash at its end.
  Secret token;
};

/// The owner's REST surface, below /api/v1, from outside.
///
/// Errors of all methods: what the server said, with its message and the code that fits, and
/// kUnavailable if there is no server. Not thread-safe.
class AdminClient {
 public:
  static Result<AdminClient> New(AdminAddress address);

  /// `path` begins with a slash, and its parts are percent-encoded. The answer is JSON, or null if
  /// the server gave none.
  Result<json::value> Get(const std::string& path);
  Result<json::value> Post(const std::string& path, const json::object& body);
  Result<json::value> Put(const std::string& path, const json::object& body);
  Result<json::value> Patch(const std::string& path, const json::object& body);
  Result<json::value> Delete(const std::string& path);
  /// The `items` of a list.
  Result<json::array> List(const std::string& path);

 private:
  AdminClient(AdminAddress address, std::unique_ptr<http::Client> client);
  Result<json::value> Send(std::string_view method, const std::string& path,
                           const json::object* body);

  AdminAddress address_;
  std::unique_ptr<http::Client> client_;
};

/// What an answer other than 2xx means.
Error ErrorOfAnswer(const http::ClientResponse& answer);

/// Member `key` of what a server sent, if it is a text; else empty.
std::string TextOf(const json::value& value, std::string_view key);
/// Member `key` if it is an object, else an empty one. Lives as long as `value`.
const json::object& ObjectIn(const json::value& value, std::string_view key);
const json::array& ArrayIn(const json::value& value, std::string_view key);
/// "country=FR, tier=gold"
std::string PairsText(const json::object& pairs);

}  // namespace sluice::cli
