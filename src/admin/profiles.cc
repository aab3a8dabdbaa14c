// Profile files, which say to clients of recipients where to read and how to show who they are.
// Version 1 holds a token of ours. Version 2 says how to get one of the recipient's identity
// provider. Source: the stock clients; version 2 stands in no document of the protocol.

#include "admin/service.h"

namespace sluice::admin {

std::string AdminService::ProfileText(const IssuedToken& token) const {
  json::object profile = {{"shareCredentialsVersion", 1},
                          {"endpoint", endpoint()},
                          {"bearerToken", token.text.Reveal()}};
  if (token.record.expires_at) profile["expirationTime"] = TimeText(*token.record.expires_at);
  std::string text;
  AppendJson(profile, text);
  return text + "\n";
}

Result<json::object> AdminService::ClientProfileOf(
    const catalog::ManagedRecipient& recipient) const {
  const auto& rule = recipient.federation;
  if (!rule) {
    return InvalidArgument(
        "recipient '{}' has no identity provider: hand over a token, with an activation link",
        recipient.name);
  }
  if (rule->client_id.empty()) {
    return InvalidArgument(
        "recipient '{}' has no client at its identity provider: name it by clientId, unless it "
        "signs in with a browser",
        recipient.name);
  }
  std::string token_endpoint = rule->token_endpoint;
  if (token_endpoint.empty()) {
    const catalog::ViewPtr view = dependencies_.catalog.Current();
    const catalog::Issuer* const issuer = view->settings().FindIssuer(rule->issuer);
    if (issuer == nullptr || !dependencies_.find_token_endpoint) {
      return InvalidArgument("the token endpoint of recipient '{}' is not known: name it",
                             recipient.name);
    }
    token_endpoint = TRY(dependencies_.find_token_endpoint(*issuer));
  }
  json::object profile = {{"shareCredentialsVersion", 2}, {"type", "oauth_client_credentials"},
                          {"endpoint", endpoint()},       {"tokenEndpoint", token_endpoint},
                          {"clientId", rule->client_id},  {"clientSecret", kSecretPlace}};
  if (!rule->scope.empty()) profile["scope"] = rule->scope;
  return profile;
}

Result<json::object> AdminService::ClientProfile(const auth::Caller& caller,
                                                 std::string_view name) {
  const catalog::ManagedRecipient recipient = TRY(GetRecipient(caller, name));
  return ClientProfileOf(recipient);
}

// Asks the provider, so it is no part of a transaction.
Result<std::optional<std::string>> AdminService::ClientProfileOfLink(std::string_view code) {
  std::optional<catalog::ManagedRecipient> recipient;
  const auto read = [&](catalog::Transaction& transaction) -> Result<void> {
    const auto link = TRY(transaction.FindActivationLink(crypto::Sha256(code)));
    if (link) recipient = TRY(transaction.FindRecipientById(link->recipient_id));
    return {};
  };
  TRY(dependencies_.store.Read(read));
  const bool has_client =
      recipient && recipient->federation && !recipient->federation->client_id.empty();
  if (!has_client) return std::optional<std::string>();
  const json::object profile = TRY(ClientProfileOf(*recipient));
  std::string text;
  AppendJson(profile, text);
  return std::optional(text + "\n");
}

}  // namespace sluice::admin
