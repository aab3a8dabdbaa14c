#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace sluice::http {

/// A request to another server.
struct ClientRequest {
  std::string method = "GET";  ///< GET, HEAD, PUT, POST or DELETE.
  std::string url;             ///< Absolute http or https; sent as it is spelled.
  Headers headers;             ///< Host and Content-Length are the client's to add.
  std::string_view body = {};  ///< Must outlive the call.
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

/// The body of an answer, taken as it arrives. The connection is free again once it is gone. Not
/// thread-safe.
class Download {
 public:
  virtual ~Download() = default;
  virtual int status() const = 0;
  virtual const Headers& headers() const = 0;
  /// Fills `out` from its front and says how far: less than all of it only at the end of the body.
  /// Errors: kUnavailable if the connection breaks, the body is shorter than its Content-Length, or
  /// nothing arrives for `idle_timeout`.
  virtual Result<std::size_t> Read(std::span<char> out) = 0;
};

/// Sends requests to other servers, over connections that are kept. Follows no redirect, keeps no
/// cookie. Beside the headers given goes the trace of the calling thread. Credentials in the
/// headers of a request reach neither errors nor logs. Thread-safe.
class Client {
 public:
  struct Options {
    std::string user_agent = "sluice";
    std::string ca_file;  ///< PEM, beside the system's own; empty: none.
    std::string proxy;    ///< "http://proxy:3128"; empty: http_proxy, https_proxy and no_proxy.
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds idle_timeout{30'000};  ///< Without a byte in either direction.
    std::size_t max_connections = 64;                ///< In use at once; one more waits.
    /// Networks ("10.0.0.0/8", "::1/128") that may be connected to although they are loopback,
    /// link-local, private or otherwise not of the public Internet. A proxy is not asked about.
    std::vector<std::string> private_networks;
    /// Hosts of URLs, in lower case, that may have any address: those that the owner named.
    std::vector<std::string> private_hosts;

    friend bool operator==(const Options&, const Options&) = default;
  };
  struct Limits {
    std::chrono::milliseconds timeout{60'000};  ///< For all of it, the wait for a connection too.
    std::uint64_t max_body_bytes = 64 << 20;
    std::stop_token stop = {};  ///< Gives the request up before its answer: kUnavailable.
  };

  /// Errors: kInvalidArgument for a network, proxy or CA file that cannot be read.
  static Result<std::unique_ptr<Client>> New(const Options& options);
  virtual ~Client() = default;

  /// Any status is an answer. Errors: kUnavailable if there was none: no connection, an answer that
  /// is no HTTP, too long in coming, or cut short; kTooLarge past `max_body_bytes`;
  /// kPermissionDenied for a certificate that is not to be trusted or does not fit, and for an
  /// address of a network that is not listed; kInvalidArgument for a URL that is none. Messages
  /// name no host; it is in the detail.
  virtual Result<ClientResponse> Send(const ClientRequest& request, const Limits& limits) = 0;
  /// The same up to the end of the headers; `limits.timeout` is for these, and the body has no
  /// bound. The download may outlive the client.
  virtual Result<std::unique_ptr<Download>> Start(const ClientRequest& request,
                                                  const Limits& limits) = 0;
};

}  // namespace sluice::http
