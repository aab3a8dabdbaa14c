// What SQL says of a recipient: its properties one by one, and the names that it gives to shares.

#include <algorithm>
#include <utility>

#include "admin/service.h"
#include "base/encoding.h"

namespace sluice::admin {
namespace {

using catalog::ManagedRecipient;
using catalog::Transaction;

constexpr std::size_t kMaxNameBytes = 255;

auto FindDatabase(const ManagedRecipient& recipient, std::string_view name) {
  return std::ranges::find_if(recipient.databases, [&](const auto& database) {
    return EqualsIgnoringAsciiCase(database.first, name);
  });
}

bool Holds(const ManagedRecipient& recipient, std::string_view share_id, SystemTime now) {
  return std::ranges::any_of(recipient.grants, [&](const catalog::Grant& grant) {
    return grant.share_id == share_id && (!grant.expires_at || now < *grant.expires_at);
  });
}

}  // namespace

Result<void> AdminService::EditRecipient(
    const auth::Caller& caller, std::string_view name,
    const std::function<Result<void>(Transaction& transaction, ManagedRecipient&)>& edit) {
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    ManagedRecipient recipient = TRY(FindOwnRecipient(transaction, caller, name));
    json::object before = ToJson(recipient);
    TRY(edit(transaction, recipient));
    recipient.updated_at = dependencies_.clock.Now();
    TRY(transaction.PutRecipient(recipient));
    return Changed{.object = "recipient " + recipient.name,
                   .before = std::move(before),
                   .after = ToJson(recipient)};
  });
}

Result<void> AdminService::ChangeAttributes(const auth::Caller& caller, std::string_view recipient,
                                            const AttributeChanges& changes) {
  const auto edit = [&](Transaction& /*transaction*/, ManagedRecipient& edited) -> Result<void> {
    for (const auto& [name, value] : changes) {
      if (value) {
        edited.attributes[name] = *value;
      } else {
        edited.attributes.erase(name);
      }
    }
    return {};
  };
  return EditRecipient(caller, recipient, edit);
}

Result<void> AdminService::CreateDatabase(const auth::Caller& caller,
                                          const DatabaseRequest& request) {
  if (request.database.empty() || request.database.size() > kMaxNameBytes) {
    return InvalidArgument("a database's name has 1 to {} bytes", kMaxNameBytes);
  }
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  const auto edit = [&](Transaction& transaction, ManagedRecipient& recipient) -> Result<void> {
    if (FindDatabase(recipient, request.database) != recipient.databases.end()) {
      return AlreadyExists("database '{}' of recipient '{}' exists already", request.database,
                           recipient.name);
    }
    if (recipient.databases.size() >= kMaxDatabases) {
      return InvalidArgument("a recipient has at most {} databases", kMaxDatabases);
    }
    const auto managed = TRY(transaction.FindShare(request.share));
    const auto of_file = view->FindShare(protocol::ShareName(request.share));
    std::string share_id = of_file == nullptr ? std::string() : of_file->id();
    if (managed) share_id = managed->id;
    // In the same words whether there is no such share or it is not granted.
    if (!Holds(recipient, share_id, dependencies_.clock.Now())) {
      return NotFound("share '{}' is not granted to '{}'", request.share, recipient.name);
    }
    recipient.databases[request.database] = share_id;
    return {};
  };
  return EditRecipient(caller, request.recipient, edit);
}

Result<void> AdminService::DropDatabase(const auth::Caller& caller, std::string_view recipient,
                                        std::string_view database) {
  const auto edit = [&](Transaction& /*transaction*/, ManagedRecipient& edited) -> Result<void> {
    const auto found = FindDatabase(edited, database);
    if (found == edited.databases.end()) {
      return NotFound("recipient '{}' has no database '{}'", edited.name, database);
    }
    edited.databases.erase(found);
    return {};
  };
  return EditRecipient(caller, recipient, edit);
}

}  // namespace sluice::admin
