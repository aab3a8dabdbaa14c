#include "audit/merkle.h"

#include <bit>
#include <cstddef>

namespace sluice::audit {
namespace {

using Hashes = std::vector<Hash>;

/// The largest power of two below `size`, which is at least 2: where RFC 6962 splits a tree.
std::int64_t SplitPoint(std::int64_t size) {
  return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(size - 1)));
}

int Level(std::int64_t full_size) {
  return std::countr_zero(static_cast<std::uint64_t>(full_size));
}

/// Leaves `begin` to `end` - 1, where `begin` is a multiple of the largest power of two in the
/// size.
struct Range {
  std::int64_t begin;
  std::int64_t end;

  std::int64_t size() const { return end - begin; }
  Range Left() const { return {begin, begin + SplitPoint(size())}; }
  Range Right() const { return {begin + SplitPoint(size()), end}; }
};

/// MTH of RFC 6962 of the range. Its full subtrees are stored; the recursion goes down the right
/// edge alone, at most 63 deep.
Result<Hash> HashOf(const Range& range, const ReadHash& read) {
  const auto size = static_cast<std::uint64_t>(range.size());
  if (std::has_single_bit(size)) {
    const int level = Level(range.size());
    return read(StoredHashIndex(level, range.begin >> level));
  }
  const Hash left = TRY(HashOf(range.Left(), read));
  const Hash right = TRY(HashOf(range.Right(), read));
  return NodeHash(left, right);
}

/// PATH of RFC 6962.
Result<void> AppendPath(std::int64_t leaf, const Range& range, const ReadHash& read, Hashes& out) {
  if (range.size() == 1) return {};
  const bool is_left = leaf < range.Left().end;
  TRY(AppendPath(leaf, is_left ? range.Left() : range.Right(), read, out));
  out.push_back(TRY(HashOf(is_left ? range.Right() : range.Left(), read)));
  return {};
}

/// SUBPROOF of RFC 6962; `is_known` is its b: whether the verifier has the range's own hash.
struct OldTree {
  std::int64_t size;
  bool is_known;
};
Result<void> AppendSubproof(const OldTree& old, const Range& range, const ReadHash& read,
                            Hashes& out) {
  if (old.size == range.end) {
    if (!old.is_known) out.push_back(TRY(HashOf(range, read)));
    return {};
  }
  if (old.size <= range.Left().end) {
    TRY(AppendSubproof(old, range.Left(), read, out));
    out.push_back(TRY(HashOf(range.Right(), read)));
  } else {
    TRY(AppendSubproof({old.size, false}, range.Right(), read, out));
    out.push_back(TRY(HashOf(range.Left(), read)));
  }
  return {};
}

Error DoesNotHold(std::string_view what) { return CorruptData("the {} proof does not hold", what); }

/// Folds the path of one leaf, or of one subtree, up to the root.
class Climb {
 public:
  /// `node` and `last` number the node and the last one of its level.
  Climb(std::int64_t node, std::int64_t last) : node_(node), last_(last) {}

  bool AtRoot() const { return last_ == 0; }
  /// Whether the next hash of the proof stands on the left. A node without a sibling rises.
  bool NextIsLeft() {
    if ((node_ & 1) == 0 && node_ != last_) return false;
    while ((node_ & 1) == 0 && node_ != 0) Rise();
    return true;
  }
  void Rise() {
    node_ >>= 1;
    last_ >>= 1;
  }

 private:
  std::int64_t node_;
  std::int64_t last_;
};

}  // namespace

Hash LeafHash(std::string_view leaf) { return crypto::Sha256({std::string_view("\0", 1), leaf}); }

Hash NodeHash(const Hash& left, const Hash& right) {
  return crypto::Sha256({"\1", crypto::AsText(left), crypto::AsText(right)});
}

Hash EmptyTreeHash() { return crypto::Sha256(""); }

std::int64_t StoredHashCount(std::int64_t leaves) {
  std::int64_t count = 0;
  for (; leaves > 0; leaves >>= 1) count += leaves;
  return count;
}

std::int64_t StoredHashIndex(int level, std::int64_t n) {
  // The leaf that completes the subtree; its hash stands after those of all leaves before it.
  const std::int64_t last_leaf = ((n + 1) << level) - 1;
  return StoredHashCount(last_leaf) + level;
}

Result<Hashes> HashesToAppend(std::int64_t leaf, const Hash& leaf_hash, const ReadHash& read) {
  Hashes hashes{leaf_hash};
  for (int level = 0; ((leaf >> level) & 1) != 0; ++level) {
    const Hash left = TRY(read(StoredHashIndex(level, (leaf >> level) - 1)));
    hashes.push_back(NodeHash(left, hashes.back()));
  }
  return hashes;
}

Result<Hash> TreeHash(std::int64_t size, const ReadHash& read) {
  if (size < 0) return InvalidArgument("a tree has no {} leaves", size);
  if (size == 0) return EmptyTreeHash();
  return HashOf({0, size}, read);
}

Result<Hashes> InclusionProof(std::int64_t leaf, std::int64_t size, const ReadHash& read) {
  if (leaf < 0 || leaf >= size) {
    return InvalidArgument("record {} is not in a tree of {}", leaf, size);
  }
  Hashes proof;
  TRY(AppendPath(leaf, {0, size}, read, proof));
  return proof;
}

Result<Hashes> ConsistencyProof(std::int64_t old_size, std::int64_t new_size,
                                const ReadHash& read) {
  if (old_size < 0 || old_size > new_size) {
    return InvalidArgument("a tree of {} is not the beginning of one of {}", old_size, new_size);
  }
  Hashes proof;
  if (old_size > 0) TRY(AppendSubproof({old_size, true}, {0, new_size}, read, proof));
  return proof;
}

Result<void> VerifyInclusion(std::int64_t leaf, const Hash& leaf_hash, const ClaimedTree& tree,
                             const Hashes& proof) {
  if (leaf < 0 || leaf >= tree.size) return DoesNotHold("inclusion");
  Climb climb(leaf, tree.size - 1);
  Hash hash = leaf_hash;
  for (const Hash& sibling : proof) {
    if (climb.AtRoot()) return DoesNotHold("inclusion");
    hash = climb.NextIsLeft() ? NodeHash(sibling, hash) : NodeHash(hash, sibling);
    climb.Rise();
  }
  if (!climb.AtRoot() || hash != tree.root) return DoesNotHold("inclusion");
  return {};
}

Result<void> VerifyConsistency(const ClaimedTree& older, const ClaimedTree& newer,
                               const Hashes& proof) {
  if (older.size < 0 || older.size > newer.size) return DoesNotHold("consistency");
  if (older.size == 0 || older.size == newer.size) {
    const Hash& expected = older.size == 0 ? EmptyTreeHash() : newer.root;
    if (!proof.empty() || older.root != expected) return DoesNotHold("consistency");
    return {};
  }
  // The proof begins at the largest full subtree that ends where the older tree does; if that is
  // the older tree itself, its hash is left out.
  const auto old_size = static_cast<std::uint64_t>(older.size);
  const int level = std::countr_zero(old_size);
  const bool is_whole = std::has_single_bit(old_size);
  if (!is_whole && proof.empty()) return DoesNotHold("consistency");
  Hash old_hash = is_whole ? older.root : proof.front();
  Hash new_hash = old_hash;
  Climb climb((older.size - 1) >> level, (newer.size - 1) >> level);
  for (std::size_t i = is_whole ? 0 : 1; i < proof.size(); ++i) {
    if (climb.AtRoot()) return DoesNotHold("consistency");
    if (climb.NextIsLeft()) {
      old_hash = NodeHash(proof[i], old_hash);
      new_hash = NodeHash(proof[i], new_hash);
    } else {
      new_hash = NodeHash(new_hash, proof[i]);
    }
    climb.Rise();
  }
  if (!climb.AtRoot() || old_hash != older.root || new_hash != newer.root) {
    return DoesNotHold("consistency");
  }
  return {};
}

}  // namespace sluice::audit
