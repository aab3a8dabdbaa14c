#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace sluice::http {

class TlsContext;  // http/tls.h

/// What one listener accepts. Every limit is enforced before the handler sees the request.
struct ListenerOptions {
  std::string address;  ///< "HOST:PORT" (port 0 picks a free one), "[::1]:8080", or "unix:PATH"
                        ///< (mode 0600).
  std::shared_ptr<TlsContext> tls;  ///< Plain HTTP if null.
};

struct ServerOptions {
  int io_threads = 2;
  int worker_threads = 16;
  int max_connections = 10'000;     ///< Of all listeners; one more is answered 503 and closed.
  int max_queued_requests = 1'000;  ///< Waiting for a worker; one more is answered 503.
  std::size_t max_header_bytes = 64 << 10;  ///< And 256 fields; answered 431.
  std::size_t max_body_bytes = 2 << 20;     ///< Answered 413.
  /// For a TLS handshake, for a request's header from its first byte to its last, and for every 4
  /// KiB of its body. Answered 408. All timeouts may be noticed a tenth of a second late.
  std::chrono::milliseconds header_timeout = std::chrono::seconds(10);
  /// Before the first request of a connection and between its requests. Closed without an answer.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);
  /// For a client to take at least one byte. Cut off.
  std::chrono::milliseconds write_timeout = std::chrono::seconds(60);
  /// IP addresses whose X-Forwarded-For and X-Forwarded-Proto are believed.
  std::vector<std::string> trusted_proxies;
};

/// Says how a request is to be run, before it is run.
enum class Execution {
  kInline,  ///< The handler only reads memory: on the I/O thread.
  kWorker,  ///< May block: on the worker pool.
};

/// What a server serves. Its calls come from many threads at once; only Handle of a kWorker request
/// may block.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Execution ExecutionOf(const Request& request, std::size_t listener) const = 0;
  /// Answers one request; the listener's index tells surfaces apart. Never throws; it may move out
  /// of `request`.
  virtual Response Handle(Request& request, std::size_t listener) = 0;
  /// Called once for every request when its answer has been sent, or cut short (`completed` false);
  /// also for those that were refused, with what was understood of them. The response's body is
  /// gone.
  struct Outcome {
    const Request& request;
    const Response& response;
    std::uint64_t body_bytes;
    std::chrono::microseconds duration;
    bool completed;
  };
  virtual void OnFinished(const Outcome& outcome) = 0;
  /// The answer to a request that never reached Handle: too large, malformed, too many.
  virtual Response Refuse(int status, std::string_view message) = 0;
};

/// What the workers do at a moment.
struct WorkerLoad {
  int busy = 0;             ///< Of ServerOptions::worker_threads.
  int queued_requests = 0;  ///< Of ServerOptions::max_queued_requests.
};

/// An HTTP/1.1 server: keep-alive, pipelining one after another, HEAD, chunked streaming, sendfile.
/// Source: RFC 9110, RFC 9112.
class Server {
 public:
  /// Binds all listeners and begins to accept. Errors: kUnavailable naming the address if one
  /// cannot be bound. `handler` must outlive the server.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                               std::vector<ListenerOptions> listeners,
                                               Handler& handler);
  virtual ~Server() = default;

  /// The bound addresses in the order of the listeners, with real port numbers.
  virtual std::vector<std::string> Addresses() const = 0;
  /// Stops accepting, lets requests in progress end, and returns when all did or `deadline` passed;
  /// answers sent meanwhile carry `Connection: close`. Idle connections are closed at once.
  virtual void Drain(std::chrono::milliseconds deadline) = 0;
  virtual int open_connections() const = 0;
  virtual WorkerLoad worker_load() const = 0;
};

}  // namespace sluice::http
