#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/token_verifier.h"
#include "base/result.h"
#include "catalog/model.h"

namespace sluice::auth {

/// Bounds of a rule.
inline constexpr std::size_t kMaxRuleClaims = 20;
inline constexpr std::size_t kMaxRuleTextBytes = 1024;  ///< Of a name, value or audience.

/// Whether a rule says whose tokens it means: an issuer, an audience, and a claim beside `iss` and
/// `aud`, without which everybody at the provider would be the recipient. Errors: kInvalidArgument
/// naming what is missing, empty or too long. Whether the issuer is registered is not looked at.
Result<void> CheckFederationRule(const catalog::FederationRule& rule);

/// Whether what the rule says of the recipient's client can stand in a profile: nothing, or an id,
/// with a token endpoint that is empty or a URL of https, or of http on this machine's loopback.
/// Errors: kInvalidArgument.
Result<void> CheckFederatedClient(const catalog::FederationRule& rule);

/// False too for a rule that CheckFederationRule refuses.
bool MatchesFederationRule(const catalog::FederationRule& rule, const VerifiedToken& token);

/// Finds recipients by the tokens of identity providers. Immutable; thread-safe.
class FederatedRecipients {
 public:
  struct Member {
    std::string recipient;  ///< Its id, or what else the caller knows it by.
    catalog::FederationRule rule;
  };

  FederatedRecipients() = default;
  /// Rules that CheckFederationRule refuses match nothing.
  explicit FederatedRecipients(std::vector<Member> members);

  /// The one recipient whose rule fits. Costs a look-up for each of the token's claims, however
  /// many recipients there are. Errors: kUnauthenticated if there is none, and if there are
  /// several: a rule that is too wide must not give one recipient what another's token opens. The
  /// message is that of TokenVerifier; the detail tells.
  Result<std::string> Find(const VerifiedToken& token) const;

 private:
  std::vector<Member> members_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_claim_;
};

}  // namespace sluice::auth
