#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "table/table.h"

namespace sluice::sharing {

/// How new the latest version of a table must be.
struct Freshness {
  /// How old the last look at the table may be. 0: a look that begins after the request came.
  std::chrono::milliseconds max_age{0};
  /// How old it may be while the store does not answer. 0: then the request fails.
  std::chrono::milliseconds serve_stale_for{0};
};

struct LatestSnapshot {
  table::SnapshotPtr snapshot;
  /// Set if the store did not answer: how old the last look is.
  std::optional<std::chrono::milliseconds> stale_for;
};

/// The latest version of one table, for many requests at once: those that come while one looks
/// share the next look, and a look that is new enough is shared without another. Thread-safe.
class LatestLook {
 public:
  /// `clock` must outlive this.
  explicit LatestLook(const Clock& clock) : clock_(clock) {}

  /// Errors: those of table::Table::Latest.
  Result<LatestSnapshot> Get(table::Table& table, const Freshness& freshness);

 private:
  struct Look {
    std::uint64_t number = 0;
    SystemTime begun_at;
    Result<table::SnapshotPtr> outcome;
  };

  bool Suffices(std::uint64_t begun_before, const Freshness& freshness) const;
  Result<LatestSnapshot> Answer(const Look& look, const Freshness& freshness) const;

  const Clock& clock_;
  std::mutex mutex_;  ///< Guards what follows; not held while looking.
  std::condition_variable looked_;
  bool is_looking_ = false;
  std::uint64_t looks_begun_ = 0;
  std::optional<Look> last_;        ///< The last that ended.
  std::optional<Look> last_found_;  ///< The last that found a version.
};

}  // namespace sluice::sharing
