// CREATE, ALTER and DROP of recipients and of their databases.

#include <utility>
#include <variant>

#include "admin/sql/session_internal.h"

namespace sluice::admin::sql {
namespace {

Result<StatementResult> Update(const Session& session, const Name& recipient,
                               const RecipientRequest& request) {
  const auto updated = TRY(Placed(
      recipient.at, session.service.UpdateRecipient(session.caller, recipient.text, request)));
  return Done("recipient {} changed", updated.name);
}

/// Errors: kInvalidArgument at a property that is there twice.
Result<std::map<std::string, std::string>> MapOf(const Properties& properties) {
  std::map<std::string, std::string> map;
  for (const auto& [name, value] : properties) {
    if (map.emplace(name.text, value).second) continue;
    return AtPosition(name.at, InvalidArgument("property '{}' is given twice", name.text));
  }
  return map;
}

Result<StatementResult> ChangeProperties(const Session& session, const Name& recipient,
                                         const AdminService::AttributeChanges& changes) {
  TRY(Placed(recipient.at,
             session.service.ChangeAttributes(session.caller, recipient.text, changes)));
  return Done("recipient {} changed", recipient.text);
}

Result<StatementResult> Change(const Session& session, const Name& recipient,
                               const RenameTo& rename) {
  const bool is_known = session.view()->FindRecipient(recipient.text) != nullptr;
  TRY(Placed(
      is_known ? rename.name.at : recipient.at,
      session.service.UpdateRecipient(session.caller, recipient.text, {.name = rename.name.text})));
  return Done("recipient {} is now called {}", recipient.text, rename.name.text);
}

Result<StatementResult> Change(const Session& session, const Name& recipient,
                               const SetComment& comment) {
  return Update(session, recipient, {.comment = comment.comment.value_or("")});
}

Result<StatementResult> Change(const Session& session, const Name& recipient,
                               const SetOwner& owner) {
  return Update(session, recipient, {.owner = owner.principal.text});
}

Result<StatementResult> Change(const Session& session, const Name& recipient,
                               const SetProperties& set) {
  AdminService::AttributeChanges changes;
  const std::map<std::string, std::string> properties = TRY(MapOf(set.properties));
  for (const auto& [name, value] : properties) changes[name] = value;
  return ChangeProperties(session, recipient, changes);
}

Result<StatementResult> Change(const Session& session, const Name& recipient,
                               const UnsetProperties& unset) {
  AdminService::AttributeChanges changes;
  for (const Name& key : unset.keys) changes[key.text] = std::nullopt;
  return ChangeProperties(session, recipient, changes);
}

/// Whom a statement about a database is for: who was named, else the only one that fits.
struct DatabaseOwner {
  std::string name;
  bool was_named = false;
};

template <typename Fits>
std::vector<std::string> RecipientsThat(const Session& session, const Fits& fits) {
  std::vector<std::string> names;
  const catalog::ViewPtr view = session.view();
  for (const catalog::RecipientPtr& recipient : view->recipients()) {
    if (fits(recipient->record)) names.push_back(recipient->record.name);
  }
  return names;
}

constexpr std::string_view kSayWhich = "say for which one, with --as or the field \"recipient\"";

bool HasDatabase(const catalog::ManagedRecipient& recipient, std::string_view name) {
  for (const auto& [database, share_id] : recipient.databases) {
    if (EqualsIgnoringAsciiCase(database, name)) return true;
  }
  return false;
}

Result<DatabaseOwner> FindHolder(const Session& session, const std::string& share) {
  if (!session.options.as_recipient.empty()) {
    return DatabaseOwner{.name = session.options.as_recipient, .was_named = true};
  }
  const std::string share_id = TRY(session.service.FindShownShare(session.caller, share))->id();
  const SystemTime now = session.now();
  const auto holds = [&](const catalog::ManagedRecipient& recipient) {
    for (const catalog::Grant& grant : recipient.grants) {
      const bool is_over = grant.expires_at && *grant.expires_at <= now;
      if (grant.share_id == share_id && !is_over) return true;
    }
    return false;
  };
  std::vector<std::string> names = RecipientsThat(session, holds);
  if (names.size() == 1) return DatabaseOwner{.name = std::move(names.front())};
  if (names.empty()) return NotFound("share '{}' is granted to nobody", share);
  return InvalidArgument("share '{}' is granted to {} recipients: {}", share, names.size(),
                         kSayWhich);
}

Result<DatabaseOwner> FindOwnerOf(const Session& session, const std::string& database) {
  if (!session.options.as_recipient.empty()) {
    return DatabaseOwner{.name = session.options.as_recipient, .was_named = true};
  }
  const auto has_it = [&](const catalog::ManagedRecipient& recipient) {
    const bool is_hidden = session.caller.role == catalog::Role::kShareOwner &&
                           recipient.owner != session.caller.recipient;
    return !is_hidden && HasDatabase(recipient, database);
  };
  std::vector<std::string> names = RecipientsThat(session, has_it);
  if (names.size() == 1) return DatabaseOwner{.name = std::move(names.front())};
  if (names.empty()) return NotFound("no recipient has a database '{}'", database);
  return InvalidArgument("{} recipients have a database '{}': {}", names.size(), database,
                         kSayWhich);
}

}  // namespace

Result<StatementResult> Run(const Session& session, const CreateRecipient& create) {
  RecipientRequest request{.name = create.name.text, .comment = create.comment};
  if (!create.properties.empty()) request.attributes = TRY(MapOf(create.properties));
  const auto created = session.service.CreateRecipient(session.caller, request);
  if (created.ok()) return Done("recipient {} created", created->name);
  if (create.if_not_exists && created.error().code == ErrorCode::kAlreadyExists) {
    return Done("recipient {} exists already", create.name.text);
  }
  return AtPosition(create.name.at, created.error());
}

Result<StatementResult> Run(const Session& session, const AlterRecipient& alter) {
  if (alter.if_exists && session.view()->FindRecipient(alter.name.text) == nullptr) {
    return Done("recipient {} does not exist", alter.name.text);
  }
  return std::visit([&](const auto& change) { return Change(session, alter.name, change); },
                    alter.change);
}

Result<StatementResult> Run(const Session& session, const DropRecipient& drop) {
  const auto dropped = session.service.DropRecipient(session.caller, drop.name.text);
  if (dropped.ok()) return Done("recipient {} dropped", drop.name.text);
  if (drop.if_exists && dropped.error().code == ErrorCode::kNotFound) {
    return Done("recipient {} does not exist", drop.name.text);
  }
  return AtPosition(drop.name.at, dropped.error());
}

Result<StatementResult> Run(const Session& session, const CreateDatabase& create) {
  const std::string share = ShareNamed(session, create.share);
  const Position& at = create.share.parts.back().at;
  const DatabaseOwner owner = TRY(Placed(at, FindHolder(session, share)));
  const auto created = session.service.CreateDatabase(
      session.caller, {.recipient = owner.name, .database = create.name.text, .share = share});
  const bool is_known = !created.ok() && created.error().code == ErrorCode::kAlreadyExists;
  if (is_known && create.if_not_exists) {
    return Done("database {} of recipient {} exists already", create.name.text, owner.name);
  }
  if (!created.ok()) return AtPosition(is_known ? create.name.at : at, created.error());
  return Done("database {} created for recipient {}{}", create.name.text, owner.name,
              owner.was_named ? "" : Format(", the only one that share {} is granted to", share));
}

Result<StatementResult> Run(const Session& session, const DropDatabase& drop) {
  const auto owner = FindOwnerOf(session, drop.name.text);
  const auto dropped =
      owner.ok() ? session.service.DropDatabase(session.caller, owner->name, drop.name.text)
                 : Result<void>(owner.error());
  if (dropped.ok()) {
    return Done("database {} of recipient {} dropped", drop.name.text, owner->name);
  }
  if (drop.if_exists && dropped.error().code == ErrorCode::kNotFound) {
    return Done("database {} does not exist", drop.name.text);
  }
  return AtPosition(drop.name.at, dropped.error());
}

}  // namespace sluice::admin::sql
