#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>

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

}  // namespace

Result<SelfSigned> MakeSelfSigned() {
  SelfSigned made{.certificate = CertificatePtr(X509_new()),
                  .key = PrivateKeyPtr(EVP_EC_gen("P-256"))};
  X509* certificate = made.certificate.get();
  const bool done =
      certificate != nullptr && made.key != nullptr &&
      X509_set_version(certificate, X509_VERSION_3) == 1 && SetRandomSerial(certificate) &&
      X509_gmtime_adj(X509_getm_notBefore(certificate), -kClockSkewSeconds) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(certificate), kYearSeconds) != nullptr &&
      SetNames(certificate) && X509_set_pubkey(certificate, made.key.get()) == 1 &&
      AddExtension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
      AddExtension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
      X509_sign(certificate, made.key.get(), EVP_sha256()) > 0;
  if (!done) return WithDetail(Internal("cannot make a certificate"), TakeTlsErrors());
  return made;
}

}  // namespace sluice::http
