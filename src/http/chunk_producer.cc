#include "http/chunk_producer.h"

#include <utility>

#include "base/format.h"

namespace sluice::http {

std::string Chunk::Prefix() const {
  return bytes.empty() ? std::string() : Format("{:x}\r\n", bytes.size());
}

std::string_view Chunk::Suffix() const {
  if (!is_last) return "\r\n";
  return bytes.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n";
}

ChunkProducer::ChunkProducer(BodySource& source, bool gzip, observe::TracePointer trace)
    : source_(source), trace_(std::move(trace)), left_bytes_(source.length_bytes()) {
  if (gzip) encoder_.emplace();
}

void ChunkProducer::Produce(Chunk& chunk) {
  const observe::TraceScope scope(trace_);
  chunk.bytes.clear();
  std::string& raw = encoder_ ? raw_ : chunk.bytes;
  raw.clear();
  chunk.failed = !source_.Next(raw).ok();
  chunk.is_last = raw.empty();
  if (left_bytes_) {
    const bool fits = raw.size() <= *left_bytes_ && (!chunk.is_last || *left_bytes_ == 0);
    chunk.failed |= !fits;
    if (fits) *left_bytes_ -= raw.size();
  }
  if (!encoder_ || chunk.failed) return;
  if (chunk.is_last) {
    encoder_->Finish({}, chunk.bytes);
  } else {
    encoder_->Append(raw, chunk.bytes);
  }
}

}  // namespace sluice::http
