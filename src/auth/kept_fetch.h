#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/shared_fetch.h"

namespace sluice::auth {

/// Keeps a document of another server: fetched when it is first asked for, due again after an hour,
/// and kept for a day if its server fails. However many ask, and however often, there is one fetch
/// at a time, and none sooner than ten seconds after the last began. Thread-safe.
template <typename T>
class KeptFetch {
 public:
  using Pointer = std::shared_ptr<const T>;
  using Fetch = typename SharedFetch<T>::Fetch;

  static constexpr std::chrono::hours kFresh{1};
  static constexpr std::chrono::hours kHolds{24};
  static constexpr std::chrono::seconds kBetweenFetches{10};
  /// Who would wait for a fetch as one more is turned away: they hold threads.
  static constexpr int kMaxWaiting = 4;

  /// `clock` must outlive this. `fetch` may block for as long as its own timeout.
  KeptFetch(Fetch fetch, const Clock& clock) : clock_(clock), fetch_(std::move(fetch)) {}

  /// What is kept and still holds, else null. Never waits for a fetch.
  Pointer Peek() const {
    const std::lock_guard lock(mutex_);
    return Held(clock_.Now());
  }

  /// Whether what is kept should be fetched anew, and may be now.
  bool IsDue() const {
    const std::lock_guard lock(mutex_);
    const SystemTime now = clock_.Now();
    return kept_ != nullptr && !fetch_.is_running() && !IsWithin(kFresh, fetched_at_, now) &&
           MayFetch(now);
  }

  /// Something newer than `seen`, fetched if need be: one fetch for all who ask at once. Gives
  /// `seen` itself again if the last fetch was too short a time ago, or failed while `seen` holds;
  /// for a null `seen`, what is kept if anything is. Errors: those of the fetch, or of the last
  /// one; kUnavailable if too many wait already.
  Result<Pointer> GetNewerThan(const Pointer& seen) {
    std::unique_lock lock(mutex_);
    const SystemTime now = clock_.Now();
    if (const Pointer held = Held(now); held != nullptr && held != seen) return held;
    if (fetch_.is_running()) {
      if (waiting_ >= kMaxWaiting) return Unavailable("too many wait for the identity provider");
      ++waiting_;
      fetch_.Await(lock);
      --waiting_;
    } else if (MayFetch(now)) {
      FetchUnlocked(lock, now);
    }
    if (Pointer held = Held(clock_.Now())) return held;
    return fetch_.failure().value_or(Unavailable("the identity provider's answer is too old"));
  }

 private:
  /// False too if the clock was set back, so that a wrong time does not last.
  static bool IsWithin(std::chrono::milliseconds span, SystemTime since, SystemTime now) {
    return since <= now && now < since + span;
  }
  Pointer Held(SystemTime now) const {
    return IsWithin(kHolds, fetched_at_, now) ? kept_ : nullptr;
  }
  bool MayFetch(SystemTime now) const {
    return !began_at_ || !IsWithin(kBetweenFetches, *began_at_, now);
  }

  void FetchUnlocked(std::unique_lock<std::mutex>& lock, SystemTime now) {
    began_at_ = now;
    auto fetched = fetch_.Run(lock);
    if (!fetched.ok()) return;
    kept_ = std::make_shared<const T>(std::move(fetched).value());
    fetched_at_ = now;
  }

  const Clock& clock_;
  mutable std::mutex mutex_;  ///< Guards what follows; not held while fetching.
  SharedFetch<T> fetch_;
  Pointer kept_;
  SystemTime fetched_at_{};  ///< When the fetch of what is kept began.
  std::optional<SystemTime> began_at_;
  int waiting_ = 0;
};

}  // namespace sluice::auth
