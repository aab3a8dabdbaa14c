// A query answer names 200,000 files by their hash. The one-shot EVP interface looks its algorithm
// up on every call, which costs more than the hash: hence the low-level functions.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hash.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "base/encoding.h"

namespace sluice::crypto {

Sha256Digest Sha256(std::string_view bytes) { return Sha256({bytes}); }

Sha256Digest Sha256(std::initializer_list<std::string_view> parts) {
  Sha256Digest digest;
  SHA256_CTX context;
  SHA256_Init(&context);
  for (const std::string_view part : parts) SHA256_Update(&context, part.data(), part.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

void AppendSha256Hex(std::string_view bytes, std::string& out) {
  AppendHex(AsText(Sha256(bytes)), out);
}

Md5Digest Md5(std::string_view bytes) {
  Md5Digest digest;
  MD5_CTX context;
  MD5_Init(&context);
  MD5_Update(&context, bytes.data(), bytes.size());
  MD5_Final(digest.data(), &context);
  return digest;
}

void AppendMd5Hex(std::string_view bytes, std::string& out) { AppendHex(AsText(Md5(bytes)), out); }

}  // namespace sluice::crypto
