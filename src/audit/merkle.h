#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"

namespace sluice::audit {

// The Merkle tree of RFC 6962, section 2.1, over SHA-256. Everything here is a pure function.

using Hash = crypto::Sha256Digest;

Hash LeafHash(std::string_view leaf);                ///< SHA-256(0x00 || leaf)
Hash NodeHash(const Hash& left, const Hash& right);  ///< SHA-256(0x01 || left || right)
Hash EmptyTreeHash();                                ///< SHA-256("")

/// Where the hashes of a growing tree stand in an append-only file of 32-byte hashes: each leaf's,
/// followed by those of the subtrees that it completes, smallest first. Adding a leaf appends;
/// every hash of a proof can be read by its index.
///
/// The index of the `n`-th full subtree of 2^`level` leaves. Leaf n is StoredHashIndex(0, n).
std::int64_t StoredHashIndex(int level, std::int64_t n);
std::int64_t StoredHashCount(std::int64_t leaves);

/// Reads a stored hash. What it fails with is handed on.
using ReadHash = std::function<Result<Hash>(std::int64_t stored_index)>;

/// The hashes to append for leaf number `leaf`, the first being `leaf_hash`.
Result<std::vector<Hash>> HashesToAppend(std::int64_t leaf, const Hash& leaf_hash,
                                         const ReadHash& read);

// Errors of the following also: kInvalidArgument for numbers that are none of such a tree.

/// The root of the first `size` leaves.
Result<Hash> TreeHash(std::int64_t size, const ReadHash& read);
/// RFC 6962, section 2.1.1: that leaf number `leaf` is in the tree of `size` leaves.
Result<std::vector<Hash>> InclusionProof(std::int64_t leaf, std::int64_t size,
                                         const ReadHash& read);
/// RFC 6962, section 2.1.2: that the tree of `new_size` only appended to that of `old_size`. Empty
/// for an old size of 0, of which there is nothing to prove.
Result<std::vector<Hash>> ConsistencyProof(std::int64_t old_size, std::int64_t new_size,
                                           const ReadHash& read);

/// What somebody says the tree is.
struct ClaimedTree {
  std::int64_t size = 0;
  Hash root{};
};
// Errors of both: kCorruptData if the proof does not hold.
Result<void> VerifyInclusion(std::int64_t leaf, const Hash& leaf_hash, const ClaimedTree& tree,
                             const std::vector<Hash>& proof);
Result<void> VerifyConsistency(const ClaimedTree& older, const ClaimedTree& newer,
                               const std::vector<Hash>& proof);

}  // namespace sluice::audit
