#include "crypto/random.h"

#include <openssl/rand.h>

#include "base/check.h"
#include "base/encoding.h"

namespace sluice::crypto {

std::string RandomBytes(std::size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  const int done =
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  CHECK(done == 1, "the operating system gave no random bytes");
  return bytes;
}

std::string RandomToken(std::size_t size_bytes) { return Base64UrlEncode(RandomBytes(size_bytes)); }

}  // namespace sluice::crypto
