#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::sharing {

/// Which bytes of a file a request asks for.
struct ByteRange {
  enum class Kind : std::uint8_t {
    kWhole,  ///< No range, one that is not understood, or several: the whole file, status 200.
    kPart,   ///< Status 206.
    kUnsatisfiable,  ///< Nothing of it exists: status 416.
  };
  Kind kind = Kind::kWhole;
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

/// Reads the value of a Range header for a file of `size_bytes`; empty if there is none.
/// Source: RFC 9110, section 14.
ByteRange ParseByteRange(std::string_view range, std::uint64_t size_bytes);

}  // namespace sluice::sharing
