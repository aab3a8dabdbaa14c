#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"
#include "http/io_thread_internal.h"
#include "http/transport.h"

namespace sluice::http {

/// A connection's socket with waiting, deadlines and interruption. At most one coroutine waits at a
/// time. Lives on one I/O thread; only transport() may be used from a worker, while no coroutine
/// uses it.
class Channel {
 public:
  Channel(IoThread& thread, FileDescriptor socket, std::unique_ptr<Transport> transport);

  Awaitable<bool> Handshake();
  /// Reads what there is, at least one byte; 0 if the peer is gone or the wait ended.
  Awaitable<std::size_t> Read(std::span<char> into);
  /// Reads what is there now, maybe nothing.
  std::size_t TryRead(std::span<char> into);
  /// Writes all; false if the peer is gone or takes nothing for `stall_timeout`. Changes `parts`.
  Awaitable<bool> Write(std::span<iovec> parts, std::chrono::milliseconds stall_timeout);
  /// Writes what the socket takes now and leaves the rest in `parts`; kOk if there is none. A
  /// worker may call it as it may use transport().
  IoStatus WriteNow(std::span<iovec>& parts);
  /// Waits for what a call of the transport asked for; false if the wait ended otherwise.
  Awaitable<bool> Wait(IoStatus wanted);

  /// Waits end when `timeout` has passed from now, up to one sweep later.
  void SetDeadline(std::chrono::milliseconds timeout);
  void ClearDeadline() { deadline_ = SteadyClock::time_point::max(); }
  void ExpireIfPast(SteadyClock::time_point now);
  bool timed_out() const { return timed_out_; }

  /// Ends the wait in progress, if there is one.
  void Interrupt();
  /// Ends this and every later wait.
  void Abort();
  /// Closing will reset the connection, so that what was sent cannot be taken for the whole.
  void CutOnClose();
  /// Tells the peer that nothing follows, unless it is to be cut off.
  void Shutdown();

  Transport& transport() { return *transport_; }

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;

  Descriptor descriptor_;
  std::unique_ptr<Transport> transport_;
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  bool timed_out_ = false;
  bool aborted_ = false;
  bool cut_ = false;
};

/// Bytes that were received and not yet parsed.
class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  std::string_view text() const { return {bytes_.data() + begin_, end_ - begin_}; }
  void Consume(std::size_t count) { begin_ += count; }
  /// Room for more bytes, never empty as long as less than `max_bytes` wait.
  std::span<char> Space();
  void Added(std::size_t count) { end_ += count; }
  /// Gives back the memory a big request took.
  void Shrink();

 private:
  static constexpr std::size_t kInitialBytes = 8 << 10;

  const std::size_t max_bytes_;
  std::vector<char> bytes_ = std::vector<char>(kInitialBytes);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sluice::http
