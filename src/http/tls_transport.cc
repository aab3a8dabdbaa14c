#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "http/tls_internal.h"
#include "http/transport.h"

namespace sluice::http {
namespace {

/// TLS sends in records of up to 16 KiB: one write makes one record.
constexpr std::size_t kRecordBytes = 16 << 10;
constexpr std::size_t kFileBufferBytes = 256 << 10;

/// Drives OpenSSL straight over the non-blocking socket.
class TlsTransport final : public Transport {
 public:
  TlsTransport(SslPtr ssl, int socket) : ssl_(std::move(ssl)), socket_(socket) {
    SSL_set_fd(ssl_.get(), socket);
    SSL_set_accept_state(ssl_.get());
  }

  IoResult Handshake() override {
    ERR_clear_error();
    const int outcome = SSL_do_handshake(ssl_.get());
    return Explain(outcome, /*bytes=*/0);
  }

  IoResult Read(std::span<char> into) override {
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
    return Explain(outcome, count);
  }

  bool HasPendingInput() const override { return SSL_has_pending(ssl_.get()) == 1; }

  IoResult Write(std::span<const iovec> parts) override {
    if (parts.front().iov_len >= kRecordBytes || parts.size() == 1) {
      return WriteRecord({static_cast<const char*>(parts.front().iov_base), parts.front().iov_len});
    }
    // Head and small body share a record, and so a packet. A repeated call gathers the same bytes,
    // which is what OpenSSL asks for.
    char record[kRecordBytes];
    std::size_t size = 0;
    for (const iovec& part : parts) {
      const std::size_t taken = std::min(part.iov_len, sizeof(record) - size);
      if (taken == 0) break;
      std::memcpy(record + size, part.iov_base, taken);
      size += taken;
    }
    return WriteRecord({record, size});
  }

  IoResult SendFile(const FilePiece& piece) override {
    file_buffer_.resize(kFileBufferBytes);
    std::size_t sent = 0;
    while (sent < piece.length_bytes) {
      const IoResult step = SendFromBuffer(piece, sent);
      if (step.status != IoStatus::kOk) return sent > 0 ? IoResult{.bytes = sent} : step;
      sent += step.bytes;
    }
    return {.bytes = sent};
  }

  void Shutdown() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    ::shutdown(socket_, SHUT_WR);
  }

  bool is_tls() const override { return true; }
  std::shared_ptr<const PeerCertificate> ReadCertificate() const override {
    return ReadPeerCertificate(ssl_.get());
  }

 private:
  IoResult WriteRecord(std::span<const char> bytes) {
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    return Explain(outcome, count);
  }

  /// Reads from `piece` at `sent` and writes what it can. A step that could write nothing is
  /// repeated with the same bytes, since it reads them from the same place.
  IoResult SendFromBuffer(const FilePiece& piece, std::size_t sent) {
    const std::size_t wanted = std::min(file_buffer_.size(), piece.length_bytes - sent);
    const ssize_t count = ::pread(piece.file, file_buffer_.data(), wanted,
                                  static_cast<off_t>(piece.offset_bytes + sent));
    if (count <= 0) return {.status = IoStatus::kClosed};
    std::size_t written = 0;
    while (written < static_cast<std::size_t>(count)) {
      const IoResult step =
          WriteRecord({file_buffer_.data() + written, static_cast<std::size_t>(count) - written});
      if (step.status != IoStatus::kOk) return written > 0 ? IoResult{.bytes = written} : step;
      written += step.bytes;
    }
    return {.bytes = written};
  }

  IoResult Explain(int outcome, std::size_t bytes) {
    if (outcome == 1) return {.status = IoStatus::kOk, .bytes = bytes};
    switch (SSL_get_error(ssl_.get(), outcome)) {
      case SSL_ERROR_WANT_READ: return {.status = IoStatus::kWantRead};
      case SSL_ERROR_WANT_WRITE: return {.status = IoStatus::kWantWrite};
      default: return {.status = IoStatus::kClosed};
    }
  }

  const SslPtr ssl_;
  const int socket_;
  std::string file_buffer_;  // empty until a file is sent
};

}  // namespace

std::unique_ptr<Transport> NewTlsTransport(SslPtr ssl, int socket) {
  if (ssl == nullptr) return nullptr;
  return std::make_unique<TlsTransport>(std::move(ssl), socket);
}

}  // namespace sluice::http
