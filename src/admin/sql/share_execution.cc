// CREATE, ALTER and DROP of shares; GRANT and REVOKE of shares to recipients.

#include <utility>
#include <variant>

#include "admin/sql/session_internal.h"

namespace sluice::admin::sql {
namespace {

/// Where a fault of a change lies: at the share if it is none of the caller's, else at what else
/// the statement names.
const Position& PlaceOf(const Session& session, const Name& share, const Position& otherwise) {
  return session.service.GetShare(session.caller, share.text).ok() ? otherwise : share.at;
}

Result<StatementResult> Update(const Session& session, const Name& share,
                               const ShareRequest& request, const Position& at) {
  const auto updated = session.service.UpdateShare(session.caller, share.text, request);
  if (!updated.ok()) return AtPosition(PlaceOf(session, share, at), updated.error());
  return Done("share {} changed", updated->name);
}

/// The recipients that a list of accounts names.
Result<std::vector<std::string>> RecipientsOf(const Session& session,
                                              const ChangeAccounts& change) {
  std::vector<std::string> names;
  for (const QualifiedName& account : change.accounts) {
    std::string name = RecipientNamed(session, account);
    if (session.view()->FindRecipient(name) == nullptr) {
      return AtPosition(account.at(), NotFound("recipient '{}' does not exist", name));
    }
    names.push_back(std::move(name));
  }
  return names;
}

/// Errors: kNotFound at the first account that does not hold the share.
Result<void> CheckHolders(const Session& session, const Name& share, const ChangeAccounts& change) {
  const catalog::ViewPtr view = session.view();
  const catalog::SharePtr shown = view->FindShare(protocol::ShareName(share.text));
  if (shown == nullptr) return {};
  for (const QualifiedName& account : change.accounts) {
    const catalog::RecipientPtr recipient = view->FindRecipient(RecipientNamed(session, account));
    bool holds = false;
    for (const catalog::Grant& grant : recipient->record.grants) {
      holds = holds || grant.share_id == shown->id();
    }
    if (holds) continue;
    return AtPosition(account.at(), NotFound("share '{}' is not granted to '{}'", share.text,
                                             recipient->record.name));
  }
  return {};
}

Result<StatementResult> Change(const Session& session, const Name& share,
                               const ChangeAccounts& change) {
  AdminService::GrantChanges changes{.share = share.text};
  std::vector<std::string> recipients = TRY(RecipientsOf(session, change));
  const std::size_t count = recipients.size();
  if (change.kind == ChangeAccounts::Kind::kRemove) {
    TRY(CheckHolders(session, share, change));
    changes.revoked = std::move(recipients);
  } else {
    changes.granted = std::move(recipients);
    changes.revokes_others = change.kind == ChangeAccounts::Kind::kSet;
  }
  TRY(Placed(share.at, session.service.ChangeGrants(session.caller, changes)));
  const std::string_view what = count == 1 ? "recipient" : "recipients";
  if (change.kind == ChangeAccounts::Kind::kRemove) {
    return Done("share {} taken from {} {}", share.text, count, what);
  }
  return Done("share {} granted to {} {}{}", share.text, count, what,
              changes.revokes_others ? " and nobody else" : "");
}

Result<StatementResult> Change(const Session& session, const Name& share, const RenameTo& rename) {
  TRY(Update(session, share, {.name = rename.name.text}, rename.name.at));
  return Done("share {} is now called {}", share.text, rename.name.text);
}

Result<StatementResult> Change(const Session& session, const Name& share,
                               const SetComment& comment) {
  return Update(session, share, {.comment = comment.comment.value_or("")}, share.at);
}

Result<StatementResult> Change(const Session& session, const Name& share, const SetOwner& owner) {
  return Update(session, share, {.owner = owner.principal.text}, owner.principal.at);
}

Result<StatementResult> Change(const Session& session, const Name& share, const AddObject& added) {
  return AddToShare(session, share, added);
}

Result<StatementResult> Change(const Session& session, const Name& share,
                               const RemoveObject& removed) {
  return RemoveFromShare(session, share, removed);
}

/// Where the fault of a grant or its revocation lies.
const Position& PlaceOfGrant(const Session& session, const Name& share, const Name& recipient) {
  return session.view()->FindRecipient(recipient.text) == nullptr ? recipient.at : share.at;
}

}  // namespace

Result<StatementResult> Run(const Session& session, const CreateShare& create) {
  const auto created = session.service.CreateShare(
      session.caller, {.name = create.name.text, .comment = create.comment});
  if (created.ok()) return Done("share {} created", created->name);
  if (create.if_not_exists && created.error().code == ErrorCode::kAlreadyExists) {
    return Done("share {} exists already", create.name.text);
  }
  return AtPosition(create.name.at, created.error());
}

Result<StatementResult> Run(const Session& session, const AlterShare& alter) {
  if (alter.if_exists && !IsShare(session, alter.name.text)) {
    return Done("share {} does not exist", alter.name.text);
  }
  return std::visit([&](const auto& change) { return Change(session, alter.name, change); },
                    alter.change);
}

Result<StatementResult> Run(const Session& session, const DropShare& drop) {
  const auto dropped = session.service.DropShare(session.caller, drop.name.text);
  if (dropped.ok()) return Done("share {} dropped", drop.name.text);
  if (drop.if_exists && dropped.error().code == ErrorCode::kNotFound) {
    return Done("share {} does not exist", drop.name.text);
  }
  return AtPosition(drop.name.at, dropped.error());
}

Result<StatementResult> Run(const Session& session, const GrantShare& grant) {
  TRY(Placed(PlaceOfGrant(session, grant.share, grant.recipient),
             session.service.GrantShare(
                 session.caller, {.share = grant.share.text, .recipient = grant.recipient.text})));
  return Done("share {} granted to {}", grant.share.text, grant.recipient.text);
}

Result<StatementResult> Run(const Session& session, const RevokeShare& revoke) {
  TRY(Placed(PlaceOfGrant(session, revoke.share, revoke.recipient),
             session.service.RevokeShare(session.caller, {.share = revoke.share.text,
                                                          .recipient = revoke.recipient.text})));
  return Done("share {} taken from {}", revoke.share.text, revoke.recipient.text);
}

}  // namespace sluice::admin::sql
