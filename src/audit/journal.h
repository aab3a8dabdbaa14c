#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"
#include "audit/record.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::crypto {
class SigningKey;
}

namespace sluice::audit {

/// Where a record came to stand.
using Sequence = std::int64_t;

/// A signed tree head: what the node vouches for at that size.
struct TreeHead {
  std::string node;
  std::int64_t size = 0;  ///< Records 0 to size - 1.
  Hash root{};
  SystemTime time{};
  std::string signature;  ///< Ed25519 over TreeHeadText, base64url.
};
/// The signed text: "sluice audit tree v1\nNODE\nSIZE\nROOT in base64\nMILLISECONDS\n".
std::string TreeHeadText(const TreeHead& head);

/// A node's own log of decisions, in a folder of its data directory. Records are numbered from 0
/// without gaps, in the order in which they were given. Threads that append at the same time share
/// one fdatasync. Thread-safe.
///
///   SEQUENCE.log   records: length (4 bytes, little-endian) | CRC-32C of the text (4) | text.
///                  The name is the first record's number, 20 digits. A new file every
///                  `segment_bytes`. After a crash the torn end of the last one is cut off.
///   tree           the hashes of the Merkle tree over all records, see StoredHashIndex
///   heads          signed tree heads, one JSON line each: at each new segment, at the end, and
///   every
///                  `head_interval` in which something was written
class Journal {
 public:
  struct Options {
    std::string directory;
    std::string node;  ///< Names the tree: unique among nodes that share a store, and lasting.
    std::size_t segment_bytes = 64 << 20;
    std::size_t max_waiting_bytes = 16 << 20;  ///< Of records not yet written; callers wait.
    std::chrono::milliseconds head_interval{60'000};
    /// Records younger than this are not synced by themselves: those given without waiting.
    std::chrono::milliseconds lazy_sync{200};
  };

  /// Reads what is there, cuts a torn end off, and checks that the tree's hashes fit the records of
  /// the last file. Errors: kCorruptData, naming the file and place, for damage elsewhere;
  /// kUnavailable if the folder cannot be written. `clock` must outlive the journal.
  static Result<std::unique_ptr<Journal>> Open(const Options& options, crypto::SigningKey key,
                                               const Clock& clock);
  virtual ~Journal() = default;  ///< Writes and syncs what is waiting, and a head.

  /// Returns when the record is on disk. Errors: kUnavailable if it cannot be written (disk full,
  /// I/O error): nothing that the record would have allowed may be done then. The journal goes on
  /// trying with later records, in a new file after a failed sync.
  virtual Result<Sequence> Append(const Record& record) = 0;
  /// Returns at once; the record is on disk soon. Errors: kUnavailable while writing fails.
  virtual Result<void> AppendSoon(const Record& record) = 0;

  /// Up to `max_records` records from `from` on that are on disk, as EncodeRecord wrote them.
  /// Errors: kNotFound if `from` was dropped already.
  virtual Result<std::vector<std::string>> Read(Sequence from, std::size_t max_records) const = 0;
  /// How many records are on disk.
  virtual Sequence size() const = 0;
  /// Waits until more than `seen` are on disk or `timeout` passed; returns size().
  virtual Sequence WaitBeyond(Sequence seen, std::chrono::milliseconds timeout) const = 0;

  /// Signs the tree as it is on disk now.
  virtual Result<TreeHead> Head() = 0;
  /// All heads kept, oldest first.
  virtual Result<std::vector<TreeHead>> Heads() const = 0;
  virtual Result<std::vector<Hash>> Inclusion(Sequence record, std::int64_t size) const = 0;
  virtual Result<std::vector<Hash>> Consistency(std::int64_t old_size,
                                                std::int64_t new_size) const = 0;

  /// Deletes whole files all of whose records are below `before`; the tree stays.
  virtual Result<void> DropBefore(Sequence before) = 0;

  struct Stats {
    std::int64_t records = 0;
    std::int64_t syncs = 0;
    std::int64_t failures = 0;
    std::int64_t waiting_bytes = 0;
    bool is_failing = false;
  };
  virtual Stats stats() const = 0;
};

}  // namespace sluice::audit
