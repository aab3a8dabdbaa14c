#include "crypto/key_ring.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"

namespace sluice::crypto {

Result<KeyRing> KeyRing::Parse(std::string_view text) {
  KeyRing ring;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = TrimAsciiSpace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    Result<std::string> bytes = Base64UrlDecode(line);
    if (!bytes.ok() || bytes->size() != kSecretBytes) {
      return CorruptData("a master key is not {} bytes of base64url", kSecretBytes);
    }
    if (ring.secrets_.size() == kMaxSecrets) {
      return CorruptData("there are more than {} master keys", kMaxSecrets);
    }
    ring.secrets_.emplace_back(std::move(bytes).value());
  }
  if (ring.secrets_.empty()) return CorruptData("there is no master key");
  return ring;
}

std::string KeyRing::Format() const {
  std::string text;
  for (const Secret& secret : secrets_) text += Base64UrlEncode(secret.Reveal()) + "\n";
  return text;
}

KeyRing KeyRing::Rotated(std::size_t kept) const {
  KeyRing rotated(Secret(RandomBytes(kSecretBytes)));
  const std::size_t count = std::min({kept, secrets_.size(), kMaxSecrets - 1});
  rotated.secrets_.insert(rotated.secrets_.end(), secrets_.begin(),
                          secrets_.begin() + static_cast<std::ptrdiff_t>(count));
  return rotated;
}

std::vector<HmacSha256Key> KeyRing::DeriveKeys(std::string_view purpose) const {
  std::vector<HmacSha256Key> keys;
  for (const Secret& secret : secrets_) keys.push_back(DeriveKey(secret.Reveal(), purpose));
  return keys;
}

std::string KeyRing::Fingerprint(const Secret& secret) {
  constexpr std::size_t kChars = 16;
  constexpr std::size_t kBytes = 32;
  const std::string hash =
      Hkdf({.secret = secret.Reveal(), .salt = "sluice", .info = "fingerprint"}, kBytes);
  return Base64UrlEncode(hash).substr(0, kChars);
}

}  // namespace sluice::crypto
