#include <array>
#include <chrono>
#include <utility>

#include "base/encoding.h"
#include "http/connection_internal.h"
#include "http/gzip.h"
#include "http/worker_task_internal.h"

namespace sluice::http {
namespace {

// Beside a header of the greatest size allowed, so that one byte more can be seen and refused.
constexpr std::size_t kReadAheadBytes = 4 << 10;

// A body must bring this much in each header_timeout, or a client could hold a connection for days.
constexpr std::size_t kBodyProgressBytes = 4 << 10;

// A client that is refused may still be sending. If the connection were closed at once, the system
// would reset it and the client might lose the answer, so what it sends is read and dropped, within
// bounds.
constexpr std::chrono::seconds kMaxDiscardTime{5};
constexpr std::size_t kMaxDiscardBytes = 128 << 20;

constexpr std::string_view kRetryAfterSeconds = "1";

Exchange ExchangeOf(const RequestParser& parser, const Request& request) {
  const std::string* accept_encoding = request.headers.Find("Accept-Encoding");
  return {.request_id = request.request_id,
          .is_head = request.method == "HEAD",
          .is_http_1_1 = parser.is_http_1_1(),
          .keep_alive = parser.keep_alive(),
          .accepts_gzip = accept_encoding != nullptr && AcceptsGzip(*accept_encoding),
          .trace = request.trace};
}

// Fields of one name are one list; a second traceparent makes both worthless.
observe::Trace TraceOf(const Headers& headers) {
  std::string_view parent;
  std::string state;
  int parents = 0;
  for (const auto& [name, value] : headers.fields()) {
    if (EqualsIgnoringAsciiCase(name, "traceparent")) {
      parent = value;
      ++parents;
    } else if (EqualsIgnoringAsciiCase(name, "tracestate")) {
      state += (state.empty() ? "" : ",") + value;
    }
  }
  return observe::BeginSpan(
      {.trace_parent = parents == 1 ? parent : std::string_view(), .trace_state = state});
}

Response HandleTraced(Handler& handler, Request& request, std::size_t listener) {
  const observe::TraceScope scope(request.trace);
  return handler.Handle(request, listener);
}

}  // namespace

Connection::Connection(ServerState& server, IoThread& thread, FileDescriptor socket,
                       std::unique_ptr<Transport> transport, ConnectionOptions options)
    : server_(server),
      thread_(thread),
      options_(std::move(options)),
      channel_(thread, std::move(socket), std::move(transport)),
      writer_(server, thread, channel_),
      buffer_(server.options.max_header_bytes + kReadAheadBytes) {}

Awaitable<void> Connection::Run() {
  if (options_.over_capacity) {
    co_await RefuseForCapacity();
    co_return;
  }
  channel_.SetDeadline(server_.options.header_timeout);
  const bool ready = co_await channel_.Handshake();
  channel_.ClearDeadline();
  if (!ready) co_return;
  certificate_ = channel_.transport().ReadCertificate();

  bool goes_on = true;
  while (goes_on) goes_on = co_await ServeOne();
  channel_.Shutdown();
}

void Connection::CloseIfIdle() {
  if (is_idle_) channel_.Interrupt();
}

Awaitable<bool> Connection::ServeOne() {
  const bool begun = co_await AwaitFirstByte();
  if (!begun) co_return false;
  request_start_ = SteadyClock::now();

  RequestParser parser({.max_header_bytes = server_.options.max_header_bytes,
                        .max_body_bytes = server_.options.max_body_bytes});
  const ReadEnd end = co_await ReadRequest(parser);
  channel_.ClearDeadline();
  if (end == ReadEnd::kClosed) co_return false;
  Request& request = parser.request();
  Identify(request);
  if (end != ReadEnd::kWhole) {
    // Named, because g++ 12 destroys a temporary aggregate in a co_await twice.
    RequestParser::Refusal refusal = parser.refusal();
    if (end == ReadEnd::kTimedOut) {
      refusal = {.status = 408, .message = "the request took too long to arrive"};
    }
    co_await Refuse(parser, refusal);
    co_return false;
  }

  server_.trusted_proxies.Apply(request);
  Exchange exchange = ExchangeOf(parser, request);
  Response response = co_await RunHandler(request);
  co_return co_await Respond(std::move(exchange), request, response);
}

Awaitable<bool> Connection::AwaitFirstByte() {
  if (!buffer_.text().empty()) co_return true;  // the client did not wait for the answer before
  buffer_.Shrink();
  const std::span<char> space = buffer_.Space();
  std::size_t count = 0;
  if (!server_.draining) {
    channel_.SetDeadline(server_.options.idle_timeout);
    is_idle_ = true;
    count = co_await channel_.Read(space);
    is_idle_ = false;
  }
  // What arrived before the server began to drain is still answered.
  if (count == 0 && server_.draining) count = channel_.TryRead(space);
  buffer_.Added(count);
  co_return count > 0;
}

Awaitable<Connection::ReadEnd> Connection::ReadRequest(RequestParser& parser) {
  using State = RequestParser::State;
  channel_.SetDeadline(server_.options.header_timeout);
  State before = State::kHead;
  std::size_t progress_bytes = 0;
  while (true) {
    const std::size_t taken = parser.Feed(buffer_.text());
    buffer_.Consume(taken);
    if (parser.state() == State::kDone) co_return ReadEnd::kWhole;
    if (parser.state() == State::kFailed) co_return ReadEnd::kRefused;

    if (std::exchange(before, parser.state()) != parser.state()) {
      co_await BeginBody(parser);
    } else if (parser.state() == State::kBody) {
      progress_bytes += taken;
    }
    if (progress_bytes >= kBodyProgressBytes) {
      progress_bytes = 0;
      channel_.SetDeadline(server_.options.header_timeout);
    }
    const std::size_t count = co_await channel_.Read(buffer_.Space());
    if (count == 0) co_return channel_.timed_out() ? ReadEnd::kTimedOut : ReadEnd::kClosed;
    buffer_.Added(count);
  }
}

Awaitable<void> Connection::BeginBody(const RequestParser& parser) {
  if (parser.expects_continue() && buffer_.text().empty()) {
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    std::array parts = {iovec{.iov_base = go_on.data(), .iov_len = go_on.size()}};
    // If the client is gone, the next read will notice.
    co_await channel_.Write(parts, server_.options.write_timeout);
  }
  channel_.SetDeadline(server_.options.header_timeout);
}

void Connection::Identify(Request& request) {
  request.request_id = server_.request_ids.Next();
  request.peer_address = options_.peer_address;
  request.over_tls = channel_.transport().is_tls();
  request.trace = std::make_shared<const observe::Trace>(TraceOf(request.headers));
  request.certificate = certificate_;
}

Awaitable<Response> Connection::RunHandler(Request& request) {
  Handler& handler = server_.handler;
  if (handler.ExecutionOf(request, options_.listener) == Execution::kInline) {
    co_return HandleTraced(handler, request, options_.listener);
  }
  Response response;
  WorkerTask task(server_.workers, thread_);
  const bool started = task.TryStart([this, &handler, &request, &response] {
    response = HandleTraced(handler, request, options_.listener);
  });
  if (!started) co_return MakeRefusal(503, "too many requests are waiting, try again");
  co_await task.Join();
  co_return response;
}

Awaitable<bool> Connection::Respond(Exchange exchange, const Request& request, Response& response) {
  exchange.keep_alive = exchange.keep_alive && !server_.draining;
  const Sent sent = co_await writer_.Write(exchange, response);
  server_.handler.OnFinished({.request = request,
                              .response = response,
                              .body_bytes = sent.body_bytes,
                              .duration = std::chrono::duration_cast<std::chrono::microseconds>(
                                  SteadyClock::now() - request_start_),
                              .completed = sent.completed});
  co_return sent.completed&& sent.keep_alive;
}

Response Connection::MakeRefusal(int status, std::string_view message) {
  Response response = server_.handler.Refuse(status, message);
  if (status == 503) response.headers.Add("Retry-After", std::string(kRetryAfterSeconds));
  return response;
}

Awaitable<void> Connection::Refuse(RequestParser& parser, const RequestParser::Refusal& refusal) {
  Exchange exchange = ExchangeOf(parser, parser.request());
  exchange.keep_alive = false;
  Response response = MakeRefusal(refusal.status, refusal.message);
  co_await Respond(std::move(exchange), parser.request(), response);
  co_await DiscardInput();
}

Awaitable<void> Connection::RefuseForCapacity() {
  if (channel_.transport().is_tls()) co_return;  // a handshake is work that there is no room for
  const Exchange exchange{.request_id = server_.request_ids.Next(), .keep_alive = false};
  Response response = MakeRefusal(503, "too many connections, try again");
  co_await writer_.Write(exchange, response);
  co_await DiscardInput();
}

Awaitable<void> Connection::DiscardInput() {
  channel_.Shutdown();
  channel_.SetDeadline(kMaxDiscardTime);
  std::size_t discarded = 0;
  while (discarded < kMaxDiscardBytes) {
    buffer_.Consume(buffer_.text().size());
    const std::size_t count = co_await channel_.Read(buffer_.Space());
    if (count == 0) co_return;
    discarded += count;
  }
}

}  // namespace sluice::http
