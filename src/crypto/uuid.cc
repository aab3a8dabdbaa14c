#define OPENSSL_SUPPRESS_DEPRECATED  // See hash.cc.

#include "crypto/uuid.h"

#include <openssl/sha.h>

#include <algorithm>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace sluice::crypto {
namespace {

void SetVersion(std::uint8_t version, Uuid& uuid) {
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0f) | (version << 4));
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3f) | 0x80);  // The variant.
}

}  // namespace

Uuid Uuid5(const Uuid& name_space, std::string_view name) {
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest;
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, name_space.data(), name_space.size());
  SHA1_Update(&context, name.data(), name.size());
  SHA1_Final(digest.data(), &context);
  Uuid uuid;
  std::copy_n(digest.begin(), uuid.size(), uuid.begin());
  SetVersion(5, uuid);
  return uuid;
}

Uuid Uuid4() {
  const std::string random = RandomBytes(sizeof(Uuid));
  Uuid uuid;
  std::copy(random.begin(), random.end(), uuid.begin());
  SetVersion(4, uuid);
  return uuid;
}

std::string FormatUuid(const Uuid& uuid) {
  std::string text = HexEncode(AsText(uuid));
  for (const std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

}  // namespace sluice::crypto
