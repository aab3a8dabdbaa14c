#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "http/peer_certificate.h"
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

struct TlsOptions;  // http/tls.h

/// Makes a server's context ask its clients for certificates, as `options` say.
/// Errors: kInvalidArgument naming the file that cannot be read.
Result<void> AskClients(SSL_CTX* context, const TlsOptions& options);

/// The client's certificate of a connection whose handshake is done, also if that resumed a
/// session; null if it showed none, or one that has expired since.
std::shared_ptr<const PeerCertificate> ReadPeerCertificate(const SSL* ssl);

/// OpenSSL's reasons on this thread, for the log; clears them.
std::string TakeTlsErrors();

/// The server's side of a connection over `socket`, which it does not own; null if `ssl` is.
std::unique_ptr<Transport> NewTlsTransport(SslPtr ssl, int socket);

}  // namespace sluice::http
