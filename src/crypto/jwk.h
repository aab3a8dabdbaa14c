#pragma once

// Public keys as JSON Web Keys (RFC 7517, RFC 7518 section 6), and what they sign.
//
//   {"kty": "RSA", "kid": "2026-11", "use": "sig", "alg": "RS256", "n": "...", "e": "AQAB"}
//   {"kty": "EC", "crv": "P-256", "x": "...", "y": "..."}
//   {"keys": [ ...as above... ]}

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY.

namespace sluice::crypto {

/// The signatures that are believed, all over SHA-256 (RFC 7518, section 3.1).
enum class SignatureAlgorithm : std::uint8_t {
  kRs256,  ///< RSASSA-PKCS1-v1_5
  kPs256,  ///< RSASSA-PSS with MGF1 over SHA-256 and 32 bytes of salt
  kEs256,  ///< ECDSA on P-256; the signature is R and S, 32 bytes each
};

/// "RS256", "PS256" or "ES256", as they are spelled. Errors: kUnsupported for any other text; it
/// says why where that is "none" or one of a shared secret, since those are attacks.
Result<SignatureAlgorithm> ParseSignatureAlgorithm(std::string_view text);

inline constexpr std::size_t kMaxKeyIdBytes = 1024;

/// A public key of somebody else's. Copies share the key. Thread-safe.
class JsonWebKey {
 public:
  /// Takes RSA keys within the bounds of crypto/rsa.h with an odd exponent of 3 to 2^64, and points
  /// of P-256. Members that it does not know count for nothing. Errors: kUnsupported for another
  /// type or curve, or a key that is not for checking signatures (`use`, `key_ops`, `alg`);
  /// kInvalidArgument for a member that is missing or malformed, a number out of bounds, a point
  /// that is not on its curve, and a private key: one that was published is nobody's.
  static Result<JsonWebKey> Parse(const json::value& key);

  /// `kid`; nothing if it has none or an empty one.
  const std::optional<std::string>& id() const { return id_; }
  /// Whether it is of the algorithm's type, and its own `alg`, if it names one, is the same.
  bool Fits(SignatureAlgorithm algorithm) const;
  /// Whether `signature` is that of `message`; false too if the algorithm does not fit. A check
  /// with an RSA key of 2,048 bits takes about 30 us, one with P-256 100 us.
  bool Verify(SignatureAlgorithm algorithm, std::string_view message,
              std::string_view signature) const;

 private:
  JsonWebKey() = default;

  std::shared_ptr<evp_pkey_st> key_;
  bool is_rsa_ = false;
  std::optional<std::string> id_;
  std::optional<SignatureAlgorithm> only_;
};

/// What somebody publishes to have their signatures checked.
struct JsonWebKeySet {
  std::vector<JsonWebKey> keys;       ///< Those that can be used, in their order.
  std::vector<std::string> left_out;  ///< Why others cannot, for the log.
};

/// Bounds of a set.
inline constexpr std::size_t kMaxKeySetBytes = 256 << 10;
inline constexpr std::size_t kMaxKeys = 100;

/// Keys that cannot be used are left out (RFC 7517, section 5). Errors: kMalformed if `text` is no
/// JSON object with a list `keys`; kTooLarge past the bounds.
Result<JsonWebKeySet> ParseJsonWebKeySet(std::string_view text);

}  // namespace sluice::crypto
