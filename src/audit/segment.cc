#include "audit/segment.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/crc32c.h"

namespace sluice::audit {
namespace {

constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kNameDigits = 20;
constexpr std::string_view kSuffix = ".log";

void PutNumber(std::uint32_t value, char* to) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(value >> (8 * i));
}

std::uint32_t GetNumber(const char* from) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<std::uint8_t>(from[i])} << (8 * i);
  return value;
}

bool IsLength(std::uint32_t length) { return length > 0 && length <= kMaxRecordBytes; }

/// `frame` is the head and as many bytes as it says.
bool IsWhole(std::string_view frame) {
  return GetNumber(frame.data() + 4) == Crc32c(frame.substr(8));
}

std::optional<Sequence> FirstOf(std::string_view name) {
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) return {};
  Sequence first = 0;
  const char* const end = name.data() + kNameDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, first);
  if (error != std::errc() || stop != end || first < 0) return {};
  return first;
}

}  // namespace

void AppendFrame(const FrameContent& content, std::string& out) {
  const std::size_t begin = out.size();
  out.append(kFrameHeadBytes, '\0');
  AppendRecordHead(content.node, content.sequence, out);
  out += content.body;
  const std::size_t length = out.size() - begin - kFrameHeadBytes;
  PutNumber(static_cast<std::uint32_t>(length), &out[begin]);
  PutNumber(content.synced, &out[begin + 8]);
  PutNumber(Crc32c(std::string_view(out).substr(begin + 8)), &out[begin + 4]);
}

std::string_view FrameText(std::string_view out, std::size_t begin) {
  return out.substr(begin + kFrameHeadBytes, GetNumber(&out[begin]));
}

std::string SegmentPath(const std::string& directory, Sequence first) {
  return Format("{}/{:020}{}", directory, first, kSuffix);
}

Result<std::vector<SegmentFile>> ListSegments(const std::string& directory) {
  std::vector<SegmentFile> segments;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const auto first = FirstOf(entry->path().filename().native());
    if (first) segments.push_back({*first, entry->path().native()});
  }
  if (error) return FileFault("read", directory, error.value());
  std::ranges::sort(segments, {}, &SegmentFile::first);
  return segments;
}

Result<SegmentReader> SegmentReader::Open(const std::string& path, std::int64_t offset) {
  FileDescriptor file = TRY(OpenToRead(path));
  const std::int64_t size = TRY(FileSize(file, path));
  return SegmentReader(std::move(file), path, offset, size);
}

/// The `count` bytes from offset_ on, fewer at the end of the file.
Result<std::string_view> SegmentReader::Bytes(std::size_t count) {
  const auto skipped = static_cast<std::size_t>(offset_ - buffer_offset_);
  if (skipped <= buffer_.size() && buffer_.size() - skipped >= count) {
    return std::string_view(buffer_).substr(skipped, count);
  }
  TRY(ReadAt(file_, offset_, std::max(count, kReadBytes), buffer_));
  buffer_offset_ = offset_;
  return std::string_view(buffer_).substr(0, count);
}

Error SegmentReader::NotWhole() const {
  return WithDetail(CorruptData("the audit log is damaged"),
                    Format("{}: no whole record at offset {}", path_, offset_));
}

Result<std::optional<std::string_view>> SegmentReader::Next() {
  if (offset_ >= size_) return std::optional<std::string_view>();
  const std::string_view head = TRY(Bytes(kFrameHeadBytes));
  if (head.size() < kFrameHeadBytes) return NotWhole();
  const std::uint32_t length = GetNumber(head.data());
  if (!IsLength(length)) return NotWhole();
  const std::string_view frame = TRY(Bytes(kFrameHeadBytes + length));
  if (frame.size() < kFrameHeadBytes + length || !IsWhole(frame)) return NotWhole();
  offset_ += static_cast<std::int64_t>(frame.size());
  return std::optional(frame.substr(kFrameHeadBytes));
}

Result<bool> SegmentReader::IsDamage() const {
  std::string rest;
  TRY(ReadAt(file_, offset_, static_cast<std::size_t>(size_ - offset_), rest));
  // Where the next frame begins is unknown if the length is what was damaged. Text never looks like
  // a length: its bytes are above the largest.
  for (std::size_t at = 1; at + kFrameHeadBytes < rest.size(); ++at) {
    const std::uint32_t length = GetNumber(&rest[at]);
    const std::uint32_t synced = GetNumber(&rest[at + 8]);
    if (!IsLength(length) || length > rest.size() - at - kFrameHeadBytes) continue;
    const bool shows_it = synced > offset_ && synced <= offset_ + static_cast<std::int64_t>(at);
    if (shows_it && IsWhole(std::string_view(rest).substr(at, kFrameHeadBytes + length))) {
      return true;
    }
  }
  return false;
}

}  // namespace sluice::audit
