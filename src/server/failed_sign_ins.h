#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/journal.h"
#include "audit/record.h"
#include "base/clock.h"
#include "http/networks.h"

namespace sluice::server {

/// Bounds what guessing costs: requests whose credential is not good. Each network they come from,
/// an address of IPv4 or a /64 of IPv6, has a token bucket of them. What it holds is answered and
/// recorded one by one; what passes it is summed, one record a minute for each network. Whoever
/// shows a good credential is never counted, whatever comes from the same address. A process that
/// is killed loses the sums that were not written yet. Thread-safe.
class FailedSignIns {
 public:
  struct Options {
    std::int64_t per_minute = 100;      ///< At once too; 0: no bound.
    std::size_t max_networks = 10'000;  ///< One more forgets the one that failed longest ago.
    std::chrono::milliseconds sum_interval{60'000};
    std::chrono::milliseconds sweep_interval{10'000};
  };

  /// Both must outlive it. Without a journal nothing is recorded.
  FailedSignIns(audit::Journal* journal, const Clock& clock, const Options& options);
  ~FailedSignIns();  ///< Writes all sums.
  FailedSignIns(const FailedSignIns&) = delete;
  FailedSignIns& operator=(const FailedSignIns&) = delete;

  /// Counts a failure from `peer`. None: it is to be answered and recorded as any refusal. Else how
  /// long until that is so again. What comes from the owner's socket is never held back.
  std::optional<std::chrono::seconds> Count(std::string_view peer);
  /// Adds a failure that was held back to the sum of its network. `refused` is the record that it
  /// would have had.
  void Sum(const audit::Record& refused);

  /// Writes the sums that are a minute old.
  void Sweep();

 private:
  struct Network {
    http::IpAddress address{};
    double allowance = 0;  ///< Failures that may still come at once.
    SystemTime last_failed{};
    std::int64_t summed = 0;
    SystemTime summed_since{};
    audit::Record sum;  ///< Of the first that was summed.
  };
  using Networks = std::list<Network>;

  Network& Find(const http::IpAddress& address, std::vector<Network>& forgotten);
  void Write(const Network& network);
  void Run();

  audit::Journal* const journal_;
  const Clock& clock_;
  const Options options_;
  std::mutex mutex_;   ///< Guards what follows; not held while the journal is written.
  Networks networks_;  ///< Failed last, first.
  std::map<http::IpAddress, Networks::iterator> index_;
  bool is_ending_ = false;
  std::condition_variable ending_;
  std::thread sweeper_;
};

}  // namespace sluice::server
