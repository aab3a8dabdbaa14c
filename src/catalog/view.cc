#include "catalog/view.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"

namespace sluice::catalog {
namespace {

using protocol::SchemaName;
using protocol::ShareName;
using protocol::TableRef;

// Stands in for a share that is not there or not granted, so that looking for a table in it does
// what it would do otherwise.
const Share& NoShare() {
  static const SharePtr none = Share::Make({.name = "none"}).value();
  return *none;
}

}  // namespace

RecipientPtr MakeRecipient(ManagedRecipient record, bool reads_file_shares) {
  auto recipient = std::make_shared<Recipient>();
  std::ranges::sort(record.grants, {}, &Grant::share_id);
  auto networks = http::Networks::Parse(record.allowed_networks);
  if (networks.ok()) recipient->networks = std::move(networks).value();
  recipient->record = std::move(record);
  recipient->reads_file_shares = reads_file_shares;
  return recipient;
}

RecipientPtr BuiltInRecipient(std::string_view name) {
  return MakeRecipient({.id = std::string(name), .name = std::string(name)},
                       /*reads_file_shares=*/true);
}

std::vector<const Share*> RecipientView::Shares() const {
  std::vector<const Share*> seen;
  if (recipient_ == nullptr) return seen;
  if (recipient_->reads_file_shares) {
    for (std::size_t i = 0; i < view_.file_share_count_; ++i)
      seen.push_back(view_.shares_[i].get());
  }
  std::vector<std::size_t> granted;
  for (const Grant& grant : recipient_->record.grants) {
    const auto found = view_.share_by_id_.find(grant.share_id);
    if (found == view_.share_by_id_.end()) continue;
    const bool is_from_file = found->second < view_.file_share_count_;
    if (is_from_file && recipient_->reads_file_shares) continue;  // is there already
    if (IsGranted(*view_.shares_[found->second], is_from_file)) granted.push_back(found->second);
  }
  std::ranges::sort(granted);
  for (const std::size_t i : granted) seen.push_back(view_.shares_[i].get());
  return seen;
}

Result<const Share*> RecipientView::FindShare(const ShareName& name) const {
  const Share* const share = LookUp(name);
  if (share == &NoShare()) return NotFound("share '{}' does not exist", name);
  return share;
}

Result<RecipientView::FoundSchema> RecipientView::FindSchema(const ShareName& share,
                                                             const SchemaName& name) const {
  const Share* const granted = LookUp(share);
  const Schema* const schema = granted->FindSchema(name);
  if (schema == nullptr) return NotFound("schema '{}.{}' does not exist", share, name);
  return FoundSchema{granted, schema};
}

Result<RecipientView::FoundTable> RecipientView::FindTable(const TableRef& ref) const {
  const Share* const granted = LookUp(ref.share);
  const SharedTable* const table = granted->FindTable(ref.schema, ref.table);
  if (table == nullptr) return NotFound("table '{}' does not exist", ref.ToString());
  return FoundTable{granted, table};
}

const Share* RecipientView::LookUp(const ShareName& name) const {
  const auto found = view_.share_by_name_.find(AsciiLower(name.value()));
  if (found == view_.share_by_name_.end() || recipient_ == nullptr) return &NoShare();
  const Share& share = *view_.shares_[found->second];
  return IsGranted(share, found->second < view_.file_share_count_) ? &share : &NoShare();
}

bool RecipientView::IsGranted(const Share& share, bool is_from_file) const {
  if (is_from_file && recipient_->reads_file_shares) return true;
  const std::vector<Grant>& grants = recipient_->record.grants;
  const auto found = std::ranges::lower_bound(grants, share.id(), {}, &Grant::share_id);
  if (found == grants.end() || found->share_id != share.id()) return false;
  return !found->expires_at || now_ < *found->expires_at;
}

ViewPtr View::Of(Parts parts) {
  const std::shared_ptr<View> view(new View());
  view->settings_ = parts.settings ? std::move(parts.settings) : std::make_shared<OwnerSettings>();
  view->recipients_ = std::move(parts.recipients);
  view->IndexShares(parts);
  view->IndexRecipients();
  return view;
}

Result<std::vector<SharePtr>> View::MakeShares(
    std::span<const config::ConfiguredShare> configured) {
  std::vector<SharePtr> shares;
  std::unordered_set<std::string> names;
  for (const config::ConfiguredShare& share : configured) {
    shares.push_back(TRY(Share::Make(share)));
    if (names.insert(shares.back()->folded_name()).second) continue;
    Error error = InvalidArgument("share '{}' is given twice", share.name);
    if (!share.where.empty()) error.message = Format("{}: {}", share.where, error.message);
    return error;
  }
  return shares;
}

void View::IndexShares(Parts& parts) {
  const auto add = [this](SharePtr share) {
    const std::size_t position = shares_.size();
    if (!share_by_name_.emplace(share->folded_name(), position).second) {
      hidden_shares_.push_back(share->name().value());
      return;
    }
    share_by_id_.emplace(share->id(), position);
    table_count_ += share->tables().size();
    shares_.push_back(std::move(share));
  };
  for (SharePtr& share : parts.file_shares) add(std::move(share));
  file_share_count_ = shares_.size();
  std::ranges::sort(parts.managed_shares, {},
                    [](const SharePtr& share) { return std::string_view(share->folded_name()); });
  for (SharePtr& share : parts.managed_shares) add(std::move(share));
}

void View::IndexRecipients() {
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    const ManagedRecipient& record = recipients_[i]->record;
    recipient_by_name_.emplace(AsciiLower(record.name), i);
    recipient_by_id_.emplace(record.id, i);
    for (std::size_t token = 0; token < record.tokens.size(); ++token) {
      tokens_.emplace(record.tokens[token].sha256, TokenPosition{i, token});
    }
  }
  const std::vector<Principal>& principals = settings_->principals;
  for (std::size_t i = 0; i < principals.size(); ++i) {
    for (std::size_t token = 0; token < principals[i].tokens.size(); ++token) {
      principal_tokens_.emplace(principals[i].tokens[token].sha256, TokenPosition{i, token});
    }
  }
}

SharePtr View::FindShare(const ShareName& name) const {
  const auto found = share_by_name_.find(AsciiLower(name.value()));
  return found == share_by_name_.end() ? nullptr : shares_[found->second];
}

SharePtr View::FindShareById(std::string_view id) const {
  const auto found = share_by_id_.find(id);
  return found == share_by_id_.end() ? nullptr : shares_[found->second];
}

RecipientPtr View::FindRecipient(std::string_view name) const {
  const auto found = recipient_by_name_.find(AsciiLower(name));
  return found == recipient_by_name_.end() ? nullptr : recipients_[found->second];
}

RecipientPtr View::FindRecipientById(std::string_view id) const {
  const auto found = recipient_by_id_.find(id);
  return found == recipient_by_id_.end() ? nullptr : recipients_[found->second];
}

View::TokenHolder View::FindToken(const crypto::Sha256Digest& sha256) const {
  const auto found = tokens_.find(sha256);
  if (found == tokens_.end()) return {};
  const RecipientPtr& recipient = recipients_[found->second.holder];
  return {recipient, &recipient->record.tokens[found->second.token]};
}

View::PrincipalToken View::FindPrincipalToken(const crypto::Sha256Digest& sha256) const {
  const auto found = principal_tokens_.find(sha256);
  if (found == principal_tokens_.end()) return {};
  const Principal& principal = settings_->principals[found->second.holder];
  return {&principal, &principal.tokens[found->second.token]};
}

RecipientView View::SeenBy(std::string_view recipient, SystemTime now) const {
  const auto found = recipient_by_name_.find(AsciiLower(recipient));
  if (found == recipient_by_name_.end()) return {*this, nullptr, now};
  const Recipient* const known = recipients_[found->second].get();
  return {*this, known->IsGoodAt(now) ? known : nullptr, now};
}

// A digest's first bytes are as good as any hash; who tries tokens cannot choose them.
std::size_t View::DigestHash::operator()(const crypto::Sha256Digest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

}  // namespace sluice::catalog
