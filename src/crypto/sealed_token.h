#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/hmac.h"

namespace sluice::crypto {

/// What a token is good for. It opens only for the same purpose and context it was sealed for.
struct TokenBinding {
  std::string_view purpose;              ///< Such as "list tables": one kind of token is no other.
  std::string_view context;              ///< Recipient, share, table, parameters: see JoinParts.
  std::string_view noun = "page token";  ///< What error messages call it.
};

/// Makes and opens tokens that carry state through a client who can neither alter nor reuse them
/// elsewhere. Their payload is not hidden. Text: base64url, which needs no escaping in a URL, of
///   version (1 byte) | expiry, Unix seconds (8 bytes, big-endian) | payload | MAC (16 bytes)
/// where the MAC covers purpose, context and everything before it. Thread-safe.
class TokenSealer {
 public:
  static constexpr std::size_t kMaxTokenChars = 4096;
  static constexpr std::size_t kMaxPayloadBytes = 3000;

  /// `clock` must outlive the sealer.
  TokenSealer(const HmacSha256Key& key, const Clock& clock)
      : keys_(std::make_shared<const Keys>(Keys{key})), clock_(&clock) {}

  /// Seals with the first from now on, and opens what any of them sealed. At least one.
  void SetKeys(std::vector<HmacSha256Key> keys);

  /// Errors: kTooLarge if `payload` exceeds kMaxPayloadBytes.
  Result<std::string> Seal(const TokenBinding& binding, std::string_view payload,
                           std::chrono::seconds lifetime) const;

  /// The payload. Errors: kInvalidArgument if the token is not ours, was made for something else,
  /// was altered or has expired.
  Result<std::string> Open(const TokenBinding& binding, std::string_view token) const;

 private:
  using Keys = std::vector<HmacSha256Key>;
  std::shared_ptr<const Keys> CurrentKeys() const;

  mutable std::mutex mutex_;  ///< Guards keys_; held for a reference count.
  std::shared_ptr<const Keys> keys_;
  const Clock* clock_;
};

}  // namespace sluice::crypto
