#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "http/peer_certificate.h"
#include "observe/trace.h"

namespace sluice::http {

/// Header fields in the order of arrival; names are found regardless of ASCII case.
class Headers {
 public:
  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  /// The first field of that name, or nullptr.
  const std::string* Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A request that was read whole, within the server's limits.
struct Request {
  std::string method;  ///< Upper case, such as "GET".
  std::string target;  ///< As sent: path and query, not decoded.
  std::string path;    ///< `target` without the query, not decoded.
  std::vector<std::pair<std::string, std::string>> query;  ///< Decoded ('+' is a space), in order.
  std::vector<std::pair<std::string, std::string>>
      path_parameters;  ///< Filled by the router; decoded.
  Headers headers;
  std::string body;
  /// The peer's IP address, or that which a trusted proxy vouches for; "unix" on such a socket.
  std::string peer_address;
  /// "https://data.example.com" if a trusted proxy says how the client reached it, else empty.
  std::string forwarded_origin;
  bool over_tls = false;  ///< As the client sees it: trusted proxies' X-Forwarded-Proto counts.
  /// That of the connection's client, verified; null if it showed none, and behind a trusted proxy,
  /// whose own it would be.
  std::shared_ptr<const PeerCertificate> certificate;
  std::string request_id;  ///< Made by the server, unique in the process' lifetime; sent back as
                           ///< X-Request-Id.
  observe::TracePointer trace;  ///< Made by the server of `traceparent` and `tracestate`, or new.

  /// The first query parameter of that name, or nullptr. Names are case-sensitive.
  const std::string* FindQuery(std::string_view name) const;
  /// The path parameter `name`, which the route must declare.
  const std::string& PathParameter(std::string_view name) const;
};

/// A body that is made while it is sent. The server calls Next on a worker thread, one call at a
/// time, and at most one chunk ahead of what the client took: a slow reader holds no worker, a
/// client that goes away destroys the source.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Replaces `out` by the next bytes (aim for 64 to 512 KiB); leaves it empty at the end. An error
  /// cuts the connection, so that the client cannot take half an answer for a whole one.
  virtual Result<void> Next(std::string& out) = 0;
  /// If known, it is sent as Content-Length and the body never compressed; a source that gives more
  /// or less cuts the connection.
  virtual std::optional<std::uint64_t> length_bytes() const { return std::nullopt; }
};

/// Part of an open file, sent with sendfile(2) where the connection is plain.
struct FileBody {
  FileDescriptor file;
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

struct Response {
  int status = 200;
  Headers headers;  ///< Content-Length, Connection, Date and X-Request-Id are the server's to add.
  std::variant<std::string, std::unique_ptr<BodySource>, FileBody> body;
  /// Filled by the layer that knows, for the request log: caller, share, table, files, ... Never a
  /// secret.
  std::vector<std::pair<std::string, std::string>> log_fields;
  std::shared_ptr<void> kept;  ///< Destroyed when the answer has been sent, or cut short.
  std::size_t tag = 0;         ///< The handler's own, to know the response again in OnFinished.
};

}  // namespace sluice::http
