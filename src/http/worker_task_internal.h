#pragma once

#include <exception>
#include <functional>

#include "http/io_thread_internal.h"
#include "http/worker_pool.h"

namespace sluice::http {

/// Runs one piece of work at a time on the worker pool for a coroutine of an I/O thread, which may
/// go on meanwhile. Whoever starts a piece must Join it before what it uses is gone.
class WorkerTask {
 public:
  WorkerTask(WorkerPool& pool, IoThread& thread)
      : pool_(pool), context_(thread.context()), finished_(context_) {}
  ~WorkerTask();

  /// Begins a request's work; false if too many wait.
  bool TryStart(std::function<void()> work);
  /// Begins a further step of a request.
  void Start(std::function<void()> work);
  /// Returns when the work has ended; passes on what it threw.
  Awaitable<void> Join();

 private:
  WorkerPool::Task Wrap(std::function<void()> work);

  WorkerPool& pool_;
  boost::asio::io_context& context_;
  Timer finished_;  // never fires: cancelling it wakes Join
  bool running_ = false;
  std::exception_ptr thrown_;
};

}  // namespace sluice::http
