#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "audit/segment.h"
#include "audit/tree_file.h"

namespace sluice::audit {

/// What a journal has on disk. One thread at a time calls what changes it, but for SyncUpTo; the
/// rest is thread-safe and sees synced records only.
class JournalFiles {
 public:
  /// As Journal::Open.
  static Result<std::unique_ptr<JournalFiles>> Open(const JournalOptions& options,
                                                    crypto::SigningKey key, const Clock& clock);

  /// How far was written at a moment.
  struct Mark {
    Sequence records = 0;
    std::int64_t bytes = 0;  ///< Of the segment.
  };

  // Changing. After an error of Write, BeginSync or SyncUpTo nothing more may be written before
  // Abandon.

  /// Writes a record's body (see AppendRecordBody) behind the last one. Returns its number.
  Result<Sequence> Write(std::string_view body);
  /// Makes what was written before BeginSync durable; EndSync then lets size() count it. Write may
  /// go on beside SyncUpTo.
  Result<Mark> BeginSync();
  Result<void> SyncUpTo(const Mark& mark);
  void EndSync(const Mark& mark);
  /// Cuts off what was written and not synced, and leaves its file: later records go into a new
  /// one. What cannot be cut off does not count once there is a new file; see segment.h.
  void Abandon();
  /// Whether the segment is long enough. EndSegment ends it, when all of it is synced: the next
  /// record goes into a new one. After an error the segment goes on.
  bool IsFull() const;
  Result<void> EndSegment();
  /// Signs and keeps a head, unless the last one kept has this size.
  Result<void> KeepHead();
  /// Thread-safe.
  Result<void> DropBefore(Sequence before);

  // Reading.
  Sequence size() const { return synced_.load(); }
  Sequence first() const;
  std::int64_t cut_bytes() const { return cut_bytes_; }
  Result<std::vector<std::string>> Read(Sequence from, std::size_t max_records) const;
  Result<TreeHead> Head() const;
  Result<std::vector<TreeHead>> Heads() const;
  Result<std::vector<Hash>> Inclusion(Sequence record, std::int64_t tree_size) const;
  Result<std::vector<Hash>> Consistency(std::int64_t old_size, std::int64_t new_size) const;

 private:
  /// Where every kSignDistance-th record of a segment begins, as far as that is known.
  struct Signs {
    std::string path;
    std::vector<std::int64_t> offsets;
  };
  /// The segment being written.
  struct Active {
    Sequence first = 0;
    std::string path;
    FileDescriptor file;
    std::int64_t written_bytes = 0;
    std::int64_t synced_bytes = 0;
  };
  /// The record `sequence` stands at `offset` of the segment that ends before `end`.
  struct Position {
    std::string path;
    Sequence segment = 0;
    Sequence sequence = 0;
    std::int64_t offset = 0;
    Sequence end = 0;
  };

  JournalFiles(const JournalOptions& options, crypto::SigningKey key, const Clock& clock,
               TreeFile tree);

  // Opening, in this order.
  Result<void> FindSegments();
  Result<void> ReadRecords();
  Result<void> ReadSegment(const SegmentFile& segment, Sequence end);
  Result<void> ReadLastSegment(const SegmentFile& segment);
  Result<void> CutTornEnd(const SegmentReader& reader, const SegmentFile& segment);
  Result<void> AddToTree(std::string_view text, const std::string& path);
  Result<void> CheckLastHead();

  Result<void> BeginSegment();
  Result<void> SyncTree();
  std::string HeadsPath() const { return options_.directory + "/heads"; }
  Result<Position> Find(Sequence sequence) const;
  void Signpost(Sequence first, Sequence sequence, std::int64_t offset) const;

  const JournalOptions options_;
  const crypto::SigningKey key_;
  const Clock& clock_;
  TreeFile tree_;
  std::int64_t cut_bytes_ = 0;

  // Of what changes it.
  Active active_;
  Sequence written_ = 0;
  bool is_tree_doubtful_ = false;  ///< Hashes of abandoned records may be on disk.
  std::int64_t heads_bytes_ = 0;
  std::int64_t last_head_size_ = 0;
  std::string frame_;
  std::vector<Hash> new_hashes_;  ///< The last ones of the tree, not in its file yet.

  std::atomic<Sequence> synced_ = 0;
  mutable std::mutex mutex_;
  mutable std::map<Sequence, Signs> segments_;  ///< By their first record. Guarded by mutex_.
};

}  // namespace sluice::audit
