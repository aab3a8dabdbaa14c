#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY.

namespace sluice::crypto {

// Ed25519 (RFC 8032, section 5.1): short keys, short signatures, nothing random in signing.

inline constexpr std::size_t kSigningSeedBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;
using PublicKeyBytes = std::array<std::uint8_t, 32>;

/// Signs. Copies share the key. Thread-safe.
class SigningKey {
 public:
  /// `seed` is what RFC 8032 calls the private key: such as Hkdf() of the master secret, with a
  /// purpose and the node's name as info. Errors: kInvalidArgument unless it has 32 bytes.
  static Result<SigningKey> FromSeed(const Secret& seed);

  /// kSignatureBytes, the same each time. Errors: kInternal if OpenSSL refuses.
  Result<std::string> Sign(std::string_view message) const;
  const PublicKeyBytes& public_key() const { return public_key_; }

 private:
  SigningKey(std::shared_ptr<evp_pkey_st> key, const PublicKeyBytes& public_key)
      : key_(std::move(key)), public_key_(public_key) {}

  std::shared_ptr<evp_pkey_st> key_;
  PublicKeyBytes public_key_;
};

/// Checks what a SigningKey signed. Copies share the key. Thread-safe.
class VerifyKey {
 public:
  /// Errors: kInvalidArgument unless `bytes` are 32.
  static Result<VerifyKey> FromBytes(std::string_view bytes);

  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  explicit VerifyKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace sluice::crypto
