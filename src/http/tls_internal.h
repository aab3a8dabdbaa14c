#pragma once

#include <openssl/ssl.h>

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

/// OpenSSL's reasons on this thread, for the log; clears them.
std::string TakeTlsErrors();

/// The server's side of a connection over `socket`, which it does not own; null if `ssl` is.
std::unique_ptr<Transport> NewTlsTransport(SslPtr ssl, int socket);

}  // namespace sluice::http
