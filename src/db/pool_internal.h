#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::db {

template <typename T>
struct PoolOptions {
  std::size_t limit = 1;
  std::chrono::milliseconds patience{};  ///< How long Borrow() waits for a connection in use.
  std::function<Result<std::unique_ptr<T>>()> make;
};

/// Up to `limit` connections, made when they are first needed; those that are not IsUsable() any
/// more are dropped. Once making one has failed, one caller at a time tries again and the others
/// get its last error at once, so that a database that is away does not hold up many threads.
/// Thread-safe.
template <typename T>
class Pool {
 public:
  explicit Pool(PoolOptions<T> options) : options_(std::move(options)) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// A connection, until this is destroyed; the pool must live longer.
  class Loan {
   public:
    Loan(Pool& pool, std::unique_ptr<T> item) : pool_(&pool), item_(std::move(item)) {}
    Loan(Loan&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), item_(std::move(other.item_)) {}
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (pool_ != nullptr) pool_->TakeBack(std::move(item_));
    }
    T& operator*() const { return *item_; }
    T* operator->() const { return item_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<T> item_;
  };

  /// Errors: kUnavailable if all are in use for too long; those of `make`.
  Result<Loan> Borrow() {
    {
      std::unique_lock lock(mutex_);
      const auto may_go = [&] { return lent_ < options_.limit || IsHopeless(); };
      if (!changed_.wait_for(lock, options_.patience, may_go)) {
        return WithDetail(Unavailable("the database is busy"),
                          "every connection was in use for the whole time that a call may wait");
      }
      if (IsHopeless()) return *fault_;
      ++lent_;
    }
    for (std::unique_ptr<T> idle = TakeIdle(); idle != nullptr; idle = TakeIdle()) {
      if (idle->IsUsable()) return Loan(*this, std::move(idle));
    }
    Result<std::unique_ptr<T>> made = Make();
    if (!made.ok()) {
      TakeBack(nullptr);
      return std::move(made).error();
    }
    return Loan(*this, std::move(made).value());
  }

 private:
  /// Whether another one finds out just now if the database is still away. With the lock held.
  bool IsHopeless() const { return fault_ && is_trying_ && idle_.empty(); }

  Result<std::unique_ptr<T>> Make() {
    bool is_trial = false;
    {
      const std::lock_guard lock(mutex_);
      if (fault_ && is_trying_) return *fault_;
      is_trial = is_trying_ = fault_.has_value();
    }
    if (is_trial) changed_.notify_all();
    Result<std::unique_ptr<T>> made = options_.make();
    const std::lock_guard lock(mutex_);
    if (is_trial) is_trying_ = false;
    fault_ = made.ok() ? std::nullopt : std::optional(made.error());
    return made;
  }

  std::unique_ptr<T> TakeIdle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    std::unique_ptr<T> item = std::move(idle_.back());
    idle_.pop_back();
    return item;
  }

  void TakeBack(std::unique_ptr<T> item) {
    if (item != nullptr && !item->IsUsable()) item.reset();
    {
      const std::lock_guard lock(mutex_);
      --lent_;
      if (item != nullptr) idle_.push_back(std::move(item));
    }
    changed_.notify_one();
  }

  const PoolOptions<T> options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t lent_ = 0;
  std::optional<Error> fault_;            ///< Of the last `make`.
  bool is_trying_ = false;                ///< To make one, after a fault.
  std::vector<std::unique_ptr<T>> idle_;  ///< The one used last is at the end, and taken first.
};

}  // namespace sluice::db
