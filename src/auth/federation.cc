#include "auth/federation.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "auth/provider_document.h"
#include "base/encoding.h"

namespace sluice::auth {
namespace {

using Claim = std::pair<const std::string, std::string>;

/// Whether a claim tells one who has tokens from another.
bool IsTelling(const Claim& claim) { return claim.first != "iss" && claim.first != "aud"; }

Result<void> CheckText(std::string_view what, std::string_view text) {
  if (text.empty()) return InvalidArgument("the rule's {} is empty", what);
  if (text.size() > kMaxRuleTextBytes) {
    return InvalidArgument("the rule's {} is longer than {} bytes", what, kMaxRuleTextBytes);
  }
  return {};
}

/// Issuers' names are the same in any case. Texts with a zero in them may share a key: whoever
/// finds a rule by it looks at the whole rule.
std::string KeyOf(std::string_view issuer, std::string_view name, std::string_view value) {
  std::string key = AsciiLower(issuer);
  for (const std::string_view part : {name, value}) {
    key += '\0';
    key += part;
  }
  return key;
}

}  // namespace

Result<void> CheckFederationRule(const catalog::FederationRule& rule) {
  TRY(CheckText("issuer", rule.issuer));
  TRY(CheckText("audience", rule.audience));
  if (rule.claims.size() > kMaxRuleClaims) {
    return InvalidArgument("the rule has {} claims, {} are allowed", rule.claims.size(),
                           kMaxRuleClaims);
  }
  for (const auto& [name, value] : rule.claims) {
    TRY(CheckText("claim", name));
    TRY(CheckText(name, value));
  }
  if (std::ranges::none_of(rule.claims, IsTelling)) {
    return InvalidArgument(
        "the rule names no claim beside iss and aud, such as sub: everybody at "
        "the identity provider would be this recipient");
  }
  return {};
}

Result<void> CheckFederatedClient(const catalog::FederationRule& rule) {
  if (rule.client_id.empty()) {
    if (rule.token_endpoint.empty() && rule.scope.empty()) return {};
    return InvalidArgument("a token endpoint and a scope are a client's: clientId is missing");
  }
  TRY(CheckText("clientId", rule.client_id));
  if (!rule.scope.empty()) TRY(CheckText("scope", rule.scope));
  if (rule.token_endpoint.empty()) return {};
  TRY(CheckText("tokenEndpoint", rule.token_endpoint));
  return CheckProviderUrl(rule.token_endpoint, /*plain_http_hosts=*/{});
}

bool MatchesFederationRule(const catalog::FederationRule& rule, const VerifiedToken& token) {
  const std::vector<std::string>& audiences = token.claims.audiences;
  return CheckFederationRule(rule).ok() &&
         EqualsIgnoringAsciiCase(rule.issuer, token.issuer.name) &&
         std::ranges::find(audiences, rule.audience) != audiences.end() &&
         std::ranges::all_of(rule.claims, [&](const Claim& claim) {
           return token.claims.Has(claim.first, claim.second);
         });
}

FederatedRecipients::FederatedRecipients(std::vector<Member> members)
    : members_(std::move(members)) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const catalog::FederationRule& rule = members_[i].rule;
    if (!CheckFederationRule(rule).ok()) continue;
    // Where a subject is named, no claim tells more.
    auto telling = rule.claims.find("sub");
    if (telling == rule.claims.end()) telling = std::ranges::find_if(rule.claims, IsTelling);
    by_claim_[KeyOf(rule.issuer, telling->first, telling->second)].push_back(i);
  }
}

Result<std::string> FederatedRecipients::Find(const VerifiedToken& token) const {
  const Member* found = nullptr;
  const Error refused = Unauthenticated("the bearer token is not valid");
  for (const auto& [name, values] : token.claims.values) {
    for (const std::string& value : values) {
      const auto named = by_claim_.find(KeyOf(token.issuer.name, name, value));
      if (named == by_claim_.end()) continue;
      for (const std::size_t index : named->second) {
        const Member& member = members_[index];
        if (&member == found || !MatchesFederationRule(member.rule, token)) continue;
        if (found != nullptr) {
          return WithDetail(
              refused, Format("recipients {} and {} both fit", found->recipient, member.recipient));
        }
        found = &member;
      }
    }
  }
  if (found == nullptr) return WithDetail(refused, "no recipient's rule fits its claims");
  return found->recipient;
}

}  // namespace sluice::auth
