#include "crypto/signing_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>

namespace sluice::crypto {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const std::uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

Result<SigningKey> SigningKey::FromSeed(const Secret& seed) {
  const std::string& bytes = seed.Reveal();
  if (bytes.size() != kSigningSeedBytes) {
    return InvalidArgument("the seed of a signing key has {} bytes, not {}", bytes.size(),
                           kSigningSeedBytes);
  }
  std::shared_ptr<EVP_PKEY> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(bytes), bytes.size()),
      EVP_PKEY_free);
  PublicKeyBytes public_key{};
  std::size_t size = public_key.size();
  const bool is_made = key != nullptr &&
                       EVP_PKEY_get_raw_public_key(key.get(), public_key.data(), &size) == 1 &&
                       size == public_key.size();
  ERR_clear_error();
  if (!is_made) return Internal("the signing key cannot be made");
  return SigningKey(std::move(key), public_key);
}

Result<std::string> SigningKey::Sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  const bool is_signed =
      context != nullptr &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<std::uint8_t*>(signature.data()), &size,
                     Bytes(message), message.size()) == 1 &&
      size == kSignatureBytes;
  ERR_clear_error();
  if (!is_signed) return Internal("the signing key cannot sign");
  return signature;
}

Result<VerifyKey> VerifyKey::FromBytes(std::string_view bytes) {
  if (bytes.size() != PublicKeyBytes{}.size()) {
    return InvalidArgument("a public key has 32 bytes, not {}", bytes.size());
  }
  std::shared_ptr<EVP_PKEY> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(bytes), bytes.size()),
      EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) return InvalidArgument("the public key cannot be read");
  return VerifyKey(std::move(key));
}

bool VerifyKey::Verify(std::string_view message, std::string_view signature) const {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool is_right =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                       message.size()) == 1;
  ERR_clear_error();
  return is_right;
}

}  // namespace sluice::crypto
