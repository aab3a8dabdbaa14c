#include "delta/vector_path.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/encoding.h"

namespace sluice::delta {
namespace {

// Source: https://rfc.zeromq.org/spec/32/ (Z85), which the Delta protocol names.
constexpr std::string_view kZ85Alphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t kUuidChars = 20;
constexpr std::size_t kCharsAGroup = 5;  // for four bytes
constexpr std::size_t kMaxPrefixChars = 64;

Error NoUuid() { return CorruptData("the deletion vector's file name is no UUID in Z85"); }

Result<std::string> DecodeZ85(std::string_view text) {
  std::string bytes;
  for (std::size_t begin = 0; begin < text.size(); begin += kCharsAGroup) {
    std::uint64_t group = 0;
    for (const char character : text.substr(begin, kCharsAGroup)) {
      const std::size_t digit = kZ85Alphabet.find(character);
      if (digit == std::string_view::npos) return NoUuid();
      group = group * kZ85Alphabet.size() + digit;
    }
    if (group > 0xFFFFFFFF) return NoUuid();
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(group >> shift));
  }
  return bytes;
}

// "ab" + 20 characters becomes "ab/deletion_vector_{uuid}.bin".
Result<std::string> UuidPath(std::string_view text) {
  if (text.size() < kUuidChars || text.size() > kUuidChars + kMaxPrefixChars) return NoUuid();
  const std::string_view prefix = text.substr(0, text.size() - kUuidChars);
  if (prefix.find('/') != std::string_view::npos) return NoUuid();
  std::string uuid = HexEncode(TRY(DecodeZ85(text.substr(prefix.size()))));
  for (const std::size_t dash : {8, 13, 18, 23}) uuid.insert(dash, 1, '-');
  std::string path = prefix.empty() ? "" : PercentEncode(prefix) + "/";
  return path + "deletion_vector_" + uuid + ".bin";
}

}  // namespace

Result<void> FinishVector(table::DeletionVector& vector) {
  if (vector.path_or_inline.empty()) return CorruptData("'deletionVector' has an empty path");
  if (vector.size_bytes < 0 || vector.cardinality < 0 || vector.offset.value_or(0) < 0) {
    return CorruptData("'deletionVector' has a negative number");
  }
  if (vector.storage_type == "i") return {};
  if (vector.storage_type == "p") {
    vector.file_path = vector.path_or_inline;
  } else if (vector.storage_type == "u") {
    vector.file_path = TRY(UuidPath(vector.path_or_inline));
  } else {
    return CorruptData("'deletionVector' is stored as '{}'", vector.storage_type);
  }
  return {};
}

}  // namespace sluice::delta
