#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "http/response_head.h"

namespace sluice::http {

using Executor = boost::asio::io_context::executor_type;
using SteadyClock = std::chrono::steady_clock;
using Timer =
    boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>, Executor>;

/// What a coroutine of an I/O thread returns: it begins when awaited and stays on its thread.
template <typename T>
using Awaitable = boost::asio::awaitable<T, Executor>;

class Connection;

/// One thread, its event loop, and the connections that live on it from accept to close. As all
/// that touches a connection runs here, connections need no locks. Only Post is thread-safe.
class IoThread {
 public:
  IoThread();
  /// Ends the loop; the connections must be gone.
  ~IoThread();

  template <typename Task>
  void Post(Task task) {
    boost::asio::post(context_, std::move(task));
  }
  boost::asio::io_context& context() { return context_; }
  /// The text of a Date header, now.
  std::string_view Date();

  /// Runs a connection and destroys it when it ends, then calls `closed`.
  void Run(std::unique_ptr<Connection> connection, std::function<void()> closed);
  template <typename Action>
  void ForEachConnection(Action action) {
    for (const std::unique_ptr<Connection>& connection : connections_) action(*connection);
  }

 private:
  void Loop();
  void SweepLater();

  boost::asio::io_context context_{/*concurrency_hint=*/1};
  boost::asio::executor_work_guard<Executor> work_guard_{context_.get_executor()};
  Timer sweep_timer_{context_};
  DateCache dates_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace sluice::http
