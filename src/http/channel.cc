#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <cstring>
#include <utility>

#include "http/channel_internal.h"

namespace sluice::http {
namespace {

/// Cuts `count` bytes off the front.
std::span<iovec> Skip(std::span<iovec> parts, std::size_t count) {
  while (!parts.empty() && count >= parts.front().iov_len) {
    count -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (count > 0) {
    parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + count;
    parts.front().iov_len -= count;
  }
  return parts;
}

}  // namespace

Channel::Channel(IoThread& thread, FileDescriptor socket, std::unique_ptr<Transport> transport)
    : descriptor_(thread.context()), transport_(std::move(transport)) {
  descriptor_.assign(socket.get());
  socket.Release();
}

Awaitable<bool> Channel::Wait(IoStatus wanted) {
  if (aborted_) co_return false;
  const auto kind = wanted == IoStatus::kWantRead ? Descriptor::wait_read : Descriptor::wait_write;
  const auto [failure] =
      co_await descriptor_.async_wait(kind, boost::asio::as_tuple(boost::asio::deferred));
  co_return !failure && !aborted_;
}

Awaitable<bool> Channel::Handshake() {
  while (true) {
    const IoResult step = transport_->Handshake();
    if (step.status == IoStatus::kOk) co_return true;
    if (step.status == IoStatus::kClosed) co_return false;
    if (!co_await Wait(step.status)) co_return false;
  }
}

Awaitable<std::size_t> Channel::Read(std::span<char> into) {
  IoStatus wanted = IoStatus::kWantRead;
  // Right after a response nothing has arrived yet: waiting first saves a fruitless system call.
  bool must_wait = !transport_->HasPendingInput();
  while (true) {
    if (must_wait && !co_await Wait(wanted)) co_return 0;
    const IoResult step = transport_->Read(into);
    if (step.status == IoStatus::kOk) co_return step.bytes;
    if (step.status == IoStatus::kClosed) co_return 0;
    wanted = step.status;
    must_wait = true;  // even if input is pending: it may be half a TLS record
  }
}

std::size_t Channel::TryRead(std::span<char> into) {
  const IoResult step = transport_->Read(into);
  return step.status == IoStatus::kOk ? step.bytes : 0;
}

IoStatus Channel::WriteNow(std::span<iovec>& parts) {
  parts = Skip(parts, 0);
  while (!parts.empty()) {
    const IoResult step = transport_->Write(parts);
    if (step.status != IoStatus::kOk) return step.status;
    parts = Skip(parts, step.bytes);
  }
  return IoStatus::kOk;
}

Awaitable<bool> Channel::Write(std::span<iovec> parts, std::chrono::milliseconds stall_timeout) {
  while (true) {
    const IoStatus status = WriteNow(parts);
    if (status == IoStatus::kOk) co_return true;
    if (status == IoStatus::kClosed) co_return false;
    SetDeadline(stall_timeout);
    if (!co_await Wait(status)) co_return false;
    ClearDeadline();
  }
}

void Channel::SetDeadline(std::chrono::milliseconds timeout) {
  deadline_ = SteadyClock::now() + timeout;
  timed_out_ = false;
}

void Channel::ExpireIfPast(SteadyClock::time_point now) {
  if (now < deadline_) return;
  ClearDeadline();
  timed_out_ = true;
  descriptor_.cancel();
}

void Channel::Interrupt() { descriptor_.cancel(); }

void Channel::Abort() {
  aborted_ = true;
  descriptor_.cancel();
  ::shutdown(descriptor_.native_handle(), SHUT_RDWR);
}

void Channel::CutOnClose() {
  cut_ = true;
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_.native_handle(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

void Channel::Shutdown() {
  if (!cut_) transport_->Shutdown();
}

std::span<char> ReadBuffer::Space() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == bytes_.size() && begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == bytes_.size()) bytes_.resize(std::min(bytes_.size() * 2, max_bytes_));
  return std::span(bytes_).subspan(end_);
}

void ReadBuffer::Shrink() {
  if (begin_ != end_ || bytes_.size() == kInitialBytes) return;
  bytes_ = std::vector<char>(kInitialBytes);
  begin_ = end_ = 0;
}

}  // namespace sluice::http
