#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/view.h"

namespace sluice::catalog {

/// The catalog in force. A request takes Current() once and sees one state throughout; a change
/// swaps the whole view. Thread-safe.
class Catalog {
 public:
  explicit Catalog(ViewPtr view) : view_(std::move(view)) {}

  ViewPtr Current() const {
    const std::lock_guard lock(mutex_);
    return view_;
  }

  /// Returns the view that was in force, so that the caller frees it outside the lock.
  ViewPtr Replace(ViewPtr view) {
    const std::lock_guard lock(mutex_);
    view_.swap(view);
    return view;
  }

  /// Until when the view in force may be used; without a call: for ever.
  void UseUntil(SystemTime time) { good_until_millis_ = UnixMillis(time); }
  /// Errors: kUnavailable once that is over.
  Result<void> CheckUsable(SystemTime now) const {
    if (UnixMillis(now) < good_until_millis_) return {};
    return Unavailable("the server cannot reach its catalog");
  }

 private:
  // Not std::atomic<std::shared_ptr>: ThreadSanitizer cannot follow the one of libstdc++ 12, and
  // the lock is held for one reference count.
  mutable std::mutex mutex_;
  ViewPtr view_;
  std::atomic<std::int64_t> good_until_millis_ = std::numeric_limits<std::int64_t>::max();
};

}  // namespace sluice::catalog
