#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <string>

#include "http/io_thread_internal.h"
#include "http/socket.h"

namespace sluice::http {

/// Accepts on one socket. After construction all calls, and the end, belong to its I/O thread.
class Listener {
 public:
  using OnAccept = std::function<void(AcceptedSocket)>;

  Listener(IoThread& thread, ListeningSocket socket, OnAccept on_accept);
  /// Hands over the connections that wait already, then closes and removes the socket's file.
  ~Listener();

  void AcceptLater();
  const std::string& address() const { return address_; }

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;

  /// Accepts what waits; false if the system cannot take more now.
  bool AcceptWaiting();
  void RetryLater();

  const std::string address_;
  const std::string unix_path_;
  const OnAccept on_accept_;
  Descriptor descriptor_;
  Timer retry_timer_;
};

}  // namespace sluice::http
