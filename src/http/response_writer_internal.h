#pragma once

#include <cstdint>
#include <string>

#include "http/channel_internal.h"
#include "http/chunk_producer.h"
#include "http/message.h"
#include "http/response_head.h"
#include "http/server_state_internal.h"

namespace sluice::http {

/// What a response's form depends on. Taken from the request before the handler may move out of it.
struct Exchange {
  std::string request_id;
  bool is_head = false;
  bool is_http_1_1 = true;
  bool keep_alive = true;
  bool accepts_gzip = false;
  observe::TracePointer trace = nullptr;
};

struct Sent {
  std::uint64_t body_bytes = 0;  ///< As the body was encoded, without chunk framing.
  bool completed = false;
  bool keep_alive = false;
};

/// Sends the responses of one connection, one after another.
class ResponseWriter {
 public:
  ResponseWriter(ServerState& server, IoThread& thread, Channel& channel)
      : server_(server), thread_(thread), channel_(channel) {}

  /// Sends `response` and empties its body: files are closed and sources destroyed when this
  /// returns.
  Awaitable<Sent> Write(const Exchange& exchange, Response& response);

 private:
  Awaitable<Sent> WriteText(const Exchange& exchange, Response& response);
  Awaitable<Sent> WriteFile(const Exchange& exchange, Response& response);
  Awaitable<Sent> WriteStream(const Exchange& exchange, Response& response);

  Awaitable<void> Compress(std::string& text);
  Awaitable<void> SendFile(const FileBody& body, Sent& sent);
  Awaitable<void> SendPieces(ChunkProducer& producer, Sent& sent);
  Awaitable<void> SendChunks(ChunkProducer& producer, bool chunked, Sent& sent);
  Awaitable<bool> SendChunk(const Chunk& chunk, bool chunked);
  Awaitable<bool> SendHead();

  ServerState& server_;
  IoThread& thread_;
  Channel& channel_;
  std::string head_;  // what of the head is not yet sent; kept for its memory
};

}  // namespace sluice::http
