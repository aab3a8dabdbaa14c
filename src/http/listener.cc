#include <unistd.h>

#include <chrono>
#include <utility>

#include "http/listener_internal.h"

namespace sluice::http {
namespace {

constexpr int kMaxAcceptsAtOnce = 64;  // then requests get their turn
constexpr std::chrono::milliseconds kRetryInterval{100};

}  // namespace

Listener::Listener(IoThread& thread, ListeningSocket socket, OnAccept on_accept)
    : address_(std::move(socket.address)),
      unix_path_(std::move(socket.unix_path)),
      on_accept_(std::move(on_accept)),
      descriptor_(thread.context()),
      retry_timer_(thread.context()) {
  descriptor_.assign(socket.file.get());
  socket.file.Release();
}

Listener::~Listener() {
  AcceptWaiting();
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void Listener::AcceptLater() {
  descriptor_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& failure) {
    if (failure) return;  // the listener is gone
    if (AcceptWaiting()) {
      AcceptLater();
    } else {
      RetryLater();
    }
  });
}

bool Listener::AcceptWaiting() {
  for (int i = 0; i < kMaxAcceptsAtOnce; ++i) {
    AcceptedSocket accepted = Accept(descriptor_.native_handle());
    if (accepted.exhausted) return false;
    if (!accepted.file.valid()) return true;
    on_accept_(std::move(accepted));
  }
  return true;
}

/// The socket stays readable while descriptors are lacking: waiting for it would spin.
void Listener::RetryLater() {
  retry_timer_.expires_after(kRetryInterval);
  retry_timer_.async_wait([this](const boost::system::error_code& failure) {
    if (!failure) AcceptLater();
  });
}

}  // namespace sluice::http
