// Who may read what.

#include <algorithm>
#include <utility>

#include "admin/access_internal.h"
#include "admin/service.h"
#include "base/encoding.h"

namespace sluice::admin {
namespace {

using catalog::Grant;
using catalog::ManagedRecipient;
using catalog::Role;
using catalog::Transaction;

const Grant* FindGrant(const ManagedRecipient& recipient, std::string_view share_id) {
  const auto found = std::ranges::find(recipient.grants, share_id, &Grant::share_id);
  return found == recipient.grants.end() ? nullptr : &*found;
}

bool IsNamedIn(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(
      names, [&](const std::string& other) { return EqualsIgnoringAsciiCase(other, name); });
}

}  // namespace

// A share of the file has no owner but the admins.
Result<std::string> AdminService::GrantableShare(Transaction& transaction,
                                                 const auth::Caller& caller,
                                                 std::string_view name) const {
  const std::optional<catalog::ManagedShare> managed = TRY(transaction.FindShare(name));
  if (managed && Owns(caller, managed->owner)) return managed->id;
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const auto of_file = view->FindShare(protocol::ShareName(std::string(name)));
  const bool is_grantable = !managed && of_file != nullptr && caller.role == Role::kAdmin;
  if (is_grantable) return of_file->id();
  return NotFound("share '{}' does not exist", name);
}

Result<AdminService::Changed> AdminService::PutNewGrant(Transaction& transaction,
                                                        const auth::Caller& caller,
                                                        const GrantRequest& request) {
  const auto recipient = TRY(transaction.FindRecipient(request.recipient));
  if (!recipient) return NotFound("recipient '{}' does not exist", request.recipient);
  const Grant grant{.share_id = TRY(GrantableShare(transaction, caller, request.share)),
                    .granted_by = caller.recipient,
                    .granted_at = dependencies_.clock.Now(),
                    .expires_at = request.expires_at};
  TRY(transaction.PutGrant(recipient->id, grant));
  json::object after = {{"share", request.share}, {"recipient", recipient->name}};
  if (grant.expires_at) after["expiresAt"] = TimeText(*grant.expires_at);
  return Changed{.object = Format("grant of share {} to {}", request.share, recipient->name),
                 .share = request.share,
                 .before = {},
                 .after = std::move(after)};
}

Result<AdminService::Changed> AdminService::DropGrant(Transaction& transaction,
                                                      const auth::Caller& caller,
                                                      const GrantRequest& request) {
  const auto recipient = TRY(transaction.FindRecipient(request.recipient));
  if (!recipient) return NotFound("recipient '{}' does not exist", request.recipient);
  const std::string share_id = TRY(GrantableShare(transaction, caller, request.share));
  if (!transaction.DeleteGrant(recipient->id, share_id).ok()) {
    return NotFound("share '{}' is not granted to '{}'", request.share, recipient->name);
  }
  return Changed{.object = Format("grant of share {} to {}", request.share, recipient->name),
                 .share = request.share,
                 .before = json::object{{"share", request.share}, {"recipient", recipient->name}},
                 .after = {}};
}

Result<void> AdminService::GrantShare(const auth::Caller& caller, const GrantRequest& request) {
  TRY(RequireRole(caller, Role::kShareOwner));
  return Change(
      caller, [&](Transaction& transaction) { return PutNewGrant(transaction, caller, request); });
}

Result<void> AdminService::RevokeShare(const auth::Caller& caller, const GrantRequest& request) {
  TRY(RequireRole(caller, Role::kShareOwner));
  return Change(caller,
                [&](Transaction& transaction) { return DropGrant(transaction, caller, request); });
}

Result<void> AdminService::ChangeGrants(const auth::Caller& caller, const GrantChanges& changes) {
  TRY(RequireRole(caller, Role::kShareOwner));
  // Who holds the share is known by the view alone, which is brought up to date for it.
  if (changes.revokes_others) TRY(dependencies_.follower.Refresh());
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  return ChangeSeveral(caller, [&](Transaction& transaction) -> Result<std::vector<Changed>> {
    const std::string share_id = TRY(GrantableShare(transaction, caller, changes.share));
    std::vector<Changed> done;
    for (const std::string& name : changes.granted) {
      const auto recipient = TRY(transaction.FindRecipient(name));
      const Grant* const held = recipient ? FindGrant(*recipient, share_id) : nullptr;
      const SystemTime now = dependencies_.clock.Now();
      if (held != nullptr && (!held->expires_at || now < *held->expires_at)) continue;
      done.push_back(
          TRY(PutNewGrant(transaction, caller, {.share = changes.share, .recipient = name})));
    }
    std::vector<std::string> revoked = changes.revoked;
    for (const catalog::RecipientPtr& other : view->recipients()) {
      const bool goes = changes.revokes_others && FindGrant(other->record, share_id) != nullptr &&
                        !IsNamedIn(changes.granted, other->record.name);
      if (goes) revoked.push_back(other->record.name);
    }
    for (const std::string& name : revoked) {
      done.push_back(
          TRY(DropGrant(transaction, caller, {.share = changes.share, .recipient = name})));
    }
    return done;
  });
}

}  // namespace sluice::admin
