#include "cli/text_file.h"

#include <algorithm>
#include <fstream>

namespace sluice::cli {

Result<std::string> ReadTextFile(const std::string& path, std::size_t max_bytes) {
  constexpr std::size_t kPieceBytes = 1 << 16;
  std::ifstream file(path == "-" ? "/dev/stdin" : path, std::ios::binary);
  if (!file) return NotFound("cannot open {}", path);
  std::string text;
  while (file && text.size() <= max_bytes) {
    const std::size_t end = text.size();
    text.resize(end + kPieceBytes);
    file.read(text.data() + end, kPieceBytes);
    text.resize(end + static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof() && text.size() <= max_bytes) return InvalidArgument("cannot read {}", path);
  if (text.size() <= max_bytes) return text;
  return TooLarge("{} has more than {} bytes", path, max_bytes);
}

}  // namespace sluice::cli
