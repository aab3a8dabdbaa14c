#include <algorithm>
#include <array>
#include <utility>

#include "http/gzip.h"
#include "http/response_writer_internal.h"
#include "http/worker_task_internal.h"

namespace sluice::http {
namespace {

constexpr std::size_t kMaxInlineGzipBytes = 16 << 10;  // more would hold up the I/O thread
constexpr std::size_t kFilePieceBytes = 4 << 20;
constexpr int kPiecesOfATurn = 16;  // then it is another's turn at the worker

iovec PartOf(std::string_view text) {
  return {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
}

bool MayCompress(const Response& response) {
  const std::string* type = response.headers.Find("Content-Type");
  return type != nullptr && IsCompressible(*type) &&
         response.headers.Find("Content-Encoding") == nullptr;
}

bool SendsNoBody(const Exchange& exchange, const Response& response) {
  return exchange.is_head || StatusForbidsBody(response.status);
}

}  // namespace

Awaitable<Sent> ResponseWriter::Write(const Exchange& exchange, Response& response) {
  Sent sent;
  head_.clear();
  if (std::holds_alternative<std::string>(response.body)) {
    sent = co_await WriteText(exchange, response);
  } else if (std::holds_alternative<FileBody>(response.body)) {
    sent = co_await WriteFile(exchange, response);
  } else {
    sent = co_await WriteStream(exchange, response);
  }
  response.body = std::string();
  if (!sent.completed) channel_.CutOnClose();
  co_return sent;
}

Awaitable<Sent> ResponseWriter::WriteText(const Exchange& exchange, Response& response) {
  std::string& text = std::get<std::string>(response.body);
  ResponseFrame frame{.keep_alive = exchange.keep_alive, .is_http_1_1 = exchange.is_http_1_1};
  frame.varies_by_coding = text.size() >= kMinGzipBytes && MayCompress(response);
  frame.gzip = frame.varies_by_coding && exchange.accepts_gzip;
  if (frame.gzip) co_await Compress(text);
  if (!StatusForbidsBody(response.status)) frame.content_length = text.size();
  AppendResponseHead(response, frame, exchange.request_id, thread_.Date(), head_);

  if (SendsNoBody(exchange, response)) text.clear();
  std::array parts = {PartOf(head_), PartOf(text)};
  const bool written = co_await channel_.Write(parts, server_.options.write_timeout);
  co_return Sent{.body_bytes = written ? text.size() : 0,
                 .completed = written,
                 .keep_alive = frame.keep_alive};
}

Awaitable<void> ResponseWriter::Compress(std::string& text) {
  std::string encoded;
  const auto compress = [&text, &encoded] { GzipEncoder().Finish(text, encoded); };
  if (text.size() <= kMaxInlineGzipBytes) {
    compress();
  } else {
    WorkerTask task(server_.workers, thread_);
    task.Start(compress);
    co_await task.Join();
  }
  text = std::move(encoded);
}

Awaitable<bool> ResponseWriter::SendHead() {
  std::array parts = {PartOf(head_)};
  co_return co_await channel_.Write(parts, server_.options.write_timeout);
}

Awaitable<Sent> ResponseWriter::WriteFile(const Exchange& exchange, Response& response) {
  const FileBody& body = std::get<FileBody>(response.body);
  ResponseFrame frame{.keep_alive = exchange.keep_alive, .is_http_1_1 = exchange.is_http_1_1};
  if (!StatusForbidsBody(response.status)) frame.content_length = body.length_bytes;
  AppendResponseHead(response, frame, exchange.request_id, thread_.Date(), head_);

  Sent sent{.keep_alive = frame.keep_alive};
  sent.completed = co_await SendHead();
  if (sent.completed && !SendsNoBody(exchange, response)) co_await SendFile(body, sent);
  co_return sent;
}

/// Pieces are sent by workers, since a cold disk blocks; between them the socket is awaited here,
/// so that a slow reader holds no worker.
Awaitable<void> ResponseWriter::SendFile(const FileBody& body, Sent& sent) {
  WorkerTask task(server_.workers, thread_);
  while (sent.body_bytes < body.length_bytes) {
    const FilePiece piece{.file = body.file.get(),
                          .offset_bytes = body.offset_bytes + sent.body_bytes,
                          .length_bytes = std::min<std::uint64_t>(
                              kFilePieceBytes, body.length_bytes - sent.body_bytes)};
    IoResult step;
    task.Start([this, &piece, &step] { step = channel_.transport().SendFile(piece); });
    co_await task.Join();

    sent.completed = step.status != IoStatus::kClosed;
    if (!sent.completed) co_return;
    sent.body_bytes += step.bytes;
    if (step.bytes == piece.length_bytes) continue;
    channel_.SetDeadline(server_.options.write_timeout);
    const IoStatus wanted = step.status == IoStatus::kOk ? IoStatus::kWantWrite : step.status;
    sent.completed = co_await channel_.Wait(wanted);
    channel_.ClearDeadline();
    if (!sent.completed) co_return;
  }
}

Awaitable<Sent> ResponseWriter::WriteStream(const Exchange& exchange, Response& response) {
  BodySource& source = *std::get<std::unique_ptr<BodySource>>(response.body);
  const auto length_bytes = source.length_bytes();
  ResponseFrame frame{.content_length = length_bytes,
                      .chunked = !length_bytes && exchange.is_http_1_1,
                      .keep_alive = exchange.keep_alive && (length_bytes || exchange.is_http_1_1),
                      .is_http_1_1 = exchange.is_http_1_1};
  frame.varies_by_coding = !length_bytes && MayCompress(response);
  frame.gzip = frame.varies_by_coding && exchange.accepts_gzip;
  if (StatusForbidsBody(response.status)) {
    frame.chunked = false;
    frame.content_length.reset();
  }
  AppendResponseHead(response, frame, exchange.request_id, thread_.Date(), head_);

  Sent sent{.keep_alive = frame.keep_alive};
  if (SendsNoBody(exchange, response)) {
    sent.completed = co_await SendHead();
  } else {
    ChunkProducer producer(source, frame.gzip, exchange.trace);
    if (length_bytes) {
      co_await SendPieces(producer, sent);
    } else {
      co_await SendChunks(producer, frame.chunked, sent);
    }
  }
  co_return sent;
}

/// While one chunk is written the next is made, so that a big answer uses two cores; never more
/// than one ahead, so that it uses two buffers.
Awaitable<void> ResponseWriter::SendChunks(ChunkProducer& producer, bool chunked, Sent& sent) {
  std::array<Chunk, 2> chunks;
  WorkerTask task(server_.workers, thread_);
  task.Start([&producer, &chunks] { producer.Produce(chunks[0]); });
  co_await task.Join();
  for (std::size_t turn = 0;; turn = 1 - turn) {
    const Chunk& chunk = chunks[turn];
    Chunk& next = chunks[1 - turn];
    if (chunk.failed) co_return;
    if (!chunk.is_last) task.Start([&producer, &next] { producer.Produce(next); });
    const bool written = co_await SendChunk(chunk, chunked);
    co_await task.Join();
    if (!written) co_return;
    sent.body_bytes += chunk.bytes.size();
    sent.completed = chunk.is_last;
    if (chunk.is_last) co_return;
  }
}

/// A body of known length only passes through: whoever made a piece sends it, while it is in that
/// core's cache, and goes on as long as the socket takes all. The rest of a piece is awaited here,
/// so that a slow reader holds no worker.
Awaitable<void> ResponseWriter::SendPieces(ChunkProducer& producer, Sent& sent) {
  Chunk piece;
  std::array<iovec, 2> parts;
  std::span<iovec> left;
  const auto relay = [&] {
    for (int i = 0; i < kPiecesOfATurn; ++i) {
      producer.Produce(piece);
      if (piece.failed || piece.is_last) return;
      parts = {PartOf(head_), PartOf(piece.bytes)};
      left = parts;
      if (channel_.WriteNow(left) != IoStatus::kOk) return;
      head_.clear();
      sent.body_bytes += piece.bytes.size();
    }
  };
  WorkerTask task(server_.workers, thread_);
  while (true) {
    task.Start(relay);
    co_await task.Join();
    if (piece.failed) co_return;
    if (piece.is_last) break;
    if (left.empty()) continue;
    if (!co_await channel_.Write(left, server_.options.write_timeout)) co_return;
    head_.clear();
    sent.body_bytes += piece.bytes.size();
  }
  sent.completed = head_.empty() || co_await SendHead();
}

Awaitable<bool> ResponseWriter::SendChunk(const Chunk& chunk, bool chunked) {
  const std::string prefix = chunked ? chunk.Prefix() : std::string();
  const std::string_view suffix = chunked ? chunk.Suffix() : std::string_view();
  std::array parts = {PartOf(head_), PartOf(prefix), PartOf(chunk.bytes), PartOf(suffix)};
  const bool written = co_await channel_.Write(parts, server_.options.write_timeout);
  head_.clear();
  co_return written;
}

}  // namespace sluice::http
