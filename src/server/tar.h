#pragma once

// A tar archive, as POSIX has it (IEEE Std 1003.1-2017, pax, "ustar Interchange Format"), of
// regular files alone. Everything stands in blocks of 512 bytes:
//
//   name 100, mode 8, uid 8, gid 8, size 12, mtime 12, checksum 8, type 1, link 100,
//   magic 6 "ustar\0", version 2 "00", user 32, group 32, major 8, minor 8, prefix 155
//
// then the file, filled up with zeros, and at the end of all two blocks of zeros. Numbers are octal
// texts; a size of 8 GiB or more is a binary number behind the byte 0x80, as GNU tar writes it.

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::server {

/// Writes an archive from front to back. Errors of all: kUnavailable if it cannot be written.
class TarWriter {
 public:
  static constexpr std::size_t kMaxNameBytes = 100;

  /// `out` must outlive it.
  explicit TarWriter(std::ostream& out) : out_(out) {}

  /// Begins a file of mode 0600. Exactly `size_bytes` must be appended before the next.
  Result<void> Begin(std::string_view name, std::int64_t size_bytes, SystemTime modified);
  Result<void> Append(std::string_view bytes);
  /// The end of the archive. Once.
  Result<void> Finish();

 private:
  Result<void> Write(std::string_view bytes);
  Result<void> Fill();

  std::ostream& out_;
  std::int64_t left_bytes_ = 0;  ///< Of the file that was begun.
  std::size_t fill_bytes_ = 0;   ///< Behind it.
};

/// Reads an archive from front to back, whoever wrote it. Errors of all: kCorruptData for what is
/// no archive of regular files, or ends before its end.
class TarReader {
 public:
  struct File {
    std::string name;  ///< As it stands there: nothing says that it is safe to make.
    std::int64_t size_bytes = 0;
  };

  /// `in` must outlive it.
  explicit TarReader(std::istream& in) : in_(in) {}

  /// The next file; none at the end. What was not read of the one before is passed over.
  Result<std::optional<File>> Next();
  /// The next bytes of the file; 0 at its end.
  Result<std::size_t> Read(std::span<char> bytes);

 private:
  Result<void> ReadWhole(std::span<char> bytes);
  Result<void> Skip();

  std::istream& in_;
  std::int64_t left_bytes_ = 0;
  std::size_t fill_bytes_ = 0;
};

}  // namespace sluice::server
