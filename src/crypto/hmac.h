#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "crypto/hash.h"

namespace sluice::crypto {

/// HMAC-SHA256 (RFC 2104) with the work that depends on the key alone already done, so that a
/// message of 90 bytes costs three blocks of SHA-256. Copyable; thread-safe.
class HmacSha256Key {
 public:
  /// Takes a secret of any length; 32 random bytes are enough.
  explicit HmacSha256Key(std::string_view secret);

  /// The MAC of the parts joined with nothing between them: where they could run into each other,
  /// join them with AppendPart first.
  Sha256Digest Mac(std::initializer_list<std::string_view> parts) const;

 private:
  // SHA-256's chaining value after the block of key and inner pad, and of key and outer pad.
  using ChainingValue = std::array<std::uint32_t, 8>;
  ChainingValue inner_;
  ChainingValue outer_;
};

/// Appends `part` after its length, so that no two lists of parts give the same bytes.
void AppendPart(std::string_view part, std::string& out);
std::string JoinParts(std::initializer_list<std::string_view> parts);

}  // namespace sluice::crypto
