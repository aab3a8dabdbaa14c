#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/file_descriptor.h"
#include "base/format.h"
#include "http/test_client.h"

namespace sluice::http {

/// What a RawServer sends for one request, byte by byte as it stands.
struct RawReply {
  std::string bytes;
  enum class Then : std::uint8_t { kKeep, kClose, kStaySilent } then = Then::kKeep;
};

/// A server for tests, on plain POSIX sockets, that may answer what no honest server would. Listens
/// on a free port of 127.0.0.1; a thread a connection.
class RawServer {
 public:
  /// Is given a request's head, and its body if a Content-Length tells one. Called by many threads.
  using Answer = std::function<RawReply(const std::string& request)>;

  explicit RawServer(Answer answer) : answer_(std::move(answer)) {
    sockaddr_in address{.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const bool listens = ::bind(listener_.get(), any, size) == 0 &&
                         ::listen(listener_.get(), 64) == 0 &&
                         ::getsockname(listener_.get(), any, &size) == 0;
    CHECK(listens, "the test cannot listen");
    address_ = Format("127.0.0.1:{}", ntohs(address.sin_port));
    acceptor_ = std::thread([this] { AcceptAll(); });
  }

  ~RawServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (const FileDescriptor& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
    for (std::thread& thread : threads_) thread.join();
  }

  const std::string& address() const { return address_; }
  std::string Url(std::string_view target) const { return Format("http://{}{}", address_, target); }
  int connections() const { return connections_; }

 private:
  void AcceptAll() {
    while (true) {
      FileDescriptor socket(::accept(listener_.get(), nullptr, nullptr));
      if (!socket.valid()) return;
      ++connections_;
      const int fd = socket.get();
      sockets_.push_back(std::move(socket));
      threads_.emplace_back([this, fd] { Serve(fd); });
    }
  }

  void Serve(int fd) {
    std::string pending;
    while (true) {
      const std::string request = TakeRequest(fd, pending);
      if (request.empty()) break;
      const RawReply reply = answer_(request);
      std::string_view rest = reply.bytes;
      while (!rest.empty()) {
        const ssize_t count = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(count));
      }
      if (reply.then == RawReply::Then::kClose) break;
      if (reply.then == RawReply::Then::kStaySilent) Receive(fd, pending);
    }
    ::shutdown(fd, SHUT_RDWR);
  }

  static bool Receive(int fd, std::string& pending) {
    char buffer[16 << 10];
    const ssize_t count = ::recv(fd, buffer, sizeof(buffer), 0);
    if (count > 0) pending.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }

  static std::string TakeRequest(int fd, std::string& pending) {
    std::size_t head_end;
    while ((head_end = pending.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive(fd, pending)) return {};
    }
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t field = pending.find(kLength);
    std::size_t size = head_end + 4;
    if (field < head_end) {
      size += ParseNumber(std::string_view(pending).substr(field + kLength.size()), 10);
    }
    while (pending.size() < size && Receive(fd, pending)) {
    }
    std::string request = pending.substr(0, size);
    pending.erase(0, size);
    return request;
  }

  const Answer answer_;
  FileDescriptor listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string address_;
  std::atomic<int> connections_ = 0;
  std::vector<FileDescriptor> sockets_;  // The acceptor's until it has ended, like the next.
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// An answer with a body and its length.
inline RawReply RawText(std::string_view body, std::string_view fields = "") {
  return {.bytes = Format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), fields,
                          body)};
}

}  // namespace sluice::http
