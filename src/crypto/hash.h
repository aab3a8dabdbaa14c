#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sluice::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// FIPS 180-4. Thread-safe, as is everything here.
Sha256Digest Sha256(std::string_view bytes);
/// The same of the parts, joined with nothing between them.
Sha256Digest Sha256(std::initializer_list<std::string_view> parts);

/// Appends the digest as 64 lower-case hex characters.
void AppendSha256Hex(std::string_view bytes, std::string& out);

using Md5Digest = std::array<std::uint8_t, 16>;

/// RFC 1321, for headers that other servers ask for.
Md5Digest Md5(std::string_view bytes);

/// Appends the RFC 1321 digest as 32 lower-case hex characters. For names of files that must agree
/// with other servers; MD5 protects nothing.
void AppendMd5Hex(std::string_view bytes, std::string& out);

/// The bytes of a digest, as the text encodings take them.
template <std::size_t N>
std::string_view AsText(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace sluice::crypto
