#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "audit/quota_leases.h"
#include "base/result.h"

namespace sluice::audit {

/// A question for more budget, and for whose counter.
struct LeaseAsk {
  LeaseKey key;
  std::int64_t want = 0;
  std::uint64_t counter = 0;
};

/// Asks a LeaseSource from a thread of its own, one question after the other. Thread-safe. Its
/// queue holds at most one question for each counter, which its user sees to.
class LeaseAsker {
 public:
  using Answered = std::function<void(const LeaseAsk& ask, const Result<std::int64_t>& granted)>;

  /// `answered` is called in its thread.
  LeaseAsker(LeaseSource& source, Answered answered);
  ~LeaseAsker();  ///< Ends after the question under way; the others are not asked.

  void Ask(LeaseAsk ask);

 private:
  void Run();

  LeaseSource& source_;
  const Answered answered_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;        // Guarded by mutex_.
  std::deque<LeaseAsk> waiting_;  // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace sluice::audit
