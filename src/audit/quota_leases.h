#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

/// A day's or month's budget of one recipient under one quota.
struct LeaseKey {
  std::string quota_id;
  std::string recipient_id;
  SystemTime window_start{};
  SystemTime window_end{};
  std::int64_t limit = 0;  ///< Of the quota as the node knows it.
};

/// Budgets that the nodes of a fleet share. A node takes a lease, LeaseBlock() at a time, ahead of
/// what it spends, and may spend one more lease while it waits for an answer; so that each node
/// overspends by at most one lease in a window, and requests wait for nothing. What a node that
/// died had taken and not spent is lost until the window ends. Thread-safe.
class LeaseSource {
 public:
  virtual ~LeaseSource() = default;

  /// Takes up to `want` (at least 1): what it returns is granted to nobody else. Less than `want`
  /// means that the limit is reached. Errors: kUnavailable if the source cannot be asked.
  virtual Result<std::int64_t> Take(const LeaseKey& key, std::int64_t want) = 0;
  /// Gives back what was taken and not spent.
  virtual Result<void> Return(const LeaseKey& key, std::int64_t unused) = 0;
};

/// A hundredth of the limit, at least 1.
std::int64_t LeaseBlock(std::int64_t limit);

}  // namespace sluice::audit
