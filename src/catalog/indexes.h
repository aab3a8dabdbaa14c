#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catalog/recipient.h"
#include "catalog/share.h"
#include "crypto/hash.h"
#include "protocol/names.h"

namespace sluice::catalog {

/// By the hash of a token. A digest's first bytes are as good as any hash of it; who tries tokens
/// cannot choose them.
struct DigestHash {
  std::size_t operator()(const crypto::Sha256Digest& digest) const;
};

/// Shares in their order, found by name, regardless of ASCII case, and by id. Immutable, so that
/// views share it as long as no share changes.
class ShareIndex {
 public:
  /// Those of the file in its order, no name twice; managed ones in any order. A managed share of a
  /// name that the file has too is left out, and named in hidden().
  ShareIndex(const std::vector<SharePtr>& from_file, std::vector<SharePtr> managed);
  ShareIndex(const ShareIndex&) = delete;  // the keys of its maps are texts of its shares
  ShareIndex& operator=(const ShareIndex&) = delete;

  /// Those of the file first, then the managed ones by folded name.
  const std::vector<SharePtr>& all() const { return all_; }
  std::size_t file_share_count() const { return file_share_count_; }
  std::size_t table_count() const { return table_count_; }
  const std::vector<std::string>& hidden() const { return hidden_; }

  // The position among all().
  std::optional<std::size_t> Find(const protocol::ShareName& name) const;
  std::optional<std::size_t> FindById(std::string_view id) const;

 private:
  void Add(const SharePtr& share);

  std::vector<SharePtr> all_;
  std::size_t file_share_count_ = 0;
  std::size_t table_count_ = 0;
  std::vector<std::string> hidden_;
  std::unordered_map<std::string_view, std::size_t> by_name_;  // Folded.
  std::unordered_map<std::string_view, std::size_t> by_id_;
};

/// The same for recipients, who are also found by their tokens.
class RecipientIndex {
 public:
  explicit RecipientIndex(std::vector<RecipientPtr> recipients);
  RecipientIndex(const RecipientIndex&) = delete;
  RecipientIndex& operator=(const RecipientIndex&) = delete;

  const std::vector<RecipientPtr>& all() const { return all_; }

  // Null if there is none.
  const RecipientPtr* Find(std::string_view name) const;
  const RecipientPtr* FindById(std::string_view id) const;
  struct Holder {
    const RecipientPtr* recipient = nullptr;
    const TokenRecord* token = nullptr;
  };
  Holder FindToken(const crypto::Sha256Digest& sha256) const;

 private:
  struct TokenPosition {
    std::size_t holder;
    std::size_t token;
  };
  std::vector<RecipientPtr> all_;
  std::unordered_map<std::string, std::size_t> by_name_;  // Folded.
  std::unordered_map<std::string_view, std::size_t> by_id_;
  std::unordered_map<crypto::Sha256Digest, TokenPosition, DigestHash> by_token_;
};

}  // namespace sluice::catalog
