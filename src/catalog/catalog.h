#pragma once

#include <mutex>
#include <utility>

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

 private:
  // Not std::atomic<std::shared_ptr>: ThreadSanitizer cannot follow the one of libstdc++ 12, and
  // the lock is held for one reference count.
  mutable std::mutex mutex_;
  ViewPtr view_;
};

}  // namespace sluice::catalog
