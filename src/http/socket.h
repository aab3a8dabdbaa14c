#pragma once

#include <string>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace sluice::http {

/// A socket that listens, non-blocking.
struct ListeningSocket {
  FileDescriptor file;
  std::string address;    ///< As bound: "127.0.0.1:49152", "[::1]:8080" or "unix:PATH".
  std::string unix_path;  ///< To be unlinked at the end; empty for TCP.
};

/// Listens on "HOST:PORT" or "unix:PATH". A socket file that nobody answers on is replaced; the new
/// one has mode 0600. Errors: kInvalidArgument for an address of another form; kUnavailable naming
/// the address and what to do if it cannot be bound.
Result<ListeningSocket> Listen(const std::string& address);

/// Whether a process listens on the socket file at `path`, rather than that none is there or that
/// one who died left it behind.
bool IsListenedOn(const std::string& path);

/// One accepted connection, non-blocking; without a descriptor when none waits or accept failed.
struct AcceptedSocket {
  FileDescriptor file;
  std::string peer_address;  ///< Canonical IP address, or "unix".
  bool exhausted = false;    ///< The process or system is out of descriptors or memory.
};
AcceptedSocket Accept(int listening_socket);

/// sendfile(2) and OpenSSL have no flag against SIGPIPE: every thread that writes to sockets blocks
/// it.
void BlockSigpipe();

}  // namespace sluice::http
