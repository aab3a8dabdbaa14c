#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/gzip.h"
#include "http/message.h"
#include "observe/trace.h"

namespace sluice::http {

/// One piece of a streamed body, as it is sent.
struct Chunk {
  std::string bytes;     ///< Kept for its memory between uses.
  bool is_last = false;  ///< Nothing follows; `bytes` may hold the end of the compressed body.
  bool failed = false;   ///< The source failed: the connection must be cut.

  /// What stands before and behind `bytes` in the chunked coding. Source: RFC 9112 section 7.1.
  std::string Prefix() const;
  std::string_view Suffix() const;
};

/// Pulls chunks from a source, compressing if asked to. Not thread-safe.
class ChunkProducer {
 public:
  /// `source` must outlive the producer. Chunks are made on behalf of `trace`.
  ChunkProducer(BodySource& source, bool gzip, observe::TracePointer trace);

  /// Makes the next chunk. Must not be called after the last or a failed one.
  void Produce(Chunk& chunk);

 private:
  BodySource& source_;
  const observe::TracePointer trace_;
  std::optional<std::uint64_t> left_bytes_;  ///< Of a source that knows its length.
  std::optional<GzipEncoder> encoder_;
  std::string raw_;  // what is to be compressed
};

}  // namespace sluice::http
