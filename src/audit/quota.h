#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/model.h"

namespace sluice::audit {

class LeaseSource;

/// Holds recipients to their quotas. A quota without a recipient holds for each by itself; one
/// without a share for all shares of a recipient together; where several apply, all must allow, and
/// what one refuses is counted by none. Rates of a second are token buckets that hold one second's
/// worth; days and months are counters that begin anew with the UTC day or month. Limits above
/// kMaxLimit are kMaxLimit.
///
/// Thread-safe. A check takes one short lock, of one 64th of the recipients, and none while there
/// are no quotas at all. Who has used nothing of what is still counted is forgotten.
class Quotas {
 public:
  static constexpr std::int64_t kMaxLimit = 9'000'000'000'000'000;
  static constexpr std::chrono::milliseconds kMaxWait{1'000};

  /// By itself: what was used is known until the process ends. `clock` must outlive it.
  explicit Quotas(const Clock& clock);
  /// In a fleet: days and months are counted together with all nodes that use `leases`, as
  /// LeaseSource tells; seconds and concurrent queries still by each node for itself. Starts a
  /// thread. `leases` must outlive it; what is left is returned to it at the end.
  Quotas(const Clock& clock, LeaseSource& leases);
  ~Quotas();

  /// Puts other limits in force. What was used under a quota that stays (by id, measure and window)
  /// stays used.
  void SetLimits(std::vector<catalog::Quota> quotas);

  /// Ends a concurrent query when it is destroyed. Movable; may be empty. May outlive the Quotas.
  class Permit {
   public:
    Permit() = default;

   private:
    friend class Quotas;
    explicit Permit(std::shared_ptr<void> held) : held_(std::move(held)) {}
    std::shared_ptr<void> held_;
  };

  struct Reader {
    std::string_view recipient_id;
    std::string_view share_id;  ///< Empty: not about one share.
  };
  /// Whether AdmitRequest could wait for a lease at all: with requests of a day or month among the
  /// quotas.
  bool MayWait() const;
  /// Whether it would for this reader now: none is at hand.
  bool WouldWait(const Reader& reader) const;
  /// Counts a request. In a fleet it waits for a lease if none is at hand, for kMaxWait at most,
  /// and not while the LeaseSource is known to be away. Errors: kResourceExhausted saying which
  /// quota
  /// ("quota reached: 1000 requests a day"), with `retry_after`; in a fleet kUnavailable if no
  /// budget could be had. Nothing is counted then.
  Result<void> AdmitRequest(const Reader& reader);
  /// Counts a query that runs until the permit goes. Errors: kResourceExhausted, as above.
  Result<Permit> AdmitQuery(const Reader& reader);
  /// Counts what a planned answer would give, before any link to it exists. Waits as a request
  /// does. Errors: as for a request; kTooLarge for more than a whole second's, day's or
  /// month's limit, since waiting does not help.
  Result<void> AdmitRead(const Reader& reader, std::int64_t files, std::int64_t bytes);

  /// What is used, for reports; in a fleet by this node since it started.
  struct State {
    catalog::Quota quota;
    std::string recipient_id;
    std::int64_t used = 0;
  };
  /// One for each quota that can apply to the recipient.
  std::vector<State> States(std::string_view recipient_id) const;

  /// How many recipients are remembered, for tests and metrics.
  std::size_t remembered() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sluice::audit
