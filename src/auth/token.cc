#include "auth/token.h"

#include "base/encoding.h"
#include "crypto/compare.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace sluice::auth {
namespace {

constexpr std::string_view kPrefix = "sluice_";
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kRandomChars = 43;
constexpr std::size_t kChecksumChars = 6;

std::string Checksum(std::string_view token) {
  const crypto::Sha256Digest digest = crypto::Sha256(token);
  return Base64UrlEncode(crypto::AsText(digest)).substr(0, kChecksumChars);
}

}  // namespace

Secret GenerateToken() {
  std::string token(kPrefix);
  token += crypto::RandomToken(kRandomBytes);
  token += Checksum(token);
  return Secret(std::move(token));
}

bool LooksLikeToken(std::string_view text) {
  if (text.size() != kPrefix.size() + kRandomChars + kChecksumChars) return false;
  const std::string_view checked = text.substr(0, text.size() - kChecksumChars);
  return text.starts_with(kPrefix) && Base64UrlDecode(checked.substr(kPrefix.size())).ok() &&
         crypto::ConstantTimeEquals(text.substr(checked.size()), Checksum(checked));
}

}  // namespace sluice::auth
