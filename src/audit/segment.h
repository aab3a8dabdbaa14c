#pragma once

// A segment: one of the files that hold the journal's records, end to end. Each is a frame:
//
//   length   4 bytes   of the text. All numbers are little-endian.
//   check    4 bytes   CRC-32C of what follows
//   synced   4 bytes   how much of this file was known to be on disk when the frame was written
//   text     length    the record, as EncodeRecord writes it
//
// The file's name is the number of its first record. What stands in it from the number on that the
// next segment is named by is the rest of a failed write, and no record.
//
// A crash tears what was not on disk yet: any part of it may be missing, not just the end. `synced`
// tells that from damage: a frame that cannot be read, and before which a later frame says that its
// place was on disk, is damage.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/file_access.h"
#include "audit/record.h"
#include "base/result.h"

namespace sluice::audit {

inline constexpr std::size_t kFrameHeadBytes = 12;

/// Appends a frame whose text is the record's head and body.
struct FrameContent {
  std::string_view node;
  Sequence sequence = 0;
  std::string_view body;  ///< From AppendRecordBody.
  std::uint32_t synced = 0;
};
void AppendFrame(const FrameContent& content, std::string& out);
/// The text of the frame that was appended to `out` when it had `begin` bytes.
std::string_view FrameText(std::string_view out, std::size_t begin);

struct SegmentFile {
  Sequence first = 0;
  std::string path;
};
std::string SegmentPath(const std::string& directory, Sequence first);
/// The segments in a folder, oldest first. Errors: kUnavailable if it cannot be read.
Result<std::vector<SegmentFile>> ListSegments(const std::string& directory);

/// Reads a segment's frames in order.
class SegmentReader {
 public:
  /// Errors: kNotFound, kUnavailable.
  static Result<SegmentReader> Open(const std::string& path, std::int64_t offset = 0);

  /// The next record's text, valid until the next call; nothing at the end of the file. Errors:
  /// kCorruptData, naming file and offset, for a frame that is not whole, to which offset() stays.
  Result<std::optional<std::string_view>> Next();
  /// Where the next frame begins.
  std::int64_t offset() const { return offset_; }

  /// Of a frame that is not whole: whether a later one shows that it once was.
  Result<bool> IsDamage() const;

 private:
  SegmentReader(FileDescriptor file, std::string path, std::int64_t offset, std::int64_t size)
      : file_(std::move(file)), path_(std::move(path)), offset_(offset), size_(size) {}

  Result<std::string_view> Bytes(std::size_t count);
  Error NotWhole() const;

  FileDescriptor file_;
  std::string path_;
  std::int64_t offset_;
  std::int64_t size_;
  std::string buffer_;
  std::int64_t buffer_offset_ = 0;
};

}  // namespace sluice::audit
