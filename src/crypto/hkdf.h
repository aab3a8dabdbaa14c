#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "crypto/hmac.h"

namespace sluice::crypto {

/// The inputs of RFC 5869, by its names.
struct HkdfInput {
  std::string_view secret;  ///< IKM
  std::string_view salt;
  std::string_view info;
};

/// HKDF-SHA256 (RFC 5869): `size_bytes` (at most 8,160) of key material. Thread-safe.
std::string Hkdf(const HkdfInput& input, std::size_t size_bytes);

/// A key for one purpose and nothing else, derived from the server's master secret: parts such as
/// recipient and table keep one tenant's key apart from another's.
HmacSha256Key DeriveKey(std::string_view master_secret, std::string_view purpose,
                        std::initializer_list<std::string_view> parts = {});

}  // namespace sluice::crypto
