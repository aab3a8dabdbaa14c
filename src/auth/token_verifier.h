#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>

#include "auth/identity_providers.h"
#include "auth/token_claims.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/model.h"
#include "crypto/hash.h"
#include "crypto/jws.h"

namespace sluice::auth {

/// A token that its issuer has signed and that is of now. Whose it is, federation.h says.
struct VerifiedToken {
  catalog::Issuer issuer;
  TokenClaims claims;
};

/// Checks the tokens of identity providers (RFC 7519, section 7.2; RFC 8725; RFC 9068).
/// Thread-safe.
class TokenVerifier {
 public:
  struct Options {
    std::chrono::seconds leeway{60};            ///< By which clocks may differ.
    std::chrono::seconds max_lifetime{86'400};  ///< Between `iat` (or now) and `exp`.
    std::chrono::seconds kept_for{3600};        ///< Before a token is checked again, at most.
    std::size_t max_kept = 20'000;              ///< Tokens; about 1.5 KB each.
  };
  using Pointer = std::shared_ptr<const VerifiedToken>;

  /// Both must outlive this.
  TokenVerifier(IdentityProviders& providers, const Clock& clock, Options options);

  /// What `token` says, if one of `issuers` has signed it: `iss` is its URL to the letter, the
  /// signature is of one of its keys, `exp`, `nbf` and `iat` fit the time, and `typ` is that of an
  /// access or ID token. A token that was right is known again by its SHA-256 until it ends, for an
  /// hour at most, while its issuer is among `issuers` unchanged: a warm check takes no
  /// cryptography but that hash, and no I/O. Errors: kUnauthenticated, with the same message
  /// whatever was wrong and the reason in the detail; kUnavailable if the provider's keys cannot be
  /// had, so that the caller's client tries again.
  Result<Pointer> Verify(std::string_view token, std::span<const catalog::Issuer> issuers);

  /// Whether Verify may take long: it does unless `token` is known, or has not the look of one.
  bool CouldBlock(std::string_view token, std::span<const catalog::Issuer> issuers) const;

 private:
  struct Kept {
    Pointer token;
    SystemTime until;
  };
  struct HashOfDigest {
    std::size_t operator()(const crypto::Sha256Digest& digest) const;
  };
  using Generation = std::unordered_map<crypto::Sha256Digest, Kept, HashOfDigest>;

  Pointer FindKept(const crypto::Sha256Digest& digest,
                   std::span<const catalog::Issuer> issuers) const;
  void Keep(const crypto::Sha256Digest& digest, const Pointer& token);
  Result<Pointer> Check(std::string_view token, std::span<const catalog::Issuer> issuers);
  Result<void> CheckTimes(const TokenClaims& claims) const;
  Result<void> CheckSignature(const crypto::Jws& jws, const catalog::Issuer& issuer);

  IdentityProviders& providers_;
  const Clock& clock_;
  const Options options_;
  mutable std::mutex mutex_;  ///< Guards what follows; held for a look-up.
  // When the younger is full it takes the older's place, whose tokens are forgotten.
  Generation younger_;
  Generation older_;
};

}  // namespace sluice::auth
