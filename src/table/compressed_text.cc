#include "table/compressed_text.h"

#include <lz4.h>

#include "base/check.h"

namespace sluice::table {

void CompressedText::FinishRow() {
  CHECK(pending_.size() <= LZ4_MAX_INPUT_SIZE, "a chunk of text outgrew LZ4's block size");
  ends_.push_back(static_cast<std::uint32_t>(pending_.size()));
  if (ends_.size() % kRowsPerChunk == 0) SealChunk();
}

void CompressedText::Finish() {
  if (ends_.size() % kRowsPerChunk != 0) SealChunk();
  pending_ = {};
  chunks_.shrink_to_fit();
  ends_.shrink_to_fit();
}

void CompressedText::SealChunk() {
  Chunk chunk{.bytes = {}, .plain_bytes = pending_.size()};
  const int bound = LZ4_compressBound(static_cast<int>(pending_.size()));
  std::string packed(static_cast<std::size_t>(bound), '\0');
  const int packed_bytes = LZ4_compress_fast(
      pending_.data(), packed.data(), static_cast<int>(pending_.size()), bound, /*acceleration=*/4);
  chunk.compressed = packed_bytes > 0 && static_cast<std::size_t>(packed_bytes) < pending_.size();
  chunk.bytes =
      chunk.compressed ? packed.substr(0, static_cast<std::size_t>(packed_bytes)) : pending_;
  chunks_.push_back(std::move(chunk));
  pending_.clear();
}

std::size_t CompressedText::memory_bytes() const {
  std::size_t bytes = ends_.capacity() * sizeof(std::uint32_t) + chunks_.capacity() * sizeof(Chunk);
  for (const Chunk& chunk : chunks_) bytes += chunk.bytes.capacity();
  return bytes;
}

std::string_view CompressedText::Cursor::Get(std::size_t row) {
  const std::size_t wanted = row / kRowsPerChunk;
  const Chunk& chunk = text_->chunks_[wanted];
  if (chunk.compressed && chunk_ != wanted) {
    plain_.resize(chunk.plain_bytes);
    const int plain_bytes =
        LZ4_decompress_safe(chunk.bytes.data(), plain_.data(), static_cast<int>(chunk.bytes.size()),
                            static_cast<int>(plain_.size()));
    CHECK(plain_bytes == static_cast<int>(plain_.size()), "our own LZ4 block did not decompress");
    chunk_ = wanted;
  }
  const std::string_view plain = chunk.compressed ? std::string_view(plain_) : chunk.bytes;
  const std::size_t begin = row % kRowsPerChunk == 0 ? 0 : text_->ends_[row - 1];
  return plain.substr(begin, text_->ends_[row] - begin);
}

}  // namespace sluice::table
