#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/channel_internal.h"
#include "http/request_parser.h"
#include "http/response_writer_internal.h"
#include "http/server_state_internal.h"

namespace sluice::http {

struct ConnectionOptions {
  std::size_t listener;  ///< Its index.
  std::string peer_address;
  bool over_capacity;  ///< Is told 503 and closed.
};

/// One client: reads a request, has it answered, sends the answer, and so on. Lives on one I/O
/// thread.
class Connection {
 public:
  Connection(ServerState& server, IoThread& thread, FileDescriptor socket,
             std::unique_ptr<Transport> transport, ConnectionOptions options);

  /// Serves requests until either side ends.
  Awaitable<void> Run();

  void ExpireIfPast(SteadyClock::time_point now) { channel_.ExpireIfPast(now); }
  /// Closes the connection if it waits for a request of which nothing has arrived.
  void CloseIfIdle();
  /// Closes the connection whatever it does, but waits for a handler that runs.
  void Abort() { channel_.Abort(); }

 private:
  enum class ReadEnd : std::uint8_t { kWhole, kRefused, kTimedOut, kClosed };

  Awaitable<bool> ServeOne();
  Awaitable<bool> AwaitFirstByte();
  Awaitable<ReadEnd> ReadRequest(RequestParser& parser);
  Awaitable<void> BeginBody(const RequestParser& parser);
  Awaitable<Response> RunHandler(Request& request);
  Awaitable<bool> Respond(Exchange exchange, const Request& request, Response& response);
  Awaitable<void> Refuse(RequestParser& parser, const RequestParser::Refusal& refusal);
  Awaitable<void> RefuseForCapacity();
  Awaitable<void> DiscardInput();

  Response MakeRefusal(int status, std::string_view message);
  void Identify(Request& request);

  ServerState& server_;
  IoThread& thread_;
  const ConnectionOptions options_;
  Channel channel_;
  ResponseWriter writer_;
  ReadBuffer buffer_;
  std::shared_ptr<const PeerCertificate> certificate_;  // set once the handshake is done
  bool is_idle_ = false;
  SteadyClock::time_point request_start_;
};

}  // namespace sluice::http
