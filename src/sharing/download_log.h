#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "audit/decision.h"
#include "audit/journal.h"
#include "audit/record.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::sharing {

/// Records downloads through this server: one record when a link is first used, which is on disk
/// before a byte leaves, and one with the sum of what was sent once the link rests or ends. Parts
/// of one file that are fetched by many requests are thereby two records, not thousands. A process
/// that is killed loses the sums that were not written yet, never a first use. Thread-safe.
class DownloadLog {
 public:
  struct Options {
    std::size_t max_links = 100'000;  ///< Known at once; one more ends the one used least recently.
    std::chrono::milliseconds rest{60'000};  ///< Without a use, after which the sum is written.
    std::chrono::milliseconds sweep_interval{10'000};
  };

  /// A link in use. Thread-safe.
  class Link {
   public:
    /// Makes the first use durable by `decision`; later ones wait for it and drop theirs. Errors:
    /// kUnavailable; the next use tries again.
    Result<void> Record(audit::Decision& decision);
    void Count(std::uint64_t bytes) {
      ++requests_;
      bytes_ += bytes;
    }

   private:
    friend class DownloadLog;
    std::mutex mutex_;  ///< Guards the next two; held while the first record is written.
    bool is_recorded_ = false;
    audit::Record record_;
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
  };

  /// Both must outlive the log.
  DownloadLog(audit::Journal& journal, const Clock& clock, const Options& options);
  ~DownloadLog();  ///< Writes all sums.
  DownloadLog(const DownloadLog&) = delete;
  DownloadLog& operator=(const DownloadLog&) = delete;

  std::shared_ptr<Link> Find(const std::string& link_id);

  /// Writes the sums of links that rest.
  void Sweep();

 private:
  struct Entry {
    std::string link_id;
    std::shared_ptr<Link> link;
    SystemTime last_used;
  };
  void WriteSum(Link& link);
  void Run(std::chrono::milliseconds interval);

  audit::Journal& journal_;
  const Clock& clock_;
  const Options options_;
  std::mutex mutex_;        ///< Guards what follows; not held while the journal is written.
  std::list<Entry> links_;  ///< Used last, first.
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
  bool is_ending_ = false;
  std::condition_variable ending_;
  std::thread sweeper_;
};

}  // namespace sluice::sharing
