#include "admin/service.h"

#include <utility>

#include "admin/access_internal.h"

namespace sluice::admin {

AdminService::AdminService(const Dependencies& dependencies, Options options)
    : dependencies_(dependencies), options_(options) {}

void AdminService::SetEndpoint(std::string endpoint) {
  const std::lock_guard lock(mutex_);
  endpoint_ = std::move(endpoint);
}

std::string AdminService::endpoint() const {
  const std::lock_guard lock(mutex_);
  return endpoint_;
}

// The record is on disk before the change is committed: a change without a record cannot be, and a
// record whose change then failed is followed by one that says so.
Result<void> AdminService::ChangeSeveral(const auth::Caller& caller, const BodyOfSeveral& body) {
  std::vector<Changed> recorded;
  const auto run = [&](catalog::Transaction& transaction) -> Result<void> {
    recorded.clear();
    std::vector<Changed> changes = TRY(body(transaction));
    for (Changed& changed : changes) {
      TRY(RecordChange(caller, changed, /*fault=*/nullptr));
      recorded.push_back(std::move(changed));
    }
    return {};
  };
  const auto committed = dependencies_.store.Change(run);
  if (!committed.ok()) {
    for (const Changed& changed : recorded) {
      // Best effort: a journal that fails now fails the next change as well.
      (void)RecordChange(caller, changed, &committed.error()).ok();
    }
    return committed.error();
  }
  // It is done, whatever this says: the follower's own thread tries again.
  (void)dependencies_.follower.Refresh().ok();
  return {};
}

Result<void> AdminService::Change(const auth::Caller& caller, const Body& body) {
  return ChangeSeveral(caller,
                       [&](catalog::Transaction& transaction) -> Result<std::vector<Changed>> {
                         std::vector<Changed> changes;
                         changes.push_back(TRY(body(transaction)));
                         return changes;
                       });
}

Result<void> AdminService::RecordChange(const auth::Caller& caller, const Changed& changed,
                                        const Error* fault) {
  if (dependencies_.journal == nullptr) return {};
  std::string reason;
  if (fault != nullptr) {
    // A database that goes away at COMMIT does not say whether it took the change.
    const bool is_open = fault->code == ErrorCode::kUnavailable;
    reason = (is_open ? "not confirmed: " : "not done: ") + fault->message;
  }
  audit::Record record{.time = dependencies_.clock.Now(),
                       .action = changed.action,
                       .allowed = fault == nullptr,
                       .reason = std::move(reason),
                       .request_id = caller.request_id,
                       .recipient = caller.recipient,
                       .token_id = caller.token_id,
                       .peer = caller.peer,
                       .agent = caller.agent,
                       .share = changed.share,
                       .object = changed.object};
  if (!changed.before.is_null()) AppendJson(changed.before, record.before);
  if (!changed.after.is_null()) AppendJson(changed.after, record.after);
  TRY(dependencies_.journal->Append(record));
  return {};
}

Result<void> RequireRole(const auth::Caller& caller, catalog::Role least) {
  // Admins may do what share owners may, and these look at what auditors look at.
  if (caller.role <= least) return {};
  return PermissionDenied("the role {} may not do this", catalog::RoleName(caller.role));
}

bool Owns(const auth::Caller& caller, std::string_view owner) {
  return caller.role == catalog::Role::kAdmin || owner == caller.recipient;
}

Result<catalog::ManagedShare> AdminService::FindOwnShare(catalog::Transaction& transaction,
                                                         const auth::Caller& caller,
                                                         std::string_view name) {
  TRY(RequireRole(caller, catalog::Role::kShareOwner));
  std::optional<catalog::ManagedShare> share = TRY(transaction.FindShare(name));
  if (share && Owns(caller, share->owner)) return std::move(*share);
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const bool is_of_file =
      !share && view->FindShare(protocol::ShareName(std::string(name))) != nullptr;
  if (is_of_file && caller.role == catalog::Role::kAdmin) {
    return InvalidArgument("share '{}' comes from the configuration: change it there", name);
  }
  return NotFound("share '{}' does not exist", name);
}

Result<catalog::ManagedRecipient> AdminService::FindOwnRecipient(catalog::Transaction& transaction,
                                                                 const auth::Caller& caller,
                                                                 std::string_view name) {
  TRY(RequireRole(caller, catalog::Role::kShareOwner));
  std::optional<catalog::ManagedRecipient> recipient = TRY(transaction.FindRecipient(name));
  if (recipient && Owns(caller, recipient->owner)) return std::move(*recipient);
  return NotFound("recipient '{}' does not exist", name);
}

}  // namespace sluice::admin
