#include "crypto/rsa.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdint>

namespace sluice::crypto {
namespace {

constexpr std::size_t kMaxPemBytes = 64 << 10;

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const std::uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

/// OpenSSL would ask for a passphrase at the terminal.
int GiveNoPassphrase(char*, int, int, void*) { return -1; }

using ReadKey = EVP_PKEY*(BIO*, EVP_PKEY**, pem_password_cb*, void*);

Result<std::shared_ptr<EVP_PKEY>> ReadPem(std::string_view pem, ReadKey* read) {
  if (pem.size() > kMaxPemBytes) return InvalidArgument("the RSA key is too long");
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  CHECK(memory != nullptr, "OpenSSL has memory");
  std::shared_ptr<EVP_PKEY> key(read(memory.get(), nullptr, GiveNoPassphrase, nullptr),
                                EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) return InvalidArgument("the RSA key cannot be read: no PEM or encrypted");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return InvalidArgument("the key is not an RSA key");
  }
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return InvalidArgument("the RSA key has {} bits, {} to {} are allowed", bits, kMinRsaBits,
                           kMaxRsaBits);
  }
  return key;
}

}  // namespace

Result<RsaPrivateKey> RsaPrivateKey::FromPem(const Secret& pem) {
  return RsaPrivateKey(TRY(ReadPem(pem.Reveal(), PEM_read_bio_PrivateKey)));
}

Result<std::string> RsaPrivateKey::SignSha256(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  // PKCS#1 v1.5 is the padding that an RSA key has unless told otherwise.
  const bool is_signed =
      context != nullptr &&
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<std::uint8_t*>(signature.data()), &size,
                     Bytes(message), message.size()) == 1;
  ERR_clear_error();
  if (!is_signed) return Internal("the RSA key cannot sign");
  signature.resize(size);
  return signature;
}

Result<RsaPublicKey> RsaPublicKey::FromPem(std::string_view pem) {
  return RsaPublicKey(TRY(ReadPem(pem, PEM_read_bio_PUBKEY)));
}

bool RsaPublicKey::VerifySha256(std::string_view message, std::string_view signature) const {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool is_right =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                       message.size()) == 1;
  ERR_clear_error();
  return is_right;
}

}  // namespace sluice::crypto
