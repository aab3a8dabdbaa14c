#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>

#include "http/tls.h"
#include "http/tls_internal.h"

namespace sluice::http {
namespace {

constexpr long kYearSeconds = 365L * 24 * 3600;
constexpr long kClockSkewSeconds = 3600;  // a client's clock may be behind

bool SetRandomSerial(X509* certificate) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) != 1) return false;
  // RFC 5280 section 4.1.2.2: positive.
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), (serial >> 1) | 1) == 1;
}

bool SetNames(X509* certificate) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>("localhost");
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool AddExtension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeWith<&X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool FillAndSign(X509* certificate, EVP_PKEY* key) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 && SetRandomSerial(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -kClockSkewSeconds) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kYearSeconds) != nullptr &&
         SetNames(certificate) && X509_set_pubkey(certificate, key) == 1 &&
         AddExtension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         AddExtension(certificate, NID_subject_key_identifier, "hash") &&
         AddExtension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string TextOf(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

Result<SelfSigned> MakeSelfSigned() {
  const std::unique_ptr<X509, FreeWith<&X509_free>> certificate(X509_new());
  const std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<BIO, FreeWith<&BIO_free>> certificate_text(BIO_new(BIO_s_mem()));
  const std::unique_ptr<BIO, FreeWith<&BIO_free>> key_text(BIO_new(BIO_s_secmem()));
  const bool done = certificate != nullptr && key != nullptr && certificate_text != nullptr &&
                    key_text != nullptr && FillAndSign(certificate.get(), key.get()) &&
                    PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1 &&
                    PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0,
                                             nullptr, nullptr) == 1;
  if (!done) return WithDetail(Internal("cannot make a certificate"), TakeTlsErrors());
  return SelfSigned{.certificate = TextOf(certificate_text.get()),
                    .key = Secret(TextOf(key_text.get()))};
}

}  // namespace sluice::http
