// Tokens of recipients, and the links that hand them over.

#include <algorithm>
#include <utility>

#include "admin/access_internal.h"
#include "admin/service.h"
#include "auth/token.h"
#include "base/encoding.h"
#include "crypto/random.h"
#include "crypto/uuid.h"

namespace sluice::admin {
namespace {

using catalog::ManagedRecipient;
using catalog::TokenRecord;
using catalog::Transaction;
using std::chrono::seconds;

constexpr seconds kNoExpiryMaximum = std::chrono::days(3650);
constexpr std::size_t kCodeBytes = 32;
constexpr std::size_t kMaxTextBytes = 1'000;

/// A link of a recipient with an identity provider gives no token, so nothing can be asked of one.
Result<void> CheckLinkOfClient(const ManagedRecipient& recipient, const TokenRequest& request) {
  if (recipient.federation->client_id.empty()) {
    return InvalidArgument(
        "recipient '{}' shows tokens of its identity provider: name its client there, by clientId, "
        "for a profile to hand over",
        recipient.name);
  }
  if (!request.lifetime) return {};
  return InvalidArgument("recipient '{}' shows tokens of its identity provider, not of this server",
                         recipient.name);
}

Error NoSuchLink() {
  return NotFound(
      "the activation link was used, has expired or never was: ask the owner for another");
}

}  // namespace

Result<TokenRecord> AdminService::NewToken(const ManagedRecipient& recipient,
                                           const TokenRequest& request, const Secret& text) const {
  if (request.comment.size() > kMaxTextBytes || request.purpose.size() > kMaxTextBytes) {
    return InvalidArgument("comment and purpose have at most {} bytes", kMaxTextBytes);
  }
  const SystemTime now = dependencies_.clock.Now();
  const auto live = std::ranges::count_if(
      recipient.tokens, [&](const TokenRecord& token) { return token.IsGoodAt(now); });
  if (live >= static_cast<std::ptrdiff_t>(catalog::kMaxTokensPerHolder)) {
    return InvalidArgument("recipient '{}' has {} tokens already: revoke some", recipient.name,
                           live);
  }
  TokenRecord record{.id = crypto::FormatUuid(crypto::Uuid4()),
                     .sha256 = crypto::Sha256(text.Reveal()),
                     .comment = request.comment,
                     .purpose = request.purpose,
                     .created_at = now};
  if (request.never_expires) {
    if (options_.max_token_lifetime >= kNoExpiryMaximum) return record;
    return InvalidArgument("this server allows no token without an end: see maxTokenLifetime");
  }
  const seconds own =
      recipient.token_lifetime.count() > 0 ? recipient.token_lifetime : options_.token_lifetime;
  const seconds lifetime = request.lifetime.value_or(std::min(own, options_.max_token_lifetime));
  if (lifetime.count() <= 0 || lifetime > options_.max_token_lifetime) {
    return InvalidArgument(
        "a token may live from 1 s to {} days here: see maxTokenLifetime",
        std::chrono::floor<std::chrono::days>(options_.max_token_lifetime).count());
  }
  record.expires_at = now + lifetime;
  if (recipient.expires_at) record.expires_at = std::min(*record.expires_at, *recipient.expires_at);
  return record;
}

Result<AdminService::IssuedToken> AdminService::IssueToken(const auth::Caller& caller,
                                                           std::string_view name,
                                                           const TokenRequest& request) {
  return RotateToken(caller, name, /*grace=*/std::nullopt, request);
}

Result<AdminService::IssuedToken> AdminService::RotateToken(const auth::Caller& caller,
                                                            std::string_view name,
                                                            std::optional<seconds> grace,
                                                            const TokenRequest& request) {
  IssuedToken issued{.record = {}, .text = auth::GenerateToken()};
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    ManagedRecipient recipient = TRY(FindOwnRecipient(transaction, caller, name));
    issued.record = TRY(NewToken(recipient, request, issued.text));
    json::array ending;
    const SystemTime now = dependencies_.clock.Now();
    for (TokenRecord& token : recipient.tokens) {
      if (!grace || !token.IsGoodAt(now)) continue;
      const SystemTime end = now + *grace;
      token.expires_at = token.expires_at ? std::min(*token.expires_at, end) : end;
      TRY(transaction.PutToken(recipient.id, token));
      ending.emplace_back(ToJson(token));
    }
    TRY(transaction.PutToken(recipient.id, issued.record));
    json::object after = ToJson(issued.record);
    if (!ending.empty()) after["ending"] = std::move(ending);
    return Changed{.object = Format("token {} of recipient {}", issued.record.id, recipient.name),
                   .before = {},
                   .after = std::move(after)};
  };
  TRY(Change(caller, change));
  return issued;
}

Result<void> AdminService::RevokeToken(const auth::Caller& caller, std::string_view name,
                                       std::string_view token_id) {
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    ManagedRecipient recipient = TRY(FindOwnRecipient(transaction, caller, name));
    const auto token = std::ranges::find(recipient.tokens, token_id, &TokenRecord::id);
    if (token == recipient.tokens.end()) {
      return NotFound("recipient '{}' has no token '{}'", recipient.name, token_id);
    }
    json::object before = ToJson(*token);
    if (!token->revoked_at) token->revoked_at = dependencies_.clock.Now();
    TRY(transaction.PutToken(recipient.id, *token));
    return Changed{.object = Format("token {} of recipient {}", token->id, recipient.name),
                   .before = std::move(before),
                   .after = ToJson(*token)};
  });
}

Result<AdminService::IssuedLink> AdminService::IssueActivationLink(const auth::Caller& caller,
                                                                   std::string_view name,
                                                                   const TokenRequest& request) {
  if (request.never_expires) {
    return InvalidArgument("an activation link gives tokens with an end only");
  }
  const std::string code = crypto::RandomToken(kCodeBytes);
  const SystemTime now = dependencies_.clock.Now();
  const IssuedLink issued{.url = Secret(endpoint() + "/activate/" + code),
                          .expires_at = now + options_.activation_lifetime};
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    const ManagedRecipient recipient = TRY(FindOwnRecipient(transaction, caller, name));
    if (recipient.federation) {
      TRY(CheckLinkOfClient(recipient, request));
    } else {
      TRY(NewToken(recipient, request, Secret(code)));  // could it be made now?
    }
    catalog::ActivationLink link{.id = crypto::FormatUuid(crypto::Uuid4()),
                                 .recipient_id = recipient.id,
                                 .code_sha256 = crypto::Sha256(code),
                                 .created_at = now,
                                 .expires_at = issued.expires_at,
                                 .token_lifetime = request.lifetime.value_or(seconds(0)),
                                 .token_comment = request.comment};
    TRY(transaction.PutActivationLink(link));
    return Changed{
        .object = "activation link of recipient " + recipient.name,
        .before = {},
        .after = json::object{{"id", link.id}, {"expiresAt", TimeText(link.expires_at)}}};
  };
  TRY(Change(caller, change));
  return issued;
}

Result<std::string> AdminService::Activate(const auth::Caller& caller, std::string_view code) {
  const SystemTime now = dependencies_.clock.Now();
  const std::optional<std::string> client_profile = TRY(ClientProfileOfLink(code));
  IssuedToken issued{.record = {}, .text = auth::GenerateToken()};
  auth::Caller activated = caller;
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    auto link = TRY(transaction.FindActivationLink(crypto::Sha256(code)));
    if (!link || link->used_at || now >= link->expires_at) return NoSuchLink();
    const auto recipient = TRY(transaction.FindRecipientById(link->recipient_id));
    if (!recipient || !recipient->enabled) return NoSuchLink();
    activated.recipient = recipient->name;
    link->used_at = now;
    TRY(transaction.PutActivationLink(*link));
    Changed changed{.object = Format("recipient {}", recipient->name),
                    .before = {},
                    .after = {},
                    .action = audit::Action::kActivation};
    if (recipient->federation) {  // as it was a moment ago, or the owner has just changed it
      if (!client_profile) return NoSuchLink();
      changed.after = json::object{{"clientId", recipient->federation->client_id}};
      return changed;
    }
    if (client_profile) return NoSuchLink();
    TokenRequest request{.comment = link->token_comment};
    if (link->token_lifetime.count() > 0) request.lifetime = link->token_lifetime;
    issued.record = TRY(NewToken(*recipient, request, issued.text));
    TRY(transaction.PutToken(recipient->id, issued.record));
    changed.after = ToJson(issued.record);
    return changed;
  };
  TRY(Change(activated, change));
  return client_profile ? *client_profile : ProfileText(issued);
}

Result<void> AdminService::CheckActivation(std::string_view code) {
  const SystemTime now = dependencies_.clock.Now();
  return dependencies_.store.Read([&](Transaction& transaction) -> Result<void> {
    const auto link = TRY(transaction.FindActivationLink(crypto::Sha256(code)));
    if (!link || link->used_at || now >= link->expires_at) return NoSuchLink();
    return {};
  });
}

}  // namespace sluice::admin
