#include "audit/merkle.h"

#include <bit>
#include <string>

#include "base/encoding.h"
#include "base/testing.h"

namespace sluice::audit {
namespace {

using Hashes = std::vector<Hash>;

std::string Hex(const Hash& hash) { return HexEncode(crypto::AsText(hash)); }

std::string Bytes(int first, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(first + i));
  return bytes;
}

/// The leaves of the reference tests of Certificate Transparency, and the roots of their trees.
const std::vector<std::string> kLeaves = {"",
                                          Bytes(0x00, 1),
                                          Bytes(0x10, 1),
                                          Bytes(0x20, 2),
                                          Bytes(0x30, 2),
                                          Bytes(0x40, 4),
                                          Bytes(0x50, 8),
                                          Bytes(0x60, 16)};
constexpr const char* kRoots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

/// A tree as the journal keeps it: nothing but its stored hashes.
class Tree {
 public:
  void Add(std::string_view leaf) {
    const Result<Hashes> hashes = HashesToAppend(size_++, LeafHash(leaf), Reader());
    ASSERT_THAT(hashes, IsOk());
    stored_.insert(stored_.end(), hashes->begin(), hashes->end());
  }
  ReadHash Reader() const {
    return [this](std::int64_t index) -> Result<Hash> {
      if (index < 0 || index >= static_cast<std::int64_t>(stored_.size())) {
        return CorruptData("no hash {}", index);
      }
      return stored_[static_cast<std::size_t>(index)];
    };
  }
  std::int64_t size() const { return size_; }
  std::int64_t stored() const { return static_cast<std::int64_t>(stored_.size()); }

 private:
  std::int64_t size_ = 0;
  Hashes stored_;
};

// The definitions of RFC 6962, section 2.1, word for word, over the leaves' hashes.
using Leaves = std::vector<Hash>;

Leaves Part(const Leaves& leaves, std::size_t begin, std::size_t end) {
  return {leaves.begin() + static_cast<std::ptrdiff_t>(begin),
          leaves.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::size_t SplitOf(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Hash Mth(const Leaves& d) {
  if (d.empty()) return crypto::Sha256("");
  if (d.size() == 1) return d[0];
  const std::size_t k = SplitOf(d.size());
  return NodeHash(Mth(Part(d, 0, k)), Mth(Part(d, k, d.size())));
}

Hashes Path(std::size_t m, const Leaves& d) {
  if (d.size() == 1) return {};
  const std::size_t k = SplitOf(d.size());
  Hashes path = m < k ? Path(m, Part(d, 0, k)) : Path(m - k, Part(d, k, d.size()));
  path.push_back(m < k ? Mth(Part(d, k, d.size())) : Mth(Part(d, 0, k)));
  return path;
}

Hashes Subproof(std::size_t m, const Leaves& d, bool b) {
  if (m == d.size()) return b ? Hashes{} : Hashes{Mth(d)};
  const std::size_t k = SplitOf(d.size());
  Hashes proof =
      m <= k ? Subproof(m, Part(d, 0, k), b) : Subproof(m - k, Part(d, k, d.size()), false);
  proof.push_back(m <= k ? Mth(Part(d, k, d.size())) : Mth(Part(d, 0, k)));
  return proof;
}

constexpr std::size_t kMaxSize = 64;

class Exhaustive : public testing::Test {
 protected:
  Exhaustive() {
    for (std::size_t i = 0; i < kMaxSize; ++i) {
      const std::string text = "record " + std::to_string(i);
      leaves_.push_back(LeafHash(text));
      tree_.Add(text);
    }
  }
  Leaves First(std::size_t n) const { return Part(leaves_, 0, n); }
  ClaimedTree Claim(std::size_t n) const { return {static_cast<std::int64_t>(n), Mth(First(n))}; }

  Leaves leaves_;
  Tree tree_;
};

TEST(Merkle, GivesTheRootsOfTheReferenceTests) {
  Tree tree;
  EXPECT_EQ(Hex(TreeHash(0, tree.Reader()).value()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t i = 0; i < kLeaves.size(); ++i) {
    tree.Add(kLeaves[i]);
    EXPECT_EQ(Hex(TreeHash(tree.size(), tree.Reader()).value()), kRoots[i]);
  }
  // Older trees stay readable.
  EXPECT_EQ(Hex(TreeHash(3, tree.Reader()).value()), kRoots[2]);
}

TEST(Merkle, GivesAPathOfTheReferenceTests) {
  Tree tree;
  for (const std::string& leaf : kLeaves) tree.Add(leaf);
  const Hashes path = InclusionProof(0, 8, tree.Reader()).value();
  ASSERT_EQ(path.size(), 3U);
  EXPECT_EQ(Hex(path[0]), "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
  EXPECT_EQ(Hex(path[1]), "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
  EXPECT_EQ(Hex(path[2]), "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
}

TEST(Merkle, StoredHashesStandBehindTheirLastLeaf) {
  // Leaves a to d: a, b, ab, c, d, cd, abcd.
  EXPECT_EQ(StoredHashIndex(0, 0), 0);
  EXPECT_EQ(StoredHashIndex(0, 1), 1);
  EXPECT_EQ(StoredHashIndex(1, 0), 2);
  EXPECT_EQ(StoredHashIndex(0, 2), 3);
  EXPECT_EQ(StoredHashIndex(1, 1), 5);
  EXPECT_EQ(StoredHashIndex(2, 0), 6);
  EXPECT_EQ(StoredHashCount(0), 0);
  EXPECT_EQ(StoredHashCount(4), 7);
}

TEST_F(Exhaustive, RootsAreThoseOfTheDefinition) {
  EXPECT_EQ(tree_.stored(), StoredHashCount(kMaxSize));
  for (std::size_t n = 0; n <= kMaxSize; ++n) {
    EXPECT_EQ(TreeHash(static_cast<std::int64_t>(n), tree_.Reader()).value(), Mth(First(n))) << n;
  }
}

TEST_F(Exhaustive, InclusionProofsAreThoseOfTheDefinitionAndHold) {
  for (std::size_t n = 1; n <= kMaxSize; ++n) {
    const ClaimedTree claim = Claim(n);
    for (std::size_t m = 0; m < n; ++m) {
      const auto leaf = static_cast<std::int64_t>(m);
      const auto proof = InclusionProof(leaf, claim.size, tree_.Reader());
      ASSERT_THAT(proof, IsOkAnd(Path(m, First(n)))) << m << " of " << n;
      EXPECT_THAT(VerifyInclusion(leaf, leaves_[m], claim, *proof), IsOk());
      EXPECT_FALSE(VerifyInclusion(leaf, leaves_[(m + 1) % kMaxSize], claim, *proof).ok());
      const std::int64_t other = (leaf + 1) % claim.size;
      EXPECT_EQ(VerifyInclusion(other, leaves_[m], claim, *proof).ok(), n == 1);
      Hashes longer = *proof;
      longer.push_back(claim.root);
      EXPECT_FALSE(VerifyInclusion(leaf, leaves_[m], claim, longer).ok());
      if (!proof->empty()) {
        EXPECT_FALSE(
            VerifyInclusion(leaf, leaves_[m], claim, Hashes(proof->begin(), proof->end() - 1))
                .ok());
      }
    }
  }
}

TEST_F(Exhaustive, ConsistencyProofsAreThoseOfTheDefinitionAndHold) {
  for (std::size_t n = 1; n <= kMaxSize; ++n) {
    const ClaimedTree newer = Claim(n);
    for (std::size_t m = 1; m <= n; ++m) {
      const ClaimedTree older = Claim(m);
      const auto proof = ConsistencyProof(older.size, newer.size, tree_.Reader());
      ASSERT_THAT(proof, IsOkAnd(Subproof(m, First(n), true))) << m << " of " << n;
      EXPECT_THAT(VerifyConsistency(older, newer, *proof), IsOk()) << m << " of " << n;
      ClaimedTree altered = older;
      altered.root[0] ^= 1;
      EXPECT_FALSE(VerifyConsistency(altered, newer, *proof).ok());
      altered = newer;
      altered.root[0] ^= 1;
      EXPECT_FALSE(VerifyConsistency(older, altered, *proof).ok());
      Hashes longer = *proof;
      longer.push_back(newer.root);
      EXPECT_FALSE(VerifyConsistency(older, newer, longer).ok());
      for (std::size_t i = 0; i < proof->size(); ++i) {
        Hashes damaged = *proof;
        damaged[i][31] ^= 0x80;
        EXPECT_FALSE(VerifyConsistency(older, newer, damaged).ok());
      }
    }
  }
}

TEST_F(Exhaustive, EveryTreeBeginsWithTheEmptyOne) {
  const ClaimedTree empty{0, EmptyTreeHash()};
  EXPECT_THAT(ConsistencyProof(0, 5, tree_.Reader()), IsOkAnd(testing::IsEmpty()));
  EXPECT_THAT(VerifyConsistency(empty, Claim(5), {}), IsOk());
  EXPECT_FALSE(VerifyConsistency({0, Claim(1).root}, Claim(5), {}).ok());
}

TEST_F(Exhaustive, WhatIsNoPartOfTheTreeIsRefused) {
  const ReadHash read = tree_.Reader();
  EXPECT_THAT(InclusionProof(5, 5, read), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(InclusionProof(-1, 5, read), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(ConsistencyProof(6, 5, read), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(ConsistencyProof(-1, 5, read), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(TreeHash(-1, read), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(TreeHash(65, read), FailsWith(ErrorCode::kCorruptData));
  EXPECT_FALSE(VerifyInclusion(-1, leaves_[0], Claim(5), {}).ok());
  EXPECT_FALSE(VerifyInclusion(0, leaves_[0], {0, EmptyTreeHash()}, {}).ok());
  EXPECT_FALSE(VerifyConsistency({-1, leaves_[0]}, Claim(5), {}).ok());
  EXPECT_FALSE(VerifyConsistency(Claim(6), Claim(5), {}).ok());
}

}  // namespace
}  // namespace sluice::audit
