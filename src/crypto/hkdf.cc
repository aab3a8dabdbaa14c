#include "crypto/hkdf.h"

#include "base/check.h"

namespace sluice::crypto {

std::string Hkdf(const HkdfInput& input, std::size_t size_bytes) {
  constexpr std::size_t kMaxBytes = 255 * sizeof(Sha256Digest);
  CHECK(size_bytes <= kMaxBytes, "RFC 5869 bounds the output of HKDF");
  const HmacSha256Key extract(input.salt);
  const HmacSha256Key expand(AsText(extract.Mac({input.secret})));
  std::string out;
  std::string previous;
  for (char counter = 1; out.size() < size_bytes; ++counter) {
    const Sha256Digest block = expand.Mac({previous, input.info, {&counter, 1}});
    previous = AsText(block);
    out += previous;
  }
  out.resize(size_bytes);
  return out;
}

HmacSha256Key DeriveKey(std::string_view master_secret, std::string_view purpose,
                        std::initializer_list<std::string_view> parts) {
  std::string info = JoinParts({"sluice", purpose});
  for (const std::string_view part : parts) AppendPart(part, info);
  return HmacSha256Key(
      Hkdf({.secret = master_secret, .salt = {}, .info = info}, sizeof(Sha256Digest)));
}

}  // namespace sluice::crypto
