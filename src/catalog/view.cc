#include "catalog/view.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

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

const Issuer* OwnerSettings::FindIssuer(std::string_view name) const {
  const auto found = std::ranges::find_if(
      issuers, [&](const Issuer& issuer) { return EqualsIgnoringAsciiCase(issuer.name, name); });
  return found == issuers.end() ? nullptr : &*found;
}

std::vector<const Share*> RecipientView::Shares() const {
  std::vector<const Share*> seen;
  if (recipient_ == nullptr) return seen;
  const std::vector<SharePtr>& shares = view_.shares();
  if (recipient_->reads_file_shares) {
    for (std::size_t i = 0; i < view_.file_share_count(); ++i) seen.push_back(shares[i].get());
  }
  std::vector<std::size_t> granted;
  for (const Grant& grant : recipient_->record.grants) {
    const std::optional<std::size_t> found = view_.shares_->FindById(grant.share_id);
    if (!found) continue;
    const bool is_from_file = *found < view_.file_share_count();
    if (is_from_file && recipient_->reads_file_shares) continue;  // is there already
    if (IsGranted(*shares[*found], is_from_file)) granted.push_back(*found);
  }
  std::ranges::sort(granted);
  for (const std::size_t i : granted) seen.push_back(shares[i].get());
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
  const std::optional<std::size_t> found = view_.shares_->Find(name);
  if (!found || recipient_ == nullptr) return &NoShare();
  const Share& share = *view_.shares()[*found];
  return IsGranted(share, *found < view_.file_share_count()) ? &share : &NoShare();
}

bool RecipientView::IsGranted(const Share& share, bool is_from_file) const {
  if (is_from_file && recipient_->reads_file_shares) return true;
  const std::vector<Grant>& grants = recipient_->record.grants;
  const auto found = std::ranges::lower_bound(grants, share.id(), {}, &Grant::share_id);
  if (found == grants.end() || found->share_id != share.id()) return false;
  return !found->expires_at || now_ < *found->expires_at;
}

ViewPtr View::Of(Parts parts) {
  return OfIndexes(
      {.shares =
           std::make_shared<const ShareIndex>(parts.file_shares, std::move(parts.managed_shares)),
       .recipients = std::make_shared<const RecipientIndex>(std::move(parts.recipients)),
       .settings =
           parts.settings ? std::move(parts.settings) : std::make_shared<const OwnerSettings>()});
}

ViewPtr View::OfIndexes(Indexes indexes) { return ViewPtr(new View(std::move(indexes))); }

View::View(Indexes indexes)
    : shares_(std::move(indexes.shares)),
      recipients_(std::move(indexes.recipients)),
      settings_(std::move(indexes.settings)) {
  const std::vector<Principal>& principals = settings_->principals;
  for (std::size_t i = 0; i < principals.size(); ++i) {
    for (std::size_t token = 0; token < principals[i].tokens.size(); ++token) {
      principal_tokens_.emplace(principals[i].tokens[token].sha256, TokenPosition{i, token});
    }
  }
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

SharePtr View::FindShare(const ShareName& name) const {
  const std::optional<std::size_t> found = shares_->Find(name);
  return found ? shares()[*found] : nullptr;
}

SharePtr View::FindShareById(std::string_view id) const {
  const std::optional<std::size_t> found = shares_->FindById(id);
  return found ? shares()[*found] : nullptr;
}

RecipientPtr View::FindRecipient(std::string_view name) const {
  const RecipientPtr* const found = recipients_->Find(name);
  return found == nullptr ? nullptr : *found;
}

RecipientPtr View::FindRecipientById(std::string_view id) const {
  const RecipientPtr* const found = recipients_->FindById(id);
  return found == nullptr ? nullptr : *found;
}

View::TokenHolder View::FindToken(const crypto::Sha256Digest& sha256) const {
  const RecipientIndex::Holder found = recipients_->FindToken(sha256);
  if (found.recipient == nullptr) return {};
  return {*found.recipient, found.token};
}

View::PrincipalToken View::FindPrincipalToken(const crypto::Sha256Digest& sha256) const {
  const auto found = principal_tokens_.find(sha256);
  if (found == principal_tokens_.end()) return {};
  const Principal& principal = settings_->principals[found->second.holder];
  return {&principal, &principal.tokens[found->second.token]};
}

RecipientView View::SeenBy(std::string_view recipient, SystemTime now) const {
  const RecipientPtr* const found = recipients_->Find(recipient);
  const bool is_good = found != nullptr && (*found)->IsGoodAt(now);
  return {*this, is_good ? found->get() : nullptr, now};
}

}  // namespace sluice::catalog
