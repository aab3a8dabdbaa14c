#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace sluice::http {

/// The authorities that a client believes: the system's and those of a file. Read once for all
/// connections, since reading a system's bundle costs some 20 ms. Thread-safe.
class TlsTrust {
 public:
  /// `ca_file` is PEM; empty for none. The system's are read when the first connection asks for
  /// them, from where its OpenSSL looks: SSL_CERT_FILE, SSL_CERT_DIR, else its own folder.
  /// Errors: kInvalidArgument naming a file that holds no certificate or cannot be read.
  static Result<std::unique_ptr<TlsTrust>> Load(const std::string& ca_file);
  virtual ~TlsTrust() = default;

  /// Makes a context (OpenSSL's SSL_CTX*) of a client believe them and nobody else.
  virtual void Install(void* ssl_context) = 0;
};

}  // namespace sluice::http
