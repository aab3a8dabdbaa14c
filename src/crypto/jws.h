#pragma once

// Signed text in the compact form (RFC 7515, section 3.1), as bearer tokens of identity providers
// have it:
//
//   base64url(header) "." base64url(payload) "." base64url(signature)
//
// The header is a JSON object: {"alg": "RS256", "kid": "2026-11", "typ": "at+jwt"}.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/jwk.h"

namespace sluice::crypto {

inline constexpr std::size_t kMaxJwsBytes = 16 << 10;

/// A token taken apart. Nothing in it is to be believed until a key has verified it.
struct Jws {
  SignatureAlgorithm algorithm;
  std::optional<std::string> key_id;  ///< `kid`: a hint, and nothing but a name to compare.
  std::string type;                   ///< `typ`, empty if absent.
  std::string_view signed_text;       ///< Header and payload as they are sent: part of the token.
  std::string payload;
  std::string signature;

  bool IsSignedBy(const JsonWebKey& key) const {
    return key.Verify(algorithm, signed_text, signature);
  }
};

/// Takes `token` apart; it must outlive the result. Keys that the header brings along or points to
/// (`jwk`, `jku`, `x5c`, `x5u`) are not looked at. Errors: kTooLarge past `kMaxJwsBytes`;
/// kMalformed unless it is three parts of base64url without padding, the first a JSON object with
/// `alg`, and `kid` a text of 1 to `kMaxKeyIdBytes` bytes; kUnsupported for any other algorithm,
/// and for `crit`, whatever it lists (RFC 7515, section 4.1.11).
Result<Jws> ParseJws(std::string_view token);

/// Whether `text` has the look of one: three parts with something in the first. Costs nothing.
bool LooksLikeJws(std::string_view text);

}  // namespace sluice::crypto
