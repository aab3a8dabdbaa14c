#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "http/transport.h"

namespace sluice::http {

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using SslPtr = std::unique_ptr<SSL, FreeWith<&SSL_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<&X509_free>>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;

/// OpenSSL's reasons on this thread, for the log; clears them.
std::string TakeTlsErrors();

/// The server's side of a connection over `socket`, which it does not own; null if `ssl` is.
std::unique_ptr<Transport> NewTlsTransport(SslPtr ssl, int socket);

struct SelfSigned {
  CertificatePtr certificate;
  PrivateKeyPtr key;
};
/// A P-256 key and a certificate for localhost, 127.0.0.1 and ::1, valid for a year from now.
Result<SelfSigned> MakeSelfSigned();

}  // namespace sluice::http
