#include "auth/token_claims.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "crypto/jws.h"

namespace sluice::auth {
namespace {

constexpr JsonLimits kLimits{.max_bytes = crypto::kMaxJwsBytes, .max_depth = 32};
constexpr double kMaxSeconds = 253'402'300'799;  // the end of year 9999

/// The texts of a value, or nothing if it is of a kind that is not kept.
std::optional<std::vector<std::string>> TextsOf(const json::value& value) {
  if (value.is_bool()) return std::vector<std::string>{value.get_bool() ? "true" : "false"};
  if (value.is_string()) return std::vector<std::string>{std::string(value.get_string())};
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const json::value& element : value.get_array()) {
    if (!element.is_string()) return std::nullopt;
    texts.emplace_back(element.get_string());
  }
  return texts;
}

/// A NumericDate (RFC 7519, section 2): seconds, maybe with a fraction.
Result<std::optional<SystemTime>> FindTime(const json::object& claims, std::string_view name) {
  const json::value* const claim = claims.if_contains(name);
  if (claim == nullptr) return std::optional<SystemTime>();
  if (!claim->is_number()) return InvalidArgument("the claim {} is not a number", name);
  const double seconds = claim->to_number<double>();
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) {
    return InvalidArgument("the claim {} is out of bounds", name);
  }
  const auto millis = static_cast<std::int64_t>(std::floor(seconds * 1000));
  return std::optional<SystemTime>(SystemTime(std::chrono::milliseconds(millis)));
}

Result<std::vector<std::string>> AudiencesOf(const json::object& claims) {
  const json::value* const claim = claims.if_contains("aud");
  if (claim == nullptr) return InvalidArgument("the claim aud is missing");
  auto audiences = claim->is_bool() ? std::nullopt : TextsOf(*claim);
  if (!audiences || audiences->empty() || audiences->size() > kMaxAudiences) {
    return InvalidArgument("the claim aud is neither text nor a list of 1 to {} texts",
                           kMaxAudiences);
  }
  return std::move(*audiences);
}

Result<std::string> IssuerOf(const json::object& claims) {
  const json::value* const claim = claims.if_contains("iss");
  const json::string* const text = claim == nullptr ? nullptr : claim->if_string();
  if (text == nullptr) return InvalidArgument("the claim iss is missing or not text");
  return std::string(*text);
}

}  // namespace

bool TokenClaims::Has(std::string_view name, std::string_view value) const {
  const auto found = values.find(name);
  return found != values.end() && std::ranges::find(found->second, value) != found->second.end();
}

Result<TokenClaims> ParseTokenClaims(std::string_view payload) {
  const auto parsed = ParseJson(payload, kLimits);
  if (!parsed.ok() || !parsed->is_object()) return Malformed("the token's claims are not JSON");
  const json::object& members = parsed->get_object();
  TokenClaims claims;
  claims.issuer = TRY(IssuerOf(members));
  claims.audiences = TRY(AudiencesOf(members));
  const auto expires_at = TRY(FindTime(members, "exp"));
  if (!expires_at) return InvalidArgument("the claim exp is missing");
  claims.expires_at = *expires_at;
  claims.not_before = TRY(FindTime(members, "nbf"));
  claims.issued_at = TRY(FindTime(members, "iat"));
  for (const auto& [name, value] : members) {
    if (auto texts = TextsOf(value)) claims.values.emplace(name, std::move(*texts));
  }
  return claims;
}

}  // namespace sluice::auth
