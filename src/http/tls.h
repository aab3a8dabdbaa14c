#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sluice::http {

class Transport;

/// Whether clients are asked for a certificate. One that is shown and cannot be verified ends the
/// handshake either way.
enum class ClientAuthentication : std::uint8_t {
  kNone,
  kOptional,  ///< Who has none is served all the same.
  kRequired,
};

struct TlsOptions {
  std::string certificate_file;  ///< PEM chain, leaf first.
  std::string key_file;          ///< PEM.
  std::string password_file;     ///< Optional: its first line is the key's passphrase.
  ClientAuthentication client_authentication = ClientAuthentication::kNone;
  std::string client_ca_file;  ///< PEM: whose certificates clients may show. The system's are not
                               ///< believed.
  /// Optional, PEM: lists of revoked certificates. There must be one of each authority that issues
  /// clients', and its time must be now; else all of its clients are refused.
  std::string client_crl_file;
};

/// A server's certificate and key; TLS 1.2 and 1.3. Connections accepted after a Reload use the new
/// one, those before keep theirs. Thread-safe.
class TlsContext {
 public:
  /// Errors: kInvalidArgument naming the file that is missing, unreadable or does not fit the
  /// other.
  static Result<std::shared_ptr<TlsContext>> Load(const TlsOptions& options);
  virtual ~TlsContext() = default;
  /// Reads the files again. On an error the certificate in use stays.
  virtual Result<void> Reload() = 0;
  /// When the certificate in use ends.
  virtual std::chrono::sys_seconds ExpiresAt() const = 0;
  /// The server's side of one connection over `socket`; null if memory ran out. For http/ itself.
  virtual std::unique_ptr<Transport> NewTransport(int socket) const = 0;
};

/// A certificate that is its own authority, and its key, both PEM.
struct SelfSigned {
  std::string certificate;
  Secret key;
};

/// A new P-256 key and a certificate for localhost, 127.0.0.1 and ::1, valid for a year from now.
Result<SelfSigned> MakeSelfSigned();

}  // namespace sluice::http
