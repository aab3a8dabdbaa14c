#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/file_descriptor.h"

namespace sluice::http {

/// What a test received as one response.
struct ReceivedResponse {
  int status = 0;
  std::map<std::string, std::string>
      headers;  ///< Names in lower case; of repeated fields the last.
  std::string body;
  bool complete = false;  ///< False if the connection ended first.
};

/// A blocking HTTP client for tests, on plain POSIX sockets: it sends exactly the bytes it is
/// given. Reads give up after half a minute, so that a broken server fails a test instead of
/// hanging it.
class TestClient {
 public:
  /// Connects to "127.0.0.1:PORT" or "unix:PATH".
  explicit TestClient(const std::string& address);

  bool Send(std::string_view bytes);
  /// Reads the next response; `to_head` says that it answers a HEAD and so has no body.
  ReceivedResponse Receive(bool to_head = false);
  ReceivedResponse Exchange(std::string_view request);
  /// Reads up to `count` bytes, fewer only at the end.
  std::string ReceiveBytes(std::size_t count);
  /// True if the server closes or resets the connection, with nothing before it.
  bool IsClosedByServer();
  /// Closes so that the server sees a reset.
  void Reset();
  int fd() const { return socket_.get(); }

 private:
  bool FillPending();
  std::string TakeThrough(std::string_view end);
  std::string TakeBytes(std::size_t count);
  void ReceiveChunked(ReceivedResponse& response);

  FileDescriptor socket_;
  std::string pending_;
};

inline FileDescriptor ConnectForTest(const std::string& address) {
  constexpr std::string_view kUnix = "unix:";
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.starts_with(kUnix)) {
    auto& name = reinterpret_cast<sockaddr_un&>(storage);
    name.sun_family = AF_UNIX;
    address.copy(name.sun_path, sizeof(name.sun_path) - 1, kUnix.size());
    size = sizeof(name);
  } else {
    auto& name = reinterpret_cast<sockaddr_in&>(storage);
    const std::size_t colon = address.rfind(':');
    name.sin_family = AF_INET;
    name.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &name.sin_addr);
    size = sizeof(name);
  }
  FileDescriptor socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int failed = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&storage), size);
  CHECK(failed == 0, "the test cannot connect");
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return socket;
}

inline std::size_t ParseNumber(std::string_view text, int base) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

inline TestClient::TestClient(const std::string& address) : socket_(ConnectForTest(address)) {}

inline bool TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

inline bool TestClient::FillPending() {
  char buffer[64 << 10];
  const ssize_t count = ::recv(socket_.get(), buffer, sizeof(buffer), 0);
  if (count <= 0) return false;
  pending_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

/// Everything up to and with `end`; empty if the connection ends before.
inline std::string TestClient::TakeThrough(std::string_view end) {
  std::size_t found;
  while ((found = pending_.find(end)) == std::string::npos) {
    if (!FillPending()) return {};
  }
  return TakeBytes(found + end.size());
}

inline std::string TestClient::TakeBytes(std::size_t count) {
  while (pending_.size() < count && FillPending()) {
  }
  std::string taken = pending_.substr(0, count);
  pending_.erase(0, count);
  return taken;
}

inline std::string TestClient::ReceiveBytes(std::size_t count) { return TakeBytes(count); }

inline ReceivedResponse TestClient::Exchange(std::string_view request) {
  Send(request);
  return Receive(request.starts_with("HEAD "));
}

inline ReceivedResponse TestClient::Receive(bool to_head) {
  ReceivedResponse response;
  const std::string status_line = TakeThrough("\r\n");
  if (status_line.empty()) return response;
  response.status = static_cast<int>(ParseNumber(std::string_view(status_line).substr(9), 10));
  while (true) {
    const std::string line = TakeThrough("\r\n");
    if (line.empty()) return response;
    if (line == "\r\n") break;
    const std::size_t colon = line.find(": ");
    response.headers[AsciiLower(line.substr(0, colon))] =
        line.substr(colon + 2, line.size() - colon - 4);
  }
  if (to_head || response.status < 200 || response.status == 204 || response.status == 304) {
    response.complete = true;
  } else if (response.headers.contains("content-length")) {
    const std::size_t length = ParseNumber(response.headers["content-length"], 10);
    response.body = TakeBytes(length);
    response.complete = response.body.size() == length;
  } else if (response.headers.contains("transfer-encoding")) {
    ReceiveChunked(response);
  } else {
    while (FillPending()) {
    }
    response.body = std::exchange(pending_, {});
    response.complete = true;
  }
  return response;
}

inline void TestClient::ReceiveChunked(ReceivedResponse& response) {
  while (true) {
    const std::string size_line = TakeThrough("\r\n");
    if (size_line.empty()) return;
    const std::size_t size = ParseNumber(size_line, 16);
    const std::string chunk = TakeBytes(size + 2);
    if (chunk.size() != size + 2) return;
    response.body += chunk.substr(0, size);
    if (size == 0) break;
  }
  response.complete = true;
}

inline bool TestClient::IsClosedByServer() {
  char byte;
  if (!pending_.empty()) return false;
  const ssize_t count = ::recv(socket_.get(), &byte, 1, 0);
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

inline void TestClient::Reset() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  socket_ = FileDescriptor();
}

}  // namespace sluice::http
