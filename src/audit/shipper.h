#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/journal.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

/// Where a journal's records are copied to: a database, a file, a table. It keeps by itself how far
/// it is, together with the records, so that after a crash none is there twice or missing unless it
/// says otherwise. Used by one thread at a time.
class Destination {
 public:
  virtual ~Destination() = default;
  /// "store", "file", "table", "recipient_tables": for metrics and the owner's log.
  virtual std::string_view name() const = 0;
  /// The number of the first record that it does not have.
  virtual Result<Sequence> Next() = 0;
  /// Takes all of `records`, or none; the first one has the number `first`, which is what Next()
  /// said, or later if those between were dropped from the journal. After an error Next() is asked
  /// again.
  virtual Result<void> Take(Sequence first, std::span<const std::string> records) = 0;
  /// Called when all records were taken, again and again.
  virtual Result<void> Rest() { return {}; }
  /// How long records gather after others were taken, unless a whole batch is waiting.
  virtual std::chrono::milliseconds pause() const { return std::chrono::milliseconds(100); }
  /// At most how many records it takes at once, where others take `usual`. They are fewer if they
  /// pass 16 MiB.
  virtual std::size_t batch_records(std::size_t usual) const { return usual; }
};

struct ShipperOptions {
  std::size_t batch_records = 8'192;
  std::chrono::milliseconds retry_delay{1'000};
  std::chrono::milliseconds rest_interval{200};
  /// Records younger than this stay in the journal, older ones until every destination has them.
  std::chrono::milliseconds keep = std::chrono::days(30);
  std::chrono::milliseconds drop_interval{600'000};
  std::chrono::milliseconds stop_timeout{5'000};
};

/// Copies a journal to its destinations, each from a thread of its own, in order, and keeps trying
/// while one is not there. Thread-safe.
class Shipper {
 public:
  /// `journal` and `clock` must outlive it.
  Shipper(Journal& journal, const Clock& clock, const ShipperOptions& options,
          std::vector<std::unique_ptr<Destination>> destinations);
  /// Begins to ship. Once.
  void Start();
  /// Ships what is on disk if it was started, for as long as nothing fails and `stop_timeout` is
  /// not over.
  ~Shipper();
  Shipper(const Shipper&) = delete;
  Shipper& operator=(const Shipper&) = delete;

  struct Progress {
    std::string_view name;
    Sequence next = 0;     ///< Records before it have arrived.
    std::int64_t lag = 0;  ///< How many are on disk and have not.
    std::int64_t failures = 0;
    std::int64_t lost = 0;  ///< Dropped from the journal before they arrived.
    bool is_failing = false;
    std::string last_failure;  ///< For the owner's log.
  };
  std::vector<Progress> progress() const;
  /// Whether all destinations have the records before `end`, waiting for it up to `timeout`.
  bool WaitUntilShipped(Sequence end, std::chrono::milliseconds timeout) const;

  /// Drops what every destination has and is older than `keep`: whole segments. Also done every
  /// `drop_interval`.
  Result<void> DropOld();

 private:
  using Steady = std::chrono::steady_clock;
  struct Line {
    std::unique_ptr<Destination> destination;
    bool is_position_known = false;  ///< Of its thread alone.
    Progress progress;               ///< Guarded by mutex_.
    std::thread thread;
  };

  void Run(Line& line);
  /// How many records were taken.
  Result<std::size_t> ShipOnce(Line& line);
  Result<Sequence> Position(Line& line);
  void Note(Line& line, const Result<std::size_t>& shipped);
  void Pause(std::chrono::milliseconds time);
  void DropWhenDue();

  Journal& journal_;
  const Clock& clock_;
  const ShipperOptions options_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool is_stopping_ = false;  ///< Guarded by mutex_, as is the next.
  Steady::time_point next_drop_;
  std::vector<std::unique_ptr<Line>> lines_;
};

/// The number of the first record from `journal.first()` on that is not older than `time`, provided
/// that times do not go back: found by bisection.
Result<Sequence> FirstSince(const Journal& journal, SystemTime time);

}  // namespace sluice::audit
