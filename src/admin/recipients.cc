// Recipients. What is granted to them is in grants.cc.

#include <algorithm>
#include <utility>

#include "admin/access_internal.h"
#include "admin/service.h"
#include "auth/certificate_rule.h"
#include "auth/federation.h"
#include "base/encoding.h"
#include "crypto/uuid.h"
#include "http/networks.h"

namespace sluice::admin {
namespace {

using catalog::ManagedRecipient;
using catalog::Role;
using catalog::Transaction;

template <typename T>
void Set(T& field, const std::optional<T>& value) {
  if (value) field = *value;
}

// A name stands in URLs, profiles and file names.
Result<void> CheckRecipientName(std::string_view name) {
  constexpr std::size_t kMaxBytes = 255;
  const bool fits = !name.empty() && name.size() <= kMaxBytes && IsValidUtf8(name) &&
                    std::ranges::none_of(name, [](unsigned char c) {
                      return c <= ' ' || c == 0x7f || c == '/' || c == '\\';
                    });
  if (!fits || name.starts_with('.')) {
    return InvalidArgument(
        "a recipient's name has 1 to 255 bytes, no space, slash or control character, and does not "
        "begin with a dot");
  }
  if (EqualsIgnoringAsciiCase(name, "me") || EqualsIgnoringAsciiCase(name, auth::kAnonymous)) {
    return InvalidArgument("the name '{}' is the server's own", name);
  }
  return {};
}

Result<void> CheckRules(const ManagedRecipient& recipient, const catalog::View& view) {
  TRY(http::Networks::Parse(recipient.allowed_networks));
  if (recipient.federation) {
    if (view.settings().FindIssuer(recipient.federation->issuer) == nullptr) {
      return InvalidArgument("issuer '{}' is not registered: see sluice issuer add",
                             recipient.federation->issuer);
    }
    TRY(auth::CheckFederationRule(*recipient.federation));
    TRY(auth::CheckFederatedClient(*recipient.federation));
  }
  if (recipient.certificate) TRY(auth::CheckCertificateRule(*recipient.certificate));
  return {};
}

Result<void> Apply(const RecipientRequest& request, ManagedRecipient& recipient) {
  if (request.name) {
    TRY(CheckRecipientName(*request.name));
    recipient.name = *request.name;
  }
  Set(recipient.comment, request.comment);
  Set(recipient.owner, request.owner);
  Set(recipient.attributes, request.attributes);
  Set(recipient.tags, request.tags);
  Set(recipient.allowed_networks, request.allowed_networks);
  Set(recipient.region, request.region);
  Set(recipient.enabled, request.enabled);
  Set(recipient.expires_at, request.expires_at);
  Set(recipient.token_lifetime, request.token_lifetime);
  Set(recipient.federation, request.federation);
  Set(recipient.certificate, request.certificate);
  return {};
}

bool IsHiddenFrom(const auth::Caller& caller, const ManagedRecipient& recipient) {
  return caller.role == Role::kShareOwner && recipient.owner != caller.recipient;
}

}  // namespace

Result<std::vector<ManagedRecipient>> AdminService::ListRecipients(const auth::Caller& caller) {
  catalog::Changes all = TRY(dependencies_.store.ChangesSince(0));
  std::erase_if(all.recipients,
                [&](const ManagedRecipient& recipient) { return IsHiddenFrom(caller, recipient); });
  std::ranges::sort(all.recipients, {},
                    [](const ManagedRecipient& recipient) { return AsciiLower(recipient.name); });
  return std::move(all.recipients);
}

Result<ManagedRecipient> AdminService::GetRecipient(const auth::Caller& caller,
                                                    std::string_view name) {
  std::optional<ManagedRecipient> found;
  const auto read = [&](Transaction& transaction) -> Result<void> {
    found = TRY(transaction.FindRecipient(name));
    return {};
  };
  TRY(dependencies_.store.Read(read));
  if (found && !IsHiddenFrom(caller, *found)) return std::move(*found);
  return NotFound("recipient '{}' does not exist", name);
}

Result<ManagedRecipient> AdminService::CreateRecipient(const auth::Caller& caller,
                                                       const RecipientRequest& request) {
  TRY(RequireRole(caller, Role::kShareOwner));
  if (!request.name) return InvalidArgument("a name is missing");
  const bool gives_away = request.owner && *request.owner != caller.recipient;
  if (gives_away) TRY(RequireRole(caller, Role::kAdmin));
  const SystemTime now = dependencies_.clock.Now();
  ManagedRecipient recipient{.id = crypto::FormatUuid(crypto::Uuid4()),
                             .owner = caller.recipient,
                             .created_at = now,
                             .updated_at = now};
  TRY(Apply(request, recipient));
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  TRY(CheckRules(recipient, *view));
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    TRY(transaction.PutRecipient(recipient));
    return Changed{
        .object = "recipient " + recipient.name, .before = {}, .after = ToJson(recipient)};
  };
  TRY(Change(caller, change));
  return recipient;
}

Result<ManagedRecipient> AdminService::UpdateRecipient(const auth::Caller& caller,
                                                       std::string_view name,
                                                       const RecipientRequest& request) {
  if (request.owner) TRY(RequireRole(caller, Role::kAdmin));
  const catalog::ViewPtr view = dependencies_.catalog.Current();
  ManagedRecipient recipient;
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    recipient = TRY(FindOwnRecipient(transaction, caller, name));
    json::object before = ToJson(recipient);
    TRY(Apply(request, recipient));
    TRY(CheckRules(recipient, *view));
    recipient.updated_at = dependencies_.clock.Now();
    TRY(transaction.PutRecipient(recipient));
    return Changed{.object = "recipient " + recipient.name,
                   .before = std::move(before),
                   .after = ToJson(recipient)};
  };
  TRY(Change(caller, change));
  return recipient;
}

Result<void> AdminService::DropRecipient(const auth::Caller& caller, std::string_view name) {
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    const ManagedRecipient recipient = TRY(FindOwnRecipient(transaction, caller, name));
    TRY(transaction.DeleteRecipient(recipient.id));
    return Changed{
        .object = "recipient " + recipient.name, .before = ToJson(recipient), .after = {}};
  });
}

}  // namespace sluice::admin
