#include "catalog/columns_internal.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"

namespace sluice::catalog {
namespace {

constexpr std::size_t kMaxRuleClaims = 50;
// Below what ParseJson takes, so that whatever was written can be read.
constexpr std::size_t kMaxStructureBytes = 8 << 20;

Error Damaged() { return CorruptData("the catalog's database holds what Sluice did not write"); }

Result<void> CheckText(const std::string& text) {
  if (text.find('\0') != std::string::npos) return InvalidArgument("a text holds a NUL character");
  if (!IsValidUtf8(text)) return InvalidArgument("a text is not UTF-8");
  return {};
}

Result<void> CheckSize(std::size_t size, std::size_t max_size) {
  if (size > max_size)
    return InvalidArgument("{} values are given, {} are allowed", size, max_size);
  return {};
}

Result<std::string> Rendered(const json::value& value) {
  std::string text;
  AppendJson(value, text);
  if (text.size() > kMaxStructureBytes) {
    return InvalidArgument("values of more than {} bytes together", kMaxStructureBytes);
  }
  return text;
}

Result<json::object> ParseObject(const std::string& text) {
  Result<json::value> parsed = ParseJson(text);
  if (!parsed.ok() || !parsed->is_object()) return Damaged();
  return std::move(parsed->get_object());
}

Result<json::array> ParseArray(const std::string& text) {
  Result<json::value> parsed = ParseJson(text);
  if (!parsed.ok() || !parsed->is_array()) return Damaged();
  return std::move(parsed->get_array());
}

Result<std::string> TextOf(const json::value& value) {
  if (!value.is_string()) return Damaged();
  return std::string(value.get_string());
}

Result<std::string> MemberText(const json::object& object, std::string_view key) {
  const json::value* member = FindMember(object, key);
  if (member == nullptr) return Damaged();
  return TextOf(*member);
}

Result<json::object> ObjectOf(const std::map<std::string, std::string>& map, std::size_t max_size) {
  TRY(CheckSize(map.size(), max_size));
  json::object object;
  for (const auto& [key, value] : map) {
    TRY(CheckText(key));
    TRY(CheckText(value));
    object.emplace(key, value);
  }
  return object;
}

Result<std::map<std::string, std::string>> MapOf(const json::object& object) {
  std::map<std::string, std::string> map;
  for (const auto& member : object) {
    std::string value = TRY(TextOf(member.value()));
    map.emplace(std::string(member.key()), std::move(value));
  }
  return map;
}

/// The milliseconds of member `key`, if it is there.
Result<std::optional<std::chrono::milliseconds>> MemberMillis(const json::object& object,
                                                              std::string_view key) {
  const json::value* member = FindMember(object, key);
  if (member == nullptr) return std::optional<std::chrono::milliseconds>();
  if (!member->is_int64()) return Damaged();
  return std::optional(std::chrono::milliseconds(member->get_int64()));
}

}  // namespace

Result<std::string> EncodeMap(const std::map<std::string, std::string>& map, std::size_t max_size) {
  const json::object object = TRY(ObjectOf(map, max_size));
  return Rendered(object);
}

Result<std::map<std::string, std::string>> DecodeMap(const std::string& text) {
  const json::object object = TRY(ParseObject(text));
  return MapOf(object);
}

Result<std::string> EncodeList(const std::vector<std::string>& list, std::size_t max_size) {
  TRY(CheckSize(list.size(), max_size));
  json::array array;
  for (const std::string& text : list) {
    TRY(CheckText(text));
    array.emplace_back(text);
  }
  return Rendered(array);
}

Result<std::vector<std::string>> DecodeList(const std::string& text) {
  const json::array array = TRY(ParseArray(text));
  std::vector<std::string> list;
  list.reserve(array.size());
  for (const json::value& value : array) list.push_back(TRY(TextOf(value)));
  return list;
}

Result<std::string> EncodePairs(const Pairs& pairs) {
  TRY(CheckSize(pairs.size(), kMaxAttributes));
  json::array array;
  for (const auto& [key, value] : pairs) {
    TRY(CheckText(key));
    TRY(CheckText(value));
    array.push_back(json::array{json::value(key), json::value(value)});
  }
  return Rendered(array);
}

Result<Pairs> DecodePairs(const std::string& text) {
  const json::array array = TRY(ParseArray(text));
  Pairs pairs;
  for (const json::value& pair : array) {
    if (!pair.is_array() || pair.get_array().size() != 2) return Damaged();
    std::string key = TRY(TextOf(pair.get_array()[0]));
    std::string value = TRY(TextOf(pair.get_array()[1]));
    pairs.emplace_back(std::move(key), std::move(value));
  }
  return pairs;
}

std::string EncodeServing(const config::ServingTerms& serving) {
  json::object object;
  if (serving.delivery) object["delivery"] = config::DeliveryName(*serving.delivery);
  if (serving.freshness) object["freshnessMs"] = serving.freshness->count();
  if (serving.serve_stale_for) object["serveStaleForMs"] = serving.serve_stale_for->count();
  if (serving.downloads_need_token) {
    object["downloadsNeedToken"] = *serving.downloads_need_token;
  }
  std::string text;
  AppendJson(object, text);
  return text;
}

Result<config::ServingTerms> DecodeServing(const std::string& text) {
  const json::object object = TRY(ParseObject(text));
  config::ServingTerms serving;
  if (FindMember(object, "delivery") != nullptr) {
    const std::string name = TRY(MemberText(object, "delivery"));
    const Result<config::Delivery> delivery = config::ParseDelivery(name);
    if (!delivery.ok()) return Damaged();
    serving.delivery = *delivery;
  }
  serving.freshness = TRY(MemberMillis(object, "freshnessMs"));
  serving.serve_stale_for = TRY(MemberMillis(object, "serveStaleForMs"));
  if (const json::value* needed = FindMember(object, "downloadsNeedToken")) {
    if (!needed->is_bool()) return Damaged();
    serving.downloads_need_token = needed->get_bool();
  }
  return serving;
}

Result<std::string> EncodeFederation(const FederationRule& rule) {
  TRY(CheckText(rule.issuer));
  TRY(CheckText(rule.audience));
  TRY(CheckText(rule.client_id));
  TRY(CheckText(rule.token_endpoint));
  TRY(CheckText(rule.scope));
  json::object object{{"issuer", rule.issuer}, {"audience", rule.audience}};
  object["claims"] = TRY(ObjectOf(rule.claims, kMaxRuleClaims));
  if (!rule.client_id.empty()) {
    object["client"] = json::object{
        {"id", rule.client_id}, {"tokenEndpoint", rule.token_endpoint}, {"scope", rule.scope}};
  }
  return Rendered(object);
}

Result<FederationRule> DecodeFederation(const std::string& text) {
  const json::object object = TRY(ParseObject(text));
  FederationRule rule;
  rule.issuer = TRY(MemberText(object, "issuer"));
  rule.audience = TRY(MemberText(object, "audience"));
  const json::value* claims = FindMember(object, "claims");
  if (claims == nullptr || !claims->is_object()) return Damaged();
  rule.claims = TRY(MapOf(claims->get_object()));
  const json::value* client = FindMember(object, "client");
  if (client == nullptr) return rule;
  if (!client->is_object()) return Damaged();
  rule.client_id = TRY(MemberText(client->get_object(), "id"));
  rule.token_endpoint = TRY(MemberText(client->get_object(), "tokenEndpoint"));
  rule.scope = TRY(MemberText(client->get_object(), "scope"));
  return rule;
}

Result<std::string> EncodeCertificate(const CertificateRule& rule) {
  TRY(CheckText(rule.subject));
  TRY(CheckText(rule.alternative_name));
  return Rendered(
      json::object{{"subject", rule.subject}, {"alternativeName", rule.alternative_name}});
}

Result<CertificateRule> DecodeCertificate(const std::string& text) {
  const json::object object = TRY(ParseObject(text));
  CertificateRule rule;
  rule.subject = TRY(MemberText(object, "subject"));
  rule.alternative_name = TRY(MemberText(object, "alternativeName"));
  return rule;
}

std::string EncodeDigest(const crypto::Sha256Digest& digest) {
  return Base64UrlEncode(crypto::AsText(digest));
}

Result<crypto::Sha256Digest> DecodeDigest(const std::string& text) {
  const Result<std::string> bytes = Base64UrlDecode(text);
  crypto::Sha256Digest digest{};
  if (!bytes.ok() || bytes->size() != digest.size()) return Damaged();
  std::ranges::copy(*bytes, digest.begin());
  return digest;
}

db::Value TimeValue(const std::optional<SystemTime>& time) {
  if (!time) return std::monostate{};
  return UnixMillis(*time);
}

SystemTime TimeOf(const db::Row& row, std::size_t column) {
  return SystemTime(std::chrono::milliseconds(row.Int(column)));
}

std::optional<SystemTime> OptionalTimeOf(const db::Row& row, std::size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return TimeOf(row, column);
}

}  // namespace sluice::catalog
