#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/hmac.h"

namespace sluice::crypto {

/// The master secrets of a server, newest first. What is made, is made with the newest; what was
/// made with an older one stays good while that is kept. Everything else is derived from them.
class KeyRing {
 public:
  static constexpr std::size_t kSecretBytes = 32;
  static constexpr std::size_t kMaxSecrets = 8;

  /// One secret, of any length.
  explicit KeyRing(Secret newest) { secrets_.push_back(std::move(newest)); }
  /// A line for each secret, newest first: kSecretBytes as base64url. Empty lines and such that
  /// begin with '#' count for nothing. Errors: kCorruptData, which repeats nothing of the text, for
  /// anything else, for none and for more than kMaxSecrets.
  static Result<KeyRing> Parse(std::string_view text);
  /// What Parse reads.
  std::string Format() const;

  const Secret& newest() const { return secrets_.front(); }
  const std::vector<Secret>& secrets() const { return secrets_; }
  /// With a new random secret in front; the oldest ones beyond `kept` are dropped.
  KeyRing Rotated(std::size_t kept) const;

  /// DeriveKey of each secret, in their order.
  std::vector<HmacSha256Key> DeriveKeys(std::string_view purpose) const;
  /// Names a secret without telling it: the first 16 characters of a hash that is used for nothing
  /// else.
  static std::string Fingerprint(const Secret& secret);

 private:
  KeyRing() = default;

  std::vector<Secret> secrets_;  ///< At least one.
};

}  // namespace sluice::crypto
