#define OPENSSL_SUPPRESS_DEPRECATED  // See hash.cc.

#include "crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace sluice::crypto {
namespace {

constexpr std::size_t kBlockBytes = SHA256_CBLOCK;

using Block = std::array<std::uint8_t, kBlockBytes>;

template <typename ChainingValue>
ChainingValue AfterOneBlock(const Block& key, std::uint8_t pad) {
  Block block = key;
  for (std::uint8_t& byte : block) byte ^= pad;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  ChainingValue value;
  std::copy_n(context.h, value.size(), value.begin());
  OPENSSL_cleanse(block.data(), block.size());
  return value;
}

template <typename ChainingValue>
SHA256_CTX ResumeAfterOneBlock(const ChainingValue& value) {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::copy(value.begin(), value.end(), context.h);
  context.Nl = kBlockBytes * 8;  // The count of bits hashed so far.
  return context;
}

}  // namespace

HmacSha256Key::HmacSha256Key(std::string_view secret) {
  Block block{};
  if (secret.size() > kBlockBytes) {
    const Sha256Digest digest = Sha256(secret);
    std::copy(digest.begin(), digest.end(), block.begin());
  } else {
    std::copy(secret.begin(), secret.end(), block.begin());
  }
  inner_ = AfterOneBlock<ChainingValue>(block, 0x36);
  outer_ = AfterOneBlock<ChainingValue>(block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
}

Sha256Digest HmacSha256Key::Mac(std::initializer_list<std::string_view> parts) const {
  Sha256Digest digest;
  SHA256_CTX inner = ResumeAfterOneBlock(inner_);
  for (const std::string_view part : parts) SHA256_Update(&inner, part.data(), part.size());
  SHA256_Final(digest.data(), &inner);
  SHA256_CTX outer = ResumeAfterOneBlock(outer_);
  SHA256_Update(&outer, digest.data(), digest.size());
  SHA256_Final(digest.data(), &outer);
  return digest;
}

void AppendPart(std::string_view part, std::string& out) {
  const auto size = static_cast<std::uint64_t>(part.size());
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  out.append(part);
}

std::string JoinParts(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) AppendPart(part, joined);
  return joined;
}

}  // namespace sluice::crypto
