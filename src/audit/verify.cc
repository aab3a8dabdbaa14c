#include "audit/verify.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "audit/segment.h"

namespace sluice::audit {
namespace {

constexpr std::size_t kMaxFindings = 100;

/// The root of a tree that grows, from the roots of its full subtrees.
class GrowingRoot {
 public:
  void Add(Hash hash) {
    for (std::int64_t n = size_++; (n & 1) != 0; n >>= 1) {
      hash = NodeHash(subtrees_.back(), hash);
      subtrees_.pop_back();
    }
    subtrees_.push_back(hash);
  }
  Hash Root() const {
    if (subtrees_.empty()) return EmptyTreeHash();
    Hash root = subtrees_.back();
    for (std::size_t i = subtrees_.size() - 1; i-- > 0;) root = NodeHash(subtrees_[i], root);
    return root;
  }

 private:
  std::int64_t size_ = 0;
  std::vector<Hash> subtrees_;
};

std::string Range(Sequence first, Sequence end) {
  return end - first == 1 ? Format("record {} is", first)
                          : Format("records {} to {} are", first, end - 1);
}

std::string TimeOf(const TreeHead& head) {
  std::string text;
  AppendUtc(head.time, text);
  return text;
}

/// The hashes that the journal's tree holds. A stored tree may end early: that is no fault.
class StoredTree {
 public:
  static Result<StoredTree> Read(const std::string& path) {
    StoredTree tree;
    tree.bytes_ = TRY(ReadWhole(path));
    return tree;
  }
  std::optional<Hash> At(std::int64_t index) const {
    const std::size_t begin = static_cast<std::size_t>(index) * sizeof(Hash);
    if (begin + sizeof(Hash) > bytes_.size()) return {};
    Hash hash;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(begin), sizeof(Hash), hash.begin());
    return hash;
  }

 private:
  std::string bytes_;
};

class Verification {
 public:
  explicit Verification(const JournalToVerify& journal) : journal_(journal) {}

  Result<VerifyReport> Run() {
    tree_ = TRY(StoredTree::Read(journal_.directory + "/tree"));
    TRY(ReadHeads());  // before the records: those that are added meanwhile are no fault
    const std::vector<SegmentFile> segments = TRY(ListSegments(journal_.directory));
    if (!segments.empty()) report_.first = segments.front().first;
    SkipDropped();
    CheckHeads();
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const bool is_last = i + 1 == segments.size();
      TRY(CheckSegment(segments[i], is_last ? std::nullopt : std::optional(segments[i + 1].first)));
    }
    report_.size = next_;
    ExpectNoMoreHeads();
    return std::move(report_);
  }

 private:
  void Find(std::string text) {
    if (report_.findings.size() < kMaxFindings) report_.findings.push_back(std::move(text));
  }

  Result<void> ReadHeads() {
    const std::string text = TRY(ReadWhole(journal_.directory + "/heads"));
    std::int64_t line_number = 0;
    for (const std::string_view line : SplitHeads(text).lines) {
      ++line_number;
      const Result<TreeHead> head = DecodeTreeHead(line);
      if (head.ok()) {
        AddHead(*head, "");
      } else {
        Find(Format("line {} of heads cannot be read: {}", line_number, head.error().message));
      }
    }
    for (const TreeHead& head : journal_.gathered) AddHead(head, "gathered ");
    std::ranges::stable_sort(heads_, {}, &TreeHead::size);
    const auto again = std::ranges::unique(heads_);
    heads_.erase(again.begin(), again.end());
    report_.heads = static_cast<std::int64_t>(heads_.size());
    return {};
  }

  void AddHead(const TreeHead& head, std::string_view kind) {
    if (node_.empty()) node_ = head.node;
    if (!IsSignedByOne(journal_.keys, head)) {
      Find(Format("the {}head of {} records of {} is not signed by the node's key", kind, head.size,
                  TimeOf(head)));
      return;
    }
    if (head.node != node_) {
      Find(Format("the {}head of {} records is one of node {}, not of {}", kind, head.size,
                  head.node, node_));
      return;
    }
    heads_.push_back(head);
  }

  /// Of records that were dropped the tree keeps the hashes.
  void SkipDropped() {
    if (report_.first == 0) return;
    report_.remarks.push_back(Format("{} dropped, their hashes are kept", Range(0, report_.first)));
    SkipTo(report_.first);
  }

  /// Goes on at record `next` with the tree's word for those before it.
  void SkipTo(Sequence next) {
    while (next_ < next) {
      const std::optional<Hash> leaf = tree_.At(StoredHashIndex(0, next_));
      if (!leaf) {  // and no later one either: the loop is no longer than the tree
        is_tree_cut_ = true;
        next_ = next;
        return CheckHeads();
      }
      AddLeaf(*leaf);
    }
  }

  void AddLeaf(const Hash& leaf) {
    CheckStoredHashes(leaf);
    records_.Add(leaf);
    ++next_;
    CheckHeads();
  }

  /// That the stored hashes behind the leaf are what the stored ones before them make.
  void CheckStoredHashes(const Hash& leaf) {
    const ReadHash read = [&](std::int64_t index) -> Result<Hash> {
      const std::optional<Hash> hash = tree_.At(index);
      if (!hash) return NotFound("the tree ends before");
      return *hash;
    };
    const std::int64_t index = StoredHashIndex(0, next_);
    const Hash stored_leaf = tree_.At(index).value_or(leaf);
    const auto expected = HashesToAppend(next_, stored_leaf, read);
    if (!expected.ok()) return;
    for (std::size_t i = 1; i < expected->size(); ++i) {
      const auto stored = tree_.At(index + static_cast<std::int64_t>(i));
      if (!stored || *stored == (*expected)[i]) continue;
      Find(
          Format("the tree was altered: a hash over the records up to {} is not that of the hashes "
                 "below it",
                 next_));
      return;
    }
  }

  /// Compares the heads of as many records as were read.
  void CheckHeads() {
    for (; next_head_ < heads_.size() && heads_[next_head_].size <= next_; ++next_head_) {
      const TreeHead& head = heads_[next_head_];
      if (head.size == next_ && records_.Root() == head.root) {
        fitting_ = next_;
      } else if (!is_told_) {
        is_told_ = true;
        Find(
            Format("the first {} records are not those for which the head of {} was signed: from "
                   "record {} on, one or more were altered, removed or added",
                   head.size, TimeOf(head), fitting_));
      }
    }
  }

  Result<void> CheckSegment(const SegmentFile& segment, std::optional<Sequence> end) {
    if (next_ < segment.first) {
      Find(Format("{} missing", Range(next_, segment.first)));
      SkipTo(segment.first);
    }
    SegmentReader reader = TRY(SegmentReader::Open(segment.path));
    while (!end || next_ < *end) {
      const std::int64_t offset = reader.offset();
      const auto text = reader.Next();
      if (!text.ok() && text.error().code != ErrorCode::kCorruptData) return text.error();
      if (!text.ok()) return AfterDamage(reader, segment, end);
      if (!*text) break;
      CheckRecord(**text, segment.path, offset);
    }
    if (end && next_ < *end) {
      Find(Format("{} missing at the end of {}", Range(next_, *end), segment.path));
      SkipTo(*end);
    }
    return {};
  }

  Result<void> AfterDamage(const SegmentReader& reader, const SegmentFile& segment,
                           std::optional<Sequence> end) {
    const bool is_damage = TRY(reader.IsDamage());
    if (!end && !is_damage) {
      report_.remarks.push_back(
          Format("{} ends with a record that was not written to its end", segment.path));
      return {};
    }
    Find(Format("record {} is damaged, and what follows in {} from offset {} on cannot be read",
                next_, segment.path, reader.offset()));
    SkipTo(end.value_or(next_ + 1));
    return {};
  }

  void CheckRecord(std::string_view text, const std::string& path, std::int64_t offset) {
    const Result<DecodedRecord> record = DecodeRecord(text);
    if (!record.ok()) {
      Find(Format("record {} ({} at offset {}) is none: {}", next_, path, offset,
                  record.error().message));
    } else if (record->sequence != next_) {
      Find(Format("record {} stands where record {} should ({} at offset {})", record->sequence,
                  next_, path, offset));
    } else if (!node_.empty() && record->node != node_) {
      Find(Format("record {} is one of node {}, not of {}", next_, record->node, node_));
    }
    if (record.ok() && node_.empty()) node_ = record->node;
    const Hash leaf = LeafHash(text);
    const std::optional<Hash> stored = tree_.At(StoredHashIndex(0, next_));
    if (stored && *stored != leaf) {
      Find(
          Format("record {} was altered, or its hash in the tree was: they do not fit ({} at "
                 "offset {})",
                 next_, path, offset));
    }
    AddLeaf(leaf);
  }

  void ExpectNoMoreHeads() {
    if (is_tree_cut_) Find("hashes of records that are not here are missing in the tree");
    if (next_head_ >= heads_.size()) return;
    const TreeHead& last = heads_.back();
    Find(Format("{} missing at the end: a head of {} records was signed at {}",
                Range(next_, last.size), last.size, TimeOf(last)));
  }

  const JournalToVerify& journal_;
  VerifyReport report_;
  std::string node_;
  StoredTree tree_;
  std::vector<TreeHead> heads_;  ///< Rightly signed, by size.
  std::size_t next_head_ = 0;
  Sequence next_ = 0;
  Sequence fitting_ = 0;  ///< The largest size whose head fits.
  bool is_told_ = false;
  bool is_tree_cut_ = false;
  GrowingRoot records_;
};

}  // namespace

Result<VerifyReport> VerifyJournal(const JournalToVerify& journal) {
  return Verification(journal).Run();
}

}  // namespace sluice::audit
