#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "http/connection_internal.h"
#include "http/io_thread_internal.h"
#include "http/socket.h"

namespace sluice::http {
namespace {

// Deadlines are looked at this often instead of arming a timer for each: a timeout may fire this
// much late, and a request costs no system call for it.
constexpr std::chrono::milliseconds kSweepInterval{100};

}  // namespace

IoThread::IoThread() {
  SweepLater();
  thread_ = std::thread([this] { Loop(); });
}

IoThread::~IoThread() {
  context_.stop();
  thread_.join();
}

void IoThread::Loop() {
  BlockSigpipe();
  context_.run();
}

std::string_view IoThread::Date() { return dates_.At(std::time(nullptr)); }

void IoThread::Run(std::unique_ptr<Connection> connection, std::function<void()> closed) {
  const auto position = connections_.insert(connections_.end(), std::move(connection));
  // An exception can only be want of memory, which costs the connection and nothing else.
  const auto finish = [this, position, on_closed = std::move(closed)](const std::exception_ptr&) {
    connections_.erase(position);
    on_closed();
  };
  boost::asio::co_spawn(context_, (*position)->Run(), finish);
}

void IoThread::SweepLater() {
  sweep_timer_.expires_after(kSweepInterval);
  sweep_timer_.async_wait([this](const boost::system::error_code& failure) {
    if (failure) return;
    const SteadyClock::time_point now = SteadyClock::now();
    ForEachConnection([now](Connection& connection) { connection.ExpireIfPast(now); });
    SweepLater();
  });
}

}  // namespace sluice::http
