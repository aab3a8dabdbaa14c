#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/shared_fetch.h"

namespace sluice::storage {

/// A credential with its end. Those that last for good have none.
template <typename T>
struct Expiring {
  T value;
  std::optional<SystemTime> expires_at;
};

/// Keeps one credential and fetches the next before it ends. A fetch that fails while the kept one
/// still holds is tried again after `kRetryAfter`, and nobody notices. Requests that find none wait
/// for one fetch together, and have its failure in common. Thread-safe.
template <typename T>
class CredentialCache {
 public:
  using Pointer = std::shared_ptr<const Expiring<T>>;
  using Fetch = typename SharedFetch<Expiring<T>>::Fetch;

  static constexpr std::chrono::minutes kRefreshBefore{5};
  static constexpr std::chrono::seconds kRetryAfter{30};
  /// A request takes time, clocks differ, and ends are told in whole seconds: one that ends so soon
  /// is used only by who has just fetched it.
  static constexpr std::chrono::seconds kTooShort{5};

  /// `clock` must outlive the cache.
  CredentialCache(Fetch fetch, const Clock& clock) : clock_(clock), fetch_(std::move(fetch)) {}

  /// A credential that holds for a request that is sent now. Errors: those of the fetch.
  Result<Pointer> Get() {
    std::unique_lock lock(mutex_);
    while (true) {
      const SystemTime now = clock_.Now();
      if (kept_ && !IsDue(now)) return kept_;
      if (!fetch_.is_running()) break;
      if (kept_ && Holds(now)) return kept_;  // another is fetching: this one still does
      fetch_.Await(lock);
      // To fetch again one after the other would keep the last of them waiting for very long.
      if (fetch_.failure() && !(kept_ && Holds(clock_.Now()))) return *fetch_.failure();
    }
    return FetchUnlocked(lock);
  }

  /// Lets go of a credential that its service refused, so that the next Get fetches another. Says
  /// whether it did: one that was fetched less than `kRetryAfter` ago is kept, since a fetch for
  /// each refusal would be too many.
  bool Drop(const Pointer& refused) {
    const std::lock_guard lock(mutex_);
    if (kept_ != refused || clock_.Now() < fetched_at_ + kRetryAfter) return false;
    kept_ = nullptr;
    return true;
  }

 private:
  bool Holds(SystemTime now) const {
    return !kept_->expires_at || now + kTooShort < *kept_->expires_at;
  }
  bool IsDue(SystemTime now) const {
    if (!kept_->expires_at || now < retry_at_) return !Holds(now);
    return now + kRefreshBefore >= *kept_->expires_at;
  }

  Result<Pointer> FetchUnlocked(std::unique_lock<std::mutex>& lock) {
    auto fetched = fetch_.Run(lock);
    const SystemTime now = clock_.Now();
    if (fetched.ok()) {
      kept_ = std::make_shared<const Expiring<T>>(std::move(fetched).value());
      fetched_at_ = now;
      retry_at_ = now + kRetryAfter;  // one that is short of life is not fetched at every turn
      return kept_;
    }
    if (!kept_ || !Holds(now)) return std::move(fetched).error();
    retry_at_ = now + kRetryAfter;
    return kept_;
  }

  const Clock& clock_;
  std::mutex mutex_;  ///< Guards what follows; not held while fetching.
  SharedFetch<Expiring<T>> fetch_;
  Pointer kept_;
  SystemTime fetched_at_{};
  SystemTime retry_at_{};
};

}  // namespace sluice::storage
