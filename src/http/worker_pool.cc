#include "http/worker_pool.h"

#include <utility>

#include "http/socket.h"

namespace sluice::http {

WorkerPool::WorkerPool(int threads, int max_queued_requests)
    : max_queued_requests_(max_queued_requests), busy_(threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::TryStart(Task task) {
  std::unique_lock lock(mutex_);
  if (queued_requests_ >= max_queued_requests_) return false;
  ++queued_requests_;
  Push({.task = std::move(task), .starts_request = true}, std::move(lock));
  return true;
}

void WorkerPool::Continue(Task task) {
  Push({.task = std::move(task), .starts_request = false}, std::unique_lock(mutex_));
}

void WorkerPool::Push(Entry entry, std::unique_lock<std::mutex> lock) {
  queue_.push_back(std::move(entry));
  lock.unlock();
  changed_.notify_one();
}

WorkerLoad WorkerPool::load() const {
  const std::lock_guard lock(mutex_);
  return {.busy = busy_, .queued_requests = queued_requests_};
}

WorkerPool::Task WorkerPool::Pop() {
  std::unique_lock lock(mutex_);
  --busy_;
  changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
  if (queue_.empty()) return nullptr;
  Entry entry = std::move(queue_.front());
  queue_.pop_front();
  if (entry.starts_request) --queued_requests_;
  ++busy_;
  return std::move(entry.task);
}

void WorkerPool::Work() {
  BlockSigpipe();  // tasks write to sockets
  while (Task task = Pop()) task();
}

}  // namespace sluice::http
