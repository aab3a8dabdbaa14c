#pragma once

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "http/test_client.h"
#include "http/tls_internal.h"

namespace sluice::http {

using CertificatePtr = std::unique_ptr<X509, FreeWith<&X509_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<&SSL_SESSION_free>>;

/// A certificate with its key, and what it issues.
class TestCertificate {
 public:
  struct Options {
    std::vector<std::pair<const char*, std::string>> subject = {{"CN", "acme"}};
    std::string alternative_names;  ///< As OpenSSL's configuration has them: "DNS:a,URI:b".
    std::string extended_usage = "clientAuth";
    bool is_authority = false;
    long lasts_s = 3600;  ///< From now; it began a day ago.
    long serial = 1;
  };
  /// Signed by itself.
  static TestCertificate Authority() {
    return TestCertificate(
        {.subject = {{"CN", "Test CA"}}, .extended_usage = "", .is_authority = true}, nullptr);
  }
  TestCertificate Issue(const Options& options) const { return TestCertificate(options, this); }

  std::string Pem() const {
    const std::shared_ptr<BIO> text(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(text.get(), certificate_.get());
    return TextOf(text.get());
  }
  /// A list of revoked certificates, in force for an hour unless it is out of date.
  std::string RevocationPem(const std::vector<long>& serials, bool is_out_of_date = false) const {
    const std::shared_ptr<X509_CRL> list(X509_CRL_new(), &X509_CRL_free);
    const std::shared_ptr<ASN1_TIME> time(X509_gmtime_adj(nullptr, -7200), &ASN1_STRING_free);
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate_.get()));
    X509_CRL_set1_lastUpdate(list.get(), time.get());
    for (const long serial : serials) {
      X509_REVOKED* const revoked = X509_REVOKED_new();
      const std::shared_ptr<ASN1_INTEGER> number(ASN1_INTEGER_new(), &ASN1_STRING_free);
      ASN1_INTEGER_set(number.get(), serial);
      X509_REVOKED_set_serialNumber(revoked, number.get());
      X509_REVOKED_set_revocationDate(revoked, time.get());
      X509_CRL_add0_revoked(list.get(), revoked);
    }
    X509_gmtime_adj(time.get(), is_out_of_date ? -3600 : 3600);
    X509_CRL_set1_nextUpdate(list.get(), time.get());
    X509_CRL_sign(list.get(), key_.get(), EVP_sha256());
    const std::shared_ptr<BIO> text(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509_CRL(text.get(), list.get());
    return TextOf(text.get());
  }
  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

 private:
  TestCertificate(const Options& options, const TestCertificate* issuer)
      : certificate_(X509_new(), &X509_free), key_(EVP_EC_gen("P-256"), &EVP_PKEY_free) {
    constexpr long kDaySeconds = 86'400;
    X509* const made = certificate_.get();
    const TestCertificate& signer = issuer == nullptr ? *this : *issuer;
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), options.serial);
    X509_gmtime_adj(X509_getm_notBefore(made), -kDaySeconds);
    X509_gmtime_adj(X509_getm_notAfter(made), options.lasts_s);
    for (const auto& [name, value] : options.subject) {
      X509_NAME_add_entry_by_txt(X509_get_subject_name(made), name, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(value.data()),
                                 static_cast<int>(value.size()), -1, 0);
    }
    X509_set_issuer_name(made, X509_get_subject_name(signer.certificate_.get()));
    X509_set_pubkey(made, key_.get());
    Extend(NID_basic_constraints, options.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!options.extended_usage.empty()) Extend(NID_ext_key_usage, options.extended_usage);
    if (!options.alternative_names.empty()) {
      Extend(NID_subject_alt_name, options.alternative_names);
    }
    CHECK(X509_sign(made, signer.key_.get(), EVP_sha256()) > 0, "OpenSSL signs");
  }
  void Extend(int kind, const std::string& value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    CHECK(extension != nullptr, "the extension can be read");
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  static std::string TextOf(BIO* memory) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    return std::string(text, static_cast<std::size_t>(size));
  }

  std::shared_ptr<X509> certificate_;
  std::shared_ptr<EVP_PKEY> key_;
};

/// A TLS client over a TestClient's socket.
class TlsClient {
 public:
  struct Options {
    int version = TLS1_3_VERSION;
    const TestCertificate* certificate = nullptr;
    SSL_SESSION* session = nullptr;
  };
  explicit TlsClient(const std::string& address, int version = TLS1_3_VERSION)
      : TlsClient(address, Options{.version = version}) {}
  TlsClient(const std::string& address, const Options& options)
      : client_(address), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    SSL_CTX_set_max_proto_version(context_.get(), options.version);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(context_.get(), &TakeSession);
    if (options.certificate != nullptr) {
      SSL_CTX_use_certificate(context_.get(), options.certificate->certificate());
      SSL_CTX_use_PrivateKey(context_.get(), options.certificate->key());
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_app_data(ssl_.get(), this);
    if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
    SSL_set_fd(ssl_.get(), client_.fd());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }

  bool connected() const { return connected_; }
  TestClient& socket() { return client_; }
  bool IsClosedByServer() {
    char byte;
    return SSL_read(ssl_.get(), &byte, 1) <= 0 && errno != EAGAIN;
  }
  std::string protocol() const { return SSL_get_version(ssl_.get()); }
  CertificatePtr certificate() const {
    return CertificatePtr(SSL_get1_peer_certificate(ssl_.get()));
  }
  bool is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  /// The last that the server offered, once something was read.
  SSL_SESSION* session() const { return session_.get(); }

  /// Everything the server sends until it closes; the request must ask for that.
  std::string ExchangeAndClose(const std::string& request) {
    SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size()));
    std::string received;
    char buffer[64 << 10];
    int count;
    while ((count = SSL_read(ssl_.get(), buffer, sizeof(buffer))) > 0) {
      received.append(buffer, static_cast<std::size_t>(count));
    }
    return received;
  }

 private:
  static int TakeSession(SSL* ssl, SSL_SESSION* session) {
    static_cast<TlsClient*>(SSL_get_app_data(ssl))->session_.reset(session);
    return 1;
  }

  TestClient client_;
  std::shared_ptr<SSL_CTX> context_;
  SessionPtr session_;
  SslPtr ssl_;
  bool connected_ = false;
};

}  // namespace sluice::http
