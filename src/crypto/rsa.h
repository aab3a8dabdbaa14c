#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY.

namespace sluice::crypto {

/// Bounds of the keys that are taken: shorter ones are unsafe, longer ones take a second to sign.
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;

/// Signs by RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2; "RS256" of RFC 7518). A
/// signature of a 2,048 bit key takes about 0.3 ms. Copies share the key. Thread-safe.
class RsaPrivateKey {
 public:
  /// Reads PEM: PKCS#8 or PKCS#1, without a passphrase, at most 64 KiB. Errors: kInvalidArgument if
  /// it is anything else, of another algorithm or past the bounds.
  static Result<RsaPrivateKey> FromPem(const Secret& pem);

  /// As many bytes as the key has. Errors: kInternal if OpenSSL refuses.
  Result<std::string> SignSha256(std::string_view message) const;

 private:
  explicit RsaPrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  std::shared_ptr<evp_pkey_st> key_;
};

/// Checks what the private key signed. Copies share the key. Thread-safe.
class RsaPublicKey {
 public:
  /// Reads PEM of a SubjectPublicKeyInfo ("BEGIN PUBLIC KEY"). Errors: as above.
  static Result<RsaPublicKey> FromPem(std::string_view pem);

  bool VerifySha256(std::string_view message, std::string_view signature) const;

 private:
  explicit RsaPublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace sluice::crypto
