#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "base/result.h"

namespace sluice {

/// One fetch at a time, on the thread of whoever asked first; those who ask meanwhile wait for it.
/// All but the fetch itself is guarded by a mutex of the owner's, which calls it under that lock.
template <typename T>
class SharedFetch {
 public:
  using Lock = std::unique_lock<std::mutex>;
  using Fetch = std::function<Result<T>()>;

  explicit SharedFetch(Fetch fetch) : fetch_(std::move(fetch)) {}

  bool is_running() const { return is_running_; }
  /// Of the last fetch that ended; none if it succeeded.
  const std::optional<Error>& failure() const { return failure_; }

  /// Waits, without the lock, for the end of the fetch that is running.
  void Await(Lock& lock) {
    ended_.wait(lock, [this, awaited = ended_count_] { return ended_count_ != awaited; });
  }

  /// Fetches without the lock. None may be running. Who waits goes on when the lock is let go of,
  /// and thus sees what the caller made of the outcome.
  Result<T> Run(Lock& lock) {
    is_running_ = true;
    lock.unlock();
    Result<T> fetched = fetch_();
    lock.lock();
    is_running_ = false;
    ++ended_count_;
    failure_ = fetched.ok() ? std::nullopt : std::optional(fetched.error());
    ended_.notify_all();
    return fetched;
  }

 private:
  const Fetch fetch_;
  std::condition_variable ended_;
  bool is_running_ = false;
  std::uint64_t ended_count_ = 0;
  std::optional<Error> failure_;
};

}  // namespace sluice
