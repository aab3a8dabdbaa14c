#include "admin/requests.h"

#include <utility>

#include "admin/json_fields_internal.h"
#include "protocol/query.h"

namespace sluice::admin {
namespace {

json::object ObjectOf(const std::map<std::string, std::string>& texts) {
  json::object object;
  for (const auto& [name, text] : texts) object[name] = text;
  return object;
}

json::array ArrayOf(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

void AddText(std::string_view key, std::string_view text, json::object& out) {
  if (!text.empty()) out[key] = text;
}

void AddTime(std::string_view key, const std::optional<SystemTime>& time, json::object& out) {
  if (time) out[key] = TimeText(*time);
}

void AddServing(const config::ServingTerms& serving, json::object& out) {
  if (serving.delivery) out["delivery"] = config::DeliveryName(*serving.delivery);
  if (serving.freshness) out["freshnessMs"] = serving.freshness->count();
  if (serving.serve_stale_for) out["serveStaleForMs"] = serving.serve_stale_for->count();
  if (serving.downloads_need_token) out["downloadsNeedToken"] = *serving.downloads_need_token;
}

Result<void> ReadServing(JsonFields& fields, config::ServingTerms& serving) {
  std::optional<std::string> delivery;
  TRY(fields.Read("delivery", delivery));
  if (delivery) serving.delivery = TRY(config::ParseDelivery(*delivery));
  TRY(fields.Read("freshness", serving.freshness));
  TRY(fields.Read("serveStaleFor", serving.serve_stale_for));
  return fields.Read("downloadsNeedToken", serving.downloads_need_token);
}

Result<TokenRequest> ReadToken(JsonFields& fields) {
  TokenRequest request;
  TRY(fields.Read("lifetime", request.lifetime));
  TRY(fields.Read("neverExpires", request.never_expires));
  TRY(fields.Read("comment", request.comment));
  TRY(fields.Read("purpose", request.purpose));
  return request;
}

Result<std::optional<catalog::FederationRule>> ReadFederation(const json::value& value) {
  if (value.is_null()) return std::optional<catalog::FederationRule>();
  if (!value.is_object()) return InvalidArgument("federation: expected an object or null");
  JsonFields fields(value.as_object());
  catalog::FederationRule rule;
  TRY(fields.Read("issuer", rule.issuer));
  TRY(fields.Read("audience", rule.audience));
  std::optional<std::map<std::string, std::string>> claims;
  TRY(fields.Read("claims", claims));
  rule.claims = std::move(claims).value_or(std::map<std::string, std::string>());
  TRY(fields.Read("clientId", rule.client_id));
  TRY(fields.Read("tokenEndpoint", rule.token_endpoint));
  TRY(fields.Read("scope", rule.scope));
  TRY(fields.CheckAllRead());
  return std::optional(std::move(rule));
}

Result<std::optional<catalog::CertificateRule>> ReadCertificate(const json::value& value) {
  if (value.is_null()) return std::optional<catalog::CertificateRule>();
  if (!value.is_object()) return InvalidArgument("certificate: expected an object or null");
  JsonFields fields(value.as_object());
  catalog::CertificateRule rule;
  TRY(fields.Read("subject", rule.subject));
  TRY(fields.Read("alternativeName", rule.alternative_name));
  TRY(fields.CheckAllRead());
  return std::optional(std::move(rule));
}

}  // namespace

std::string TimeText(SystemTime time) {
  std::string text;
  AppendUtc(time, text);
  return text;
}

Result<SystemTime> ParseTime(std::string_view text) {
  return protocol::ParseTimestamp("a time", text);
}

Result<ShareRequest> ParseShareRequest(const json::object& body) {
  JsonFields fields(body);
  ShareRequest request;
  TRY(fields.Read("name", request.name));
  TRY(fields.Read("displayName", request.display_name));
  TRY(fields.Read("comment", request.comment));
  TRY(fields.Read("properties", request.properties));
  TRY(fields.Read("owner", request.owner));
  TRY(fields.Read("purposeRequired", request.purpose_required));
  TRY(fields.Read("region", request.region));
  TRY(fields.Read("tags", request.tags));
  TRY(fields.Read("schemas", request.schemas));
  TRY(ReadServing(fields, request.serving));
  TRY(fields.CheckAllRead());
  return request;
}

Result<EntryRequest> ParseEntryRequest(const json::object& body) {
  JsonFields fields(body);
  EntryRequest request;
  TRY(fields.Read("schema", request.schema));
  TRY(fields.Read("table", request.table));
  TRY(fields.Read("location", request.location));
  TRY(fields.Read("comment", request.comment));
  TRY(fields.Read("historyShared", request.history_shared));
  TRY(fields.Read("startVersion", request.start_version));
  TRY(fields.Read("aliases", request.aliases));
  TRY(fields.Read("tags", request.tags));
  TRY(fields.Read("unchecked", request.unchecked));
  TRY(ReadServing(fields, request.serving));
  TRY(fields.CheckAllRead());
  return request;
}

Result<RecipientRequest> ParseRecipientRequest(const json::object& body) {
  JsonFields fields(body);
  RecipientRequest request;
  TRY(fields.Read("name", request.name));
  TRY(fields.Read("comment", request.comment));
  TRY(fields.Read("owner", request.owner));
  TRY(fields.Read("attributes", request.attributes));
  TRY(fields.Read("tags", request.tags));
  TRY(fields.Read("allowedNetworks", request.allowed_networks));
  TRY(fields.Read("region", request.region));
  TRY(fields.Read("enabled", request.enabled));
  TRY(fields.Read("tokenLifetime", request.token_lifetime));
  if (const json::value* const value = fields.Take("expiresAt")) {
    if (!value->is_null() && !value->is_string()) {
      return InvalidArgument("expiresAt: expected a time or null");
    }
    request.expires_at.emplace();
    if (value->is_string()) *request.expires_at = TRY(ParseTime(value->as_string()));
  }
  if (const json::value* const value = fields.Take("federation")) {
    request.federation = TRY(ReadFederation(*value));
  }
  if (const json::value* const value = fields.Take("certificate")) {
    request.certificate = TRY(ReadCertificate(*value));
  }
  TRY(fields.CheckAllRead());
  return request;
}

Result<TokenRequest> ParseTokenRequest(const json::object& body) {
  JsonFields fields(body);
  const TokenRequest request = TRY(ReadToken(fields));
  TRY(fields.CheckAllRead());
  return request;
}

Result<RotationRequest> ParseRotationRequest(const json::object& body) {
  JsonFields fields(body);
  RotationRequest request;
  std::optional<std::chrono::seconds> grace;
  TRY(fields.Read("grace", grace));
  request.grace = grace.value_or(request.grace);
  request.token = TRY(ReadToken(fields));
  TRY(fields.CheckAllRead());
  return request;
}

json::object ToJson(const catalog::ManagedShare& share) {
  json::object out = {{"id", share.id}, {"name", share.name}};
  AddText("displayName", share.description.display_name, out);
  AddText("comment", share.description.comment, out);
  if (!share.description.properties.empty()) {
    json::object properties;
    for (const auto& [name, text] : share.description.properties) properties[name] = text;
    out["properties"] = std::move(properties);
  }
  AddText("owner", share.owner, out);
  if (share.purpose_required) out["purposeRequired"] = true;
  AddText("region", share.region, out);
  if (!share.tags.empty()) out["tags"] = ObjectOf(share.tags);
  AddServing(share.serving, out);
  if (!share.schemas.empty()) out["schemas"] = ArrayOf(share.schemas);
  if (!share.entries.empty()) {
    json::array entries;
    for (const catalog::Entry& entry : share.entries) entries.emplace_back(ToJson(entry));
    out["entries"] = std::move(entries);
  }
  if (share.created_at != SystemTime()) out["createdAt"] = TimeText(share.created_at);
  if (share.updated_at != SystemTime()) out["updatedAt"] = TimeText(share.updated_at);
  return out;
}

json::object ToJson(const catalog::Entry& entry) {
  const bool is_table = entry.kind == catalog::Entry::Kind::kTable;
  json::object out = {{"id", entry.id}, {"kind", is_table ? "table" : "folder"}};
  AddText("schema", entry.schema, out);
  AddText("table", entry.table, out);
  out["location"] = entry.location;
  AddText("comment", entry.comment, out);
  out["historyShared"] = entry.history_shared;
  if (entry.start_version != 0) out["startVersion"] = entry.start_version;
  AddServing(entry.serving, out);
  if (!entry.aliases.empty()) out["aliases"] = ObjectOf(entry.aliases);
  if (!entry.tags.empty()) out["tags"] = ObjectOf(entry.tags);
  return out;
}

json::object ToJson(const catalog::ManagedRecipient& recipient) {
  json::object out = {{"id", recipient.id}, {"name", recipient.name}};
  AddText("comment", recipient.comment, out);
  AddText("owner", recipient.owner, out);
  if (!recipient.attributes.empty()) out["attributes"] = ObjectOf(recipient.attributes);
  if (!recipient.tags.empty()) out["tags"] = ObjectOf(recipient.tags);
  if (!recipient.allowed_networks.empty()) {
    out["allowedNetworks"] = ArrayOf(recipient.allowed_networks);
  }
  AddText("region", recipient.region, out);
  out["enabled"] = recipient.enabled;
  AddTime("expiresAt", recipient.expires_at, out);
  if (recipient.token_lifetime.count() > 0) {
    out["tokenLifetimeSeconds"] = recipient.token_lifetime.count();
  }
  if (recipient.federation) {
    out["federation"] = json::object{{"issuer", recipient.federation->issuer},
                                     {"audience", recipient.federation->audience},
                                     {"claims", ObjectOf(recipient.federation->claims)},
                                     {"clientId", recipient.federation->client_id},
                                     {"tokenEndpoint", recipient.federation->token_endpoint},
                                     {"scope", recipient.federation->scope}};
  }
  if (recipient.certificate) {
    out["certificate"] = json::object{{"subject", recipient.certificate->subject},
                                      {"alternativeName", recipient.certificate->alternative_name}};
  }
  if (!recipient.tokens.empty()) {
    json::array tokens;
    for (const catalog::TokenRecord& token : recipient.tokens) tokens.emplace_back(ToJson(token));
    out["tokens"] = std::move(tokens);
  }
  if (!recipient.databases.empty()) out["databases"] = ObjectOf(recipient.databases);
  if (recipient.created_at != SystemTime()) out["createdAt"] = TimeText(recipient.created_at);
  return out;
}

json::object ToJson(const catalog::TokenRecord& token) {
  json::object out = {{"id", token.id}};
  AddText("comment", token.comment, out);
  AddText("purpose", token.purpose, out);
  out["createdAt"] = TimeText(token.created_at);
  AddTime("expiresAt", token.expires_at, out);
  AddTime("revokedAt", token.revoked_at, out);
  return out;
}

json::object ToJson(const catalog::Principal& principal) {
  json::object out = {
      {"id", principal.id}, {"name", principal.name}, {"role", catalog::RoleName(principal.role)}};
  AddText("comment", principal.comment, out);
  json::array tokens;
  for (const catalog::TokenRecord& token : principal.tokens) tokens.emplace_back(ToJson(token));
  out["tokens"] = std::move(tokens);
  return out;
}

json::object ToJson(const catalog::LocationRoot& root) {
  json::object out = {{"id", root.id}, {"name", root.name}, {"location", root.location}};
  AddText("region", root.region, out);
  out["principals"] = ArrayOf(root.principals);
  return out;
}

json::object ToJson(const catalog::Issuer& issuer) {
  json::object out = {{"id", issuer.id}, {"name", issuer.name}, {"url", issuer.url}};
  AddText("jwksUrl", issuer.jwks_url, out);
  return out;
}

json::object ToJson(const catalog::Quota& quota) {
  json::object out = {{"id", quota.id}};
  AddText("recipientId", quota.recipient_id, out);
  AddText("shareId", quota.share_id, out);
  out["measure"] = catalog::MeasureName(quota.measure);
  AddText("window", catalog::WindowName(quota.window), out);
  out["limit"] = quota.limit;
  return out;
}

}  // namespace sluice::admin
