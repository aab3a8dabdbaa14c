#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/model.h"

namespace sluice::audit {

/// Holds recipients to their quotas. A quota without a recipient holds for each by itself; one
/// without a share for all shares of a recipient together; where several apply, all must allow.
/// Rates of a second are token buckets that hold one second's worth; days and months are counters
/// that begin anew with the UTC day or month. Thread-safe; a check takes one short lock of one
/// recipient, and none if no quota applies.
class Quotas {
 public:
  /// `clock` must outlive it.
  explicit Quotas(const Clock& clock);
  ~Quotas();

  /// Puts other limits in force. What was used under a quota that stays (by id) stays used.
  void SetLimits(std::vector<catalog::Quota> quotas);

  /// Ends a concurrent query when it is destroyed. Movable; may be empty.
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
  /// Counts a request. Errors: kResourceExhausted saying which quota ("1000 requests a day"), with
  /// `retry_after`; nothing is counted then.
  Result<void> AdmitRequest(const Reader& reader);
  /// Counts a query that runs until the permit goes. Errors: as above.
  Result<Permit> AdmitQuery(const Reader& reader);
  /// Counts what a planned answer would give, before any link to it exists. An amount larger than a
  /// whole second's, day's or month's limit is refused, and says so without retry_after.
  Result<void> AdmitRead(const Reader& reader, std::int64_t files, std::int64_t bytes);

  /// What is used and left, for reports.
  struct State {
    catalog::Quota quota;
    std::string recipient_id;
    std::int64_t used = 0;
  };
  std::vector<State> States(std::string_view recipient_id) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::audit
