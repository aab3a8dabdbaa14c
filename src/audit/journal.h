#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/merkle.h"
#include "audit/record.h"
#include "audit/system_calls.h"
#include "audit/tree_head.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/signing_key.h"

namespace sluice::audit {

struct JournalOptions {
  std::string directory;  ///< Made if it is not there, below one that is.
  std::string node;  ///< Names the tree, see IsNodeName: unique among nodes that share a store,
                     ///< and lasting. A folder that was lost needs a new name.
  std::size_t segment_bytes = 64 << 20;      ///< At most 1 GiB.
  std::size_t max_waiting_bytes = 16 << 20;  ///< Of records written and not synced.
  std::chrono::milliseconds head_interval{60'000};
  std::chrono::milliseconds lazy_sync{200};  ///< When what nobody waits for is synced.
  /// After a failed write, how long everything is refused before the next try.
  std::chrono::milliseconds retry_delay{100};
  /// Told how long each sync took; called by the journal's own thread.
  std::function<void(std::chrono::nanoseconds)> on_sync = [](std::chrono::nanoseconds /*took*/) {};
  const SystemCalls* calls = &SystemCalls::Real();  ///< Must outlive the journal.
};

/// A node's own log of decisions, in a folder of its data directory. Records are numbered from 0
/// without gaps, in the order in which they were given. Each is written by the thread that gives
/// it, so that the end of the process loses none that was accepted; threads that wait for the disk
/// share one fdatasync. One process has it open at a time. Thread-safe.
///
///   SEQUENCE.log   records, see segment.h. A new file about every `segment_bytes`.
///   tree           the hashes of the Merkle tree over all records, see StoredHashIndex
///   heads          signed tree heads, a line each: at each new segment, at the end, and every
///                  `head_interval` in which something was written
///
/// A record is on disk before its hashes are: those of the last segment are made again from its
/// records when the journal is opened.
class Journal {
 public:
  /// Reads what is there, cuts a torn end off, and checks that records, tree and the last head fit
  /// each other. Errors: kCorruptData, naming the file and place, for any damage that a crash does
  /// not explain; kUnavailable if the folder cannot be used or another process does;
  /// kInvalidArgument for options out of range. `clock` must outlive the journal.
  static Result<std::unique_ptr<Journal>> Open(const JournalOptions& options,
                                               crypto::SigningKey key, const Clock& clock);
  /// Writes and syncs what is waiting, and a head.
  virtual ~Journal() = default;

  /// Returns when the record is on disk. Errors: kUnavailable if it cannot be written (disk full,
  /// I/O error): nothing that the record would have allowed may be done then. It is cut off the
  /// file again, and later ones go into a new file. Waits while max_waiting_bytes are waiting.
  virtual Result<Sequence> Append(const Record& record) = 0;
  /// Returns when the record is written, but not synced: it outlives the process at once, and the
  /// machine within lazy_sync. If the sync fails, it is kept and tried again. Errors: kUnavailable
  /// if writing fails, and while max_waiting_bytes are not synced.
  virtual Result<void> AppendUnsynced(const Record& record) = 0;

  /// Up to `max_records` records from `from` on that are on disk, as EncodeRecord wrote them; fewer
  /// if they pass 16 MiB. Errors: kNotFound if `from` was dropped; kCorruptData, kUnavailable.
  virtual Result<std::vector<std::string>> Read(Sequence from, std::size_t max_records) const = 0;
  /// How many records were ever on disk: one more than the last one's number.
  virtual Sequence size() const = 0;
  /// The number of the first record that was not dropped; size() if there is none.
  virtual Sequence first() const = 0;
  /// Waits until more than `seen` are on disk or `timeout` passed; returns size().
  virtual Sequence WaitBeyond(Sequence seen, std::chrono::milliseconds timeout) const = 0;

  /// Signs the tree as it is on disk now. The head is not kept.
  virtual Result<TreeHead> Head() const = 0;
  /// All heads kept, oldest first.
  virtual Result<std::vector<TreeHead>> Heads() const = 0;
  // Errors of both: kInvalidArgument beyond size().
  virtual Result<std::vector<Hash>> Inclusion(Sequence record, std::int64_t tree_size) const = 0;
  virtual Result<std::vector<Hash>> Consistency(std::int64_t old_size,
                                                std::int64_t new_size) const = 0;

  /// Deletes whole segments all of whose records are below `before`; the tree stays.
  virtual Result<void> DropBefore(Sequence before) = 0;

  struct Stats {
    std::int64_t records = 0;   ///< On disk.
    std::int64_t syncs = 0;     ///< Of records, successful ones.
    std::int64_t failures = 0;  ///< Of writing or syncing.
    std::int64_t waiting_bytes = 0;
    std::int64_t cut_bytes = 0;  ///< Of a torn end, when the journal was opened.
    bool is_failing = false;
    std::string last_failure;  ///< For the owner's log: path and cause.
  };
  virtual Stats stats() const = 0;
};

}  // namespace sluice::audit
