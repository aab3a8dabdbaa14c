#include "catalog/indexes.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/encoding.h"

namespace sluice::catalog {
namespace {

std::optional<std::size_t> Position(
    const std::unordered_map<std::string_view, std::size_t>& positions, std::string_view key) {
  const auto found = positions.find(key);
  if (found == positions.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::size_t DigestHash::operator()(const crypto::Sha256Digest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

ShareIndex::ShareIndex(const std::vector<SharePtr>& from_file, std::vector<SharePtr> managed) {
  const std::size_t count = from_file.size() + managed.size();
  all_.reserve(count);
  by_name_.reserve(count);
  by_id_.reserve(count);
  for (const SharePtr& share : from_file) Add(share);
  file_share_count_ = all_.size();
  std::ranges::sort(managed, {},
                    [](const SharePtr& share) { return std::string_view(share->folded_name()); });
  for (const SharePtr& share : managed) Add(share);
}

void ShareIndex::Add(const SharePtr& share) {
  const std::size_t position = all_.size();
  if (!by_name_.emplace(share->folded_name(), position).second) {
    hidden_.push_back(share->name().value());
    return;
  }
  by_id_.emplace(share->id(), position);
  table_count_ += share->tables().size();
  all_.push_back(share);
}

std::optional<std::size_t> ShareIndex::Find(const protocol::ShareName& name) const {
  return Position(by_name_, AsciiLower(name.value()));
}

std::optional<std::size_t> ShareIndex::FindById(std::string_view id) const {
  return Position(by_id_, id);
}

RecipientIndex::RecipientIndex(std::vector<RecipientPtr> recipients) : all_(std::move(recipients)) {
  by_name_.reserve(all_.size());
  by_id_.reserve(all_.size());
  by_token_.reserve(all_.size());
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const ManagedRecipient& record = all_[i]->record;
    by_name_.emplace(AsciiLower(record.name), i);
    by_id_.emplace(record.id, i);
    for (std::size_t token = 0; token < record.tokens.size(); ++token) {
      by_token_.emplace(record.tokens[token].sha256, TokenPosition{i, token});
    }
  }
}

const RecipientPtr* RecipientIndex::Find(std::string_view name) const {
  const auto found = by_name_.find(AsciiLower(name));
  return found == by_name_.end() ? nullptr : &all_[found->second];
}

const RecipientPtr* RecipientIndex::FindById(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &all_[found->second];
}

RecipientIndex::Holder RecipientIndex::FindToken(const crypto::Sha256Digest& sha256) const {
  const auto found = by_token_.find(sha256);
  if (found == by_token_.end()) return {};
  const RecipientPtr& recipient = all_[found->second.holder];
  return {&recipient, &recipient->record.tokens[found->second.token]};
}

}  // namespace sluice::catalog
