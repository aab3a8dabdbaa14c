#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::table {

/// Many texts, kept compressed in chunks (LZ4 blocks) and read back chunk by chunk. Appending
/// first, reading after; reading is thread-safe with a Cursor each.
class CompressedText {
 public:
  static constexpr std::size_t kRowsPerChunk = 256;

  /// Adds the next row's text: what `append(std::string& out)` puts at the end of `out`.
  template <typename Append>
  void Add(Append&& append) {
    append(pending_);
    FinishRow();
  }
  /// To be called once, after the last Add.
  void Finish();

  std::size_t rows() const { return ends_.size(); }
  std::size_t memory_bytes() const;

  /// Reads rows, best in ascending order: it holds one decompressed chunk.
  class Cursor {
   public:
    explicit Cursor(const CompressedText& text) : text_(&text) {}
    /// Valid until the next call.
    std::string_view Get(std::size_t row);

   private:
    const CompressedText* text_;
    std::size_t chunk_ = static_cast<std::size_t>(-1);
    std::string plain_;
  };

 private:
  struct Chunk {
    std::string bytes;  ///< LZ4 block, or plain text if that is not shorter.
    std::size_t plain_bytes = 0;
    bool compressed = false;
  };
  void FinishRow();
  void SealChunk();

  std::string pending_;
  std::vector<std::uint32_t> ends_;  ///< Of each row, within its chunk.
  std::vector<Chunk> chunks_;
};

}  // namespace sluice::table
