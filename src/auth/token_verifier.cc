#include "auth/token_verifier.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/encoding.h"

namespace sluice::auth {
namespace {

/// Keys that are tried for one token.
constexpr int kMaxTriedKeys = 8;
constexpr std::size_t kMaxDetailBytes = 100;  // of a stranger's own words

Error Refuse(std::string why) {
  return WithDetail(Unauthenticated("the bearer token is not valid"), std::move(why));
}

bool IsSame(const catalog::Issuer& a, const catalog::Issuer& b) {
  return a.id == b.id && a.name == b.name && a.url == b.url && a.jwks_url == b.jwks_url;
}

/// Tokens that were made for something else are none (RFC 8725, section 3.11): those of logouts,
/// security events, proofs of possession.
bool IsOfAccess(std::string_view type) {
  std::string folded = AsciiLower(type);
  constexpr std::string_view kPrefix = "application/";
  if (folded.starts_with(kPrefix)) folded.erase(0, kPrefix.size());
  return folded.empty() || folded == "jwt" || folded == "at+jwt";
}

struct Tried {
  bool is_signed = false;
  int keys = 0;
};

Tried TryKeys(const crypto::Jws& jws, const crypto::JsonWebKeySet& set) {
  Tried tried;
  for (const crypto::JsonWebKey& key : set.keys) {
    if (!key.Fits(jws.algorithm) || (jws.key_id && key.id() != jws.key_id)) continue;
    ++tried.keys;
    tried.is_signed = jws.IsSignedBy(key);
    if (tried.is_signed || tried.keys == kMaxTriedKeys) break;
  }
  return tried;
}

}  // namespace

std::size_t TokenVerifier::HashOfDigest::operator()(const crypto::Sha256Digest& digest) const {
  std::size_t hash;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

TokenVerifier::TokenVerifier(IdentityProviders& providers, const Clock& clock, Options options)
    : providers_(providers), clock_(clock), options_(options) {}

Result<TokenVerifier::Pointer> TokenVerifier::Verify(std::string_view token,
                                                     std::span<const catalog::Issuer> issuers) {
  if (token.size() > crypto::kMaxJwsBytes) return Refuse("it is too long");
  const crypto::Sha256Digest digest = crypto::Sha256(token);
  if (Pointer kept = FindKept(digest, issuers)) return kept;
  Pointer checked = TRY(Check(token, issuers));
  Keep(digest, checked);
  return checked;
}

bool TokenVerifier::CouldBlock(std::string_view token,
                               std::span<const catalog::Issuer> issuers) const {
  if (token.size() > crypto::kMaxJwsBytes || !crypto::LooksLikeJws(token)) return false;
  return FindKept(crypto::Sha256(token), issuers) == nullptr;
}

TokenVerifier::Pointer TokenVerifier::FindKept(const crypto::Sha256Digest& digest,
                                               std::span<const catalog::Issuer> issuers) const {
  Kept kept;
  {
    const std::lock_guard lock(mutex_);
    auto found = younger_.find(digest);
    if (found == younger_.end()) {
      found = older_.find(digest);
      if (found == older_.end()) return nullptr;
    }
    kept = found->second;
  }
  if (clock_.Now() >= kept.until) return nullptr;
  const bool is_registered = std::ranges::any_of(
      issuers, [&](const catalog::Issuer& issuer) { return IsSame(issuer, kept.token->issuer); });
  return is_registered ? kept.token : nullptr;
}

void TokenVerifier::Keep(const crypto::Sha256Digest& digest, const Pointer& token) {
  const SystemTime until =
      std::min<SystemTime>(token->claims.expires_at, clock_.Now() + options_.kept_for);
  const std::lock_guard lock(mutex_);
  if (younger_.size() >= options_.max_kept / 2) older_ = std::exchange(younger_, {});
  younger_.insert_or_assign(digest, Kept{.token = token, .until = until});
}

Result<TokenVerifier::Pointer> TokenVerifier::Check(std::string_view token,
                                                    std::span<const catalog::Issuer> issuers) {
  const auto jws = crypto::ParseJws(token);
  if (!jws.ok()) return Refuse(jws.error().message);
  if (!IsOfAccess(jws->type)) return Refuse("its typ is that of another kind of token");
  auto claims = ParseTokenClaims(jws->payload);
  if (!claims.ok()) return Refuse(claims.error().message);
  const auto issuer = std::ranges::find(issuers, claims->issuer, &catalog::Issuer::url);
  if (issuer == issuers.end()) {
    return Refuse(Format("its issuer is not registered: {}",
                         std::string_view(claims->issuer).substr(0, kMaxDetailBytes)));
  }
  TRY(CheckTimes(*claims));
  TRY(CheckSignature(*jws, *issuer));
  return std::make_shared<const VerifiedToken>(
      VerifiedToken{.issuer = *issuer, .claims = std::move(claims).value()});
}

Result<void> TokenVerifier::CheckTimes(const TokenClaims& claims) const {
  const SystemTime now = clock_.Now();
  if (now >= claims.expires_at + options_.leeway) return Refuse("it has expired");
  if (claims.not_before && now + options_.leeway < *claims.not_before) {
    return Refuse("its time has not come");
  }
  if (claims.issued_at && now + options_.leeway < *claims.issued_at) {
    return Refuse("it was issued in the future");
  }
  const SystemTime begin = claims.issued_at.value_or(now);
  if (claims.expires_at > begin + options_.max_lifetime + options_.leeway) {
    return Refuse("it lasts longer than tokens may");
  }
  return {};
}

Result<void> TokenVerifier::CheckSignature(const crypto::Jws& jws, const catalog::Issuer& issuer) {
  const auto keys = TRY(providers_.KeysOf(issuer));
  Tried tried = TryKeys(jws, *keys);
  if (tried.is_signed) return {};
  // A key that is not known may be new. Which key it is, only a token with a name tells.
  if (tried.keys == 0 || !jws.key_id) {
    const auto newer = TRY(providers_.KeysNewerThan(issuer, keys));
    if (newer != keys) tried = TryKeys(jws, *newer);
    if (tried.is_signed) return {};
  }
  return Refuse(tried.keys == 0 ? "the issuer has no such key" : "the signature is wrong");
}

}  // namespace sluice::auth
