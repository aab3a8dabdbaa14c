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

/// Budgets that the nodes of a fleet share, or one server and the one it was before a restart. A
/// node takes a lease, LeaseBlock() at a time, ahead of what it spends. While the source is away a
/// node spends what it holds and LeaseAdvance() beyond, which the next lease pays for: so a window
/// is overspent by no more than all nodes' advances. What a node that died had taken and not spent
/// is lost until the window ends. Thread-safe.
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
/// An eighth of that, at least 1: eight nodes together advance one lease.
std::int64_t LeaseAdvance(std::int64_t limit);

}  // namespace sluice::audit
