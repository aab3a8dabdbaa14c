#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/store.h"
#include "catalog/view_builder.h"
#include "observe/log.h"

namespace sluice::catalog {

/// Keeps a Catalog in step with the store and the file: takes changes in when the store tells of
/// them, and at once when this node made them. Thread-safe.
class Follower {
 public:
  struct Options {
    std::chrono::milliseconds poll_interval{500};  ///< Where notifications may be lost.
    /// How long the view may be used without an answer of the store; 0: for ever.
    std::chrono::milliseconds max_stale{0};
  };
  struct Dependencies {
    Store& store;
    Catalog& catalog;
    const Clock& clock;
    observe::Logger& log;
    /// Called with each view before it is in force.
    std::function<void(const View& view)> published = [](const View& /*view*/) {};
  };
  /// All must outlive the follower.
  Follower(const Dependencies& dependencies, ViewBuilder builder);
  ~Follower();

  /// Reads everything for the first time and follows from then on. Errors: those of the store.
  Result<void> Start(const Options& options);

  /// Takes in whatever is committed by now. Errors: those of the store; the view stays.
  Result<void> Refresh();
  /// Replaces what comes from the file.
  void SetFile(ViewBuilder::FileContents contents);
  /// Looks into shared folders again.
  void FindFolderTables();
  /// The locations of all shared folders; one may come twice.
  std::vector<std::string> folders();

  Generation generation() const { return generation_; }
  /// When the store last answered.
  SystemTime last_contact() const;

 private:
  Result<void> TakeChanges();
  void Publish();

  const Dependencies dependencies_;
  std::mutex mutex_;  ///< Guards what follows; held while the store is read.
  ViewBuilder builder_;
  std::atomic<Generation> generation_ = 0;  ///< Read without the lock, too.
  std::chrono::milliseconds max_stale_{0};
  mutable std::mutex contact_mutex_;  ///< Guards last_contact_.
  SystemTime last_contact_{};
  std::unique_ptr<db::Listener> listener_;  ///< Last: its thread uses what is above.
};

}  // namespace sluice::catalog
