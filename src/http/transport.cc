#include "http/transport.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

namespace sluice::http {
namespace {

IoResult FromSystem(ssize_t count, IoStatus when_blocked) {
  if (count > 0) return {.status = IoStatus::kOk, .bytes = static_cast<std::size_t>(count)};
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {.status = when_blocked};
  return {.status = IoStatus::kClosed};
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket) : socket_(socket) {}

  IoResult Handshake() override { return {}; }

  IoResult Read(std::span<char> into) override {
    return FromSystem(::recv(socket_, into.data(), into.size(), 0), IoStatus::kWantRead);
  }

  bool HasPendingInput() const override { return false; }

  IoResult Write(std::span<const iovec> parts) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());  // sendmsg does not write to it
    message.msg_iovlen = parts.size();
    return FromSystem(::sendmsg(socket_, &message, MSG_NOSIGNAL), IoStatus::kWantWrite);
  }

  IoResult SendFile(const FilePiece& piece) override {
    auto offset = static_cast<off_t>(piece.offset_bytes);
    return FromSystem(::sendfile(socket_, piece.file, &offset, piece.length_bytes),
                      IoStatus::kWantWrite);
  }

  void Shutdown() override { ::shutdown(socket_, SHUT_WR); }
  bool is_tls() const override { return false; }
  std::shared_ptr<const PeerCertificate> ReadCertificate() const override { return nullptr; }

 private:
  const int socket_;
};

}  // namespace

std::unique_ptr<Transport> NewPlainTransport(int socket) {
  return std::make_unique<PlainTransport>(socket);
}

}  // namespace sluice::http
