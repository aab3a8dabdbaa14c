#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "http/peer_certificate.h"

namespace sluice::http {

enum class IoStatus : std::uint8_t {
  kOk,
  kWantRead,   ///< Nothing could be done: wait until the socket is readable, then call again.
  kWantWrite,  ///< The same for writable.
  kClosed,     ///< The peer is gone, or the connection is broken.
};

struct IoResult {
  IoStatus status = IoStatus::kOk;
  std::size_t bytes = 0;  ///< At least 1 when a read or write is kOk.
};

struct FilePiece {
  int file;
  std::uint64_t offset_bytes;
  std::size_t length_bytes;
};

/// Moves bytes over one non-blocking socket, which it does not own; no call blocks but for the
/// disk. After kWantRead or kWantWrite the same call must be made again with the same bytes. Not
/// thread-safe, but calls may come from different threads one after another, which must have
/// blocked SIGPIPE.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult Handshake() = 0;
  virtual IoResult Read(std::span<char> into) = 0;
  /// True if Read may give bytes that the socket no longer holds.
  virtual bool HasPendingInput() const = 0;
  virtual IoResult Write(std::span<const iovec> parts) = 0;
  /// Sends as much of the piece as the socket takes now. kClosed also if the file ends early.
  virtual IoResult SendFile(const FilePiece& piece) = 0;
  /// Tells the peer that nothing follows, as far as that can be done without waiting.
  virtual void Shutdown() = 0;
  virtual bool is_tls() const = 0;
  /// The client's, once the handshake is done; null if it showed none. Costs some microseconds.
  virtual std::shared_ptr<const PeerCertificate> ReadCertificate() const = 0;
};

std::unique_ptr<Transport> NewPlainTransport(int socket);

}  // namespace sluice::http
