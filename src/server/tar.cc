#include "server/tar.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <istream>
#include <ostream>

#include "base/check.h"
#include "base/format.h"

namespace sluice::server {
namespace {

constexpr std::size_t kBlockBytes = 512;
constexpr char kRegularFile = '0';
constexpr std::int64_t kMaxOctalSize = (std::int64_t{1} << 33) - 1;  // eleven digits

struct Field {
  std::size_t offset;
  std::size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kOwner{108, 8};
constexpr Field kGroup{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kModified{136, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kType{156, 1};
constexpr Field kMagic{257, 8};
constexpr Field kPrefix{345, 155};
constexpr std::string_view kMagicText(
    "ustar\0"
    "00",
    8);

using Block = std::array<char, kBlockBytes>;

std::size_t FillOf(std::int64_t size_bytes) {
  const auto over = static_cast<std::size_t>(size_bytes) % kBlockBytes;
  return over == 0 ? 0 : kBlockBytes - over;
}

std::string_view TextIn(const Block& block, Field field) {
  return {block.data() + field.offset, field.size};
}

void Put(std::string_view text, Field field, Block& block) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

/// Digits, then a zero byte.
void PutOctal(std::int64_t number, Field field, Block& block) {
  std::string text(field.size - 1, '0');
  for (auto digit = text.rbegin(); digit != text.rend() && number > 0; ++digit, number >>= 3) {
    *digit = static_cast<char>('0' + (number & 7));
  }
  Put(text, field, block);
}

void PutSize(std::int64_t size, Block& block) {
  if (size <= kMaxOctalSize) return PutOctal(size, kSize, block);
  std::string bytes(kSize.size, '\0');
  for (auto byte = bytes.rbegin(); size > 0; ++byte, size >>= 8) {
    *byte = static_cast<char>(size & 0xff);
  }
  bytes.front() = static_cast<char>(0x80);
  Put(bytes, kSize, block);
}

/// Of a block's bytes, those of the checksum itself taken for spaces.
std::int64_t ChecksumOf(const Block& block) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool is_own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    sum += is_own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

/// Digits between spaces, up to a zero byte or a space.
std::optional<std::int64_t> OctalIn(const Block& block, Field field) {
  std::string_view text = TextIn(block, field);
  text = text.substr(0, text.find('\0'));
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '7') return std::nullopt;
    number = number * 8 + (digit - '0');  // at most twelve digits
  }
  return number;
}

std::optional<std::int64_t> SizeIn(const Block& block) {
  const std::string_view bytes = TextIn(block, kSize);
  if (static_cast<unsigned char>(bytes.front()) != 0x80) return OctalIn(block, kSize);
  constexpr std::size_t kNumberBytes = 8;
  const std::string_view high = bytes.substr(1, bytes.size() - 1 - kNumberBytes);
  if (high.find_first_not_of('\0') != std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(bytes.size() - kNumberBytes)) {
    number = number << 8 | static_cast<unsigned char>(byte);
  }
  constexpr std::uint64_t kMax = std::uint64_t{1} << 62;
  if (number > kMax) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

Error NoArchive(std::string_view why) { return CorruptData("it is no whole archive: {}", why); }

}  // namespace

Result<void> TarWriter::Write(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out_) return Unavailable("the archive cannot be written");
  return {};
}

Result<void> TarWriter::Fill() {
  CHECK(left_bytes_ == 0, "a file has the size that it was begun with");
  return Write(std::string(std::exchange(fill_bytes_, 0), '\0'));
}

Result<void> TarWriter::Begin(std::string_view name, std::int64_t size_bytes, SystemTime modified) {
  CHECK(!name.empty() && name.size() <= kMaxNameBytes, "a name fits into its field");
  TRY(Fill());
  constexpr std::int64_t kPrivate = 0600;
  Block block{};
  Put(name, kName, block);
  PutOctal(kPrivate, kMode, block);
  PutOctal(0, kOwner, block);
  PutOctal(0, kGroup, block);
  PutSize(size_bytes, block);
  PutOctal(std::chrono::floor<std::chrono::seconds>(modified.time_since_epoch()).count(), kModified,
           block);
  block[kType.offset] = kRegularFile;
  Put(kMagicText, kMagic, block);
  PutOctal(ChecksumOf(block), kChecksum, block);
  left_bytes_ = size_bytes;
  fill_bytes_ = FillOf(size_bytes);
  return Write({block.data(), block.size()});
}

Result<void> TarWriter::Append(std::string_view bytes) {
  left_bytes_ -= static_cast<std::int64_t>(bytes.size());
  return Write(bytes);
}

Result<void> TarWriter::Finish() {
  TRY(Fill());
  TRY(Write(std::string(2 * kBlockBytes, '\0')));
  out_.flush();
  return Write({});
}

Result<void> TarReader::ReadWhole(std::span<char> bytes) {
  in_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in_.gcount() == static_cast<std::streamsize>(bytes.size())) return {};
  return NoArchive("it ends before its end");
}

Result<void> TarReader::Skip() {
  std::array<char, 16 << 10> bytes;
  while (left_bytes_ > 0) TRY(Read(bytes));
  return ReadWhole(std::span(bytes).first(std::exchange(fill_bytes_, 0)));
}

Result<std::optional<TarReader::File>> TarReader::Next() {
  TRY(Skip());
  Block block{};
  TRY(ReadWhole(block));
  if (std::ranges::all_of(block, [](char byte) { return byte == '\0'; })) {
    TRY(ReadWhole(block));
    if (std::ranges::all_of(block, [](char byte) { return byte == '\0'; })) {
      return std::optional<File>();
    }
    return NoArchive("there is something behind its end");
  }
  if (TextIn(block, kMagic) != kMagicText) return NoArchive("a file has no head");
  if (OctalIn(block, kChecksum) != ChecksumOf(block))
    return NoArchive("the head of a file is torn");
  if (block[kType.offset] != kRegularFile) return NoArchive("something in it is no regular file");
  if (block[kPrefix.offset] != '\0') return NoArchive("a name is too long");
  const std::optional<std::int64_t> size = SizeIn(block);
  std::string_view name = TextIn(block, kName);
  name = name.substr(0, name.find('\0'));
  if (!size || name.empty()) return NoArchive("the head of a file is torn");
  left_bytes_ = *size;
  fill_bytes_ = FillOf(*size);
  return std::optional(File{.name = std::string(name), .size_bytes = *size});
}

Result<std::size_t> TarReader::Read(std::span<char> bytes) {
  const auto count = static_cast<std::size_t>(
      std::min<std::int64_t>(left_bytes_, static_cast<std::int64_t>(bytes.size())));
  TRY(ReadWhole(bytes.first(count)));
  left_bytes_ -= static_cast<std::int64_t>(count);
  return count;
}

}  // namespace sluice::server
