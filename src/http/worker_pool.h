#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/server.h"

namespace sluice::http {

/// Threads for what may block. Thread-safe.
class WorkerPool {
 public:
  using Task = std::function<void()>;  // does not throw

  WorkerPool(int threads, int max_queued_requests);
  /// Runs what is queued, then ends.
  ~WorkerPool();

  /// Queues the start of a request; false if `max_queued_requests` wait already.
  bool TryStart(Task task);
  /// Queues a further step of a request that was started: never refused, since each connection has
  /// at most one and connections are bounded.
  void Continue(Task task);
  WorkerLoad load() const;

 private:
  struct Entry {
    Task task;
    bool starts_request;
  };
  void Push(Entry entry, std::unique_lock<std::mutex> lock);
  Task Pop();  // null when the pool ends
  void Work();

  const int max_queued_requests_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  int queued_requests_ = 0;
  int busy_;  ///< Threads that do not wait in Pop.
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::http
