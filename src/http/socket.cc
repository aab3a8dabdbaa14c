#include "http/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "http/forwarded.h"

namespace sluice::http {
namespace {

constexpr int kBacklog = 1'024;
constexpr std::string_view kUnixPrefix = "unix:";

struct HostAndPort {
  std::string host;
  std::string port;
};

Result<HostAndPort> SplitAddress(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    return InvalidArgument("listen address {} is not HOST:PORT or unix:PATH", address);
  }
  std::string host = address.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (!is_bracketed && host.find(':') != std::string::npos) {
    return InvalidArgument("listen address {} needs brackets around its IPv6 address", address);
  }
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  return HostAndPort{.host = std::move(host), .port = address.substr(colon + 1)};
}

Error CannotListen(const std::string& address, int reason) {
  switch (reason) {
    case EADDRINUSE:
      return Unavailable("{} is already in use: stop the other program or choose another --listen",
                         address);
    case EADDRNOTAVAIL:
      return Unavailable("{} is not an address of this machine: choose another --listen", address);
    case EACCES:
      return Unavailable(
          "{} may not be used by this user: choose a port from 1024 up or another path", address);
    default: return Unavailable("cannot listen on {}: {}", address, std::strerror(reason));
  }
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> Resolve(const std::string& address, const HostAndPort& parts) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
  if (failure != 0) {
    return Unavailable("cannot listen on {}: {}", address, ::gai_strerror(failure));
  }
  return AddressList(found, &::freeaddrinfo);
}

/// "localhost" has two addresses; programs that take the name try IPv4 first or both.
const addrinfo& PreferIpv4(const addrinfo& first) {
  for (const addrinfo* entry = &first; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) return *entry;
  }
  return first;
}

std::string BoundAddress(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size);
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &ipv4.sin_addr, text, sizeof(text));
    return Format("{}:{}", text, ntohs(ipv4.sin_port));
  }
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(storage);
  ::inet_ntop(AF_INET6, &ipv6.sin6_addr, text, sizeof(text));
  return Format("[{}]:{}", text, ntohs(ipv6.sin6_port));
}

Result<ListeningSocket> ListenTcp(const std::string& address) {
  const HostAndPort parts = TRY(SplitAddress(address));
  const AddressList list = TRY(Resolve(address, parts));
  const addrinfo& chosen = PreferIpv4(*list);
  FileDescriptor file(
      ::socket(chosen.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, /*protocol=*/0));
  if (!file.valid()) return CannotListen(address, errno);
  const int on = 1;
  ::setsockopt(file.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(file.get(), chosen.ai_addr, chosen.ai_addrlen) != 0 ||
      ::listen(file.get(), kBacklog) != 0) {
    return CannotListen(address, errno);
  }
  std::string bound = BoundAddress(file.get());
  return ListeningSocket{.file = std::move(file), .address = std::move(bound), .unix_path = {}};
}

FileDescriptor NewUnixSocket() {
  return FileDescriptor(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, /*protocol=*/0));
}

/// Nothing if the path is too long for a socket's name.
std::optional<sockaddr_un> UnixName(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(name.sun_path)) return std::nullopt;
  path.copy(name.sun_path, path.size());
  return name;
}

Result<ListeningSocket> ListenUnix(const std::string& address) {
  const std::string path = address.substr(kUnixPrefix.size());
  const std::optional<sockaddr_un> name = UnixName(path);
  if (!name) {
    return InvalidArgument("{}: a socket's path has 1 to {} bytes", address,
                           sizeof(name->sun_path) - 1);
  }
  FileDescriptor file = NewUnixSocket();
  if (!file.valid()) return CannotListen(address, errno);
  // Linux gives the file the mode of the socket, so that no moment is left in which others may
  // connect.
  ::fchmod(file.get(), S_IRUSR | S_IWUSR);
  struct stat existing;
  const bool is_there = ::lstat(path.c_str(), &existing) == 0 && S_ISSOCK(existing.st_mode);
  if (is_there && !IsListenedOn(path)) ::unlink(path.c_str());
  if (::bind(file.get(), reinterpret_cast<const sockaddr*>(&*name), sizeof(*name)) != 0 ||
      ::listen(file.get(), kBacklog) != 0) {
    return CannotListen(address, errno);
  }
  return ListeningSocket{.file = std::move(file), .address = address, .unix_path = path};
}

std::string PeerText(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = {};
  if (peer.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text, sizeof(text));
    return text;
  }
  if (peer.ss_family != AF_INET6) return "unix";
  ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, text, sizeof(text));
  return CanonicalAddress(text);
}

}  // namespace

Result<ListeningSocket> Listen(const std::string& address) {
  return address.starts_with(kUnixPrefix) ? ListenUnix(address) : ListenTcp(address);
}

bool IsListenedOn(const std::string& path) {
  const std::optional<sockaddr_un> name = UnixName(path);
  if (!name) return false;
  const FileDescriptor probe = NewUnixSocket();
  const auto* const address = reinterpret_cast<const sockaddr*>(&*name);
  if (::connect(probe.get(), address, sizeof(*name)) == 0) return true;
  return errno != ECONNREFUSED && errno != ENOENT;
}

AcceptedSocket Accept(int listening_socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  FileDescriptor file(::accept4(listening_socket, reinterpret_cast<sockaddr*>(&peer), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
  AcceptedSocket accepted;
  if (!file.valid()) {
    accepted.exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return accepted;
  }
  accepted.peer_address = PeerText(peer);
  if (peer.ss_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(file.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  accepted.file = std::move(file);
  return accepted;
}

void BlockSigpipe() {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace sluice::http
