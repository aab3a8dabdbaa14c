#include "auth/authenticator.h"

#include <utility>

#include "base/encoding.h"

namespace sluice::auth {
namespace {

constexpr std::size_t kMaxTokenBytes = 4096;

/// The token of an Authorization header of the Bearer scheme, or empty.
std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (!EqualsIgnoringAsciiCase(authorization.substr(0, kScheme.size()), kScheme)) return {};
  return TrimAsciiSpace(authorization.substr(kScheme.size()));
}

}  // namespace

KnownToken Know(const Secret& token, std::string_view recipient) {
  return {.sha256 = crypto::Sha256(token.Reveal()), .recipient = std::string(recipient)};
}

Authenticator::Authenticator(Options options) : allow_anonymous_(options.allow_anonymous) {
  for (KnownToken& token : options.tokens) {
    recipients_.emplace(token.sha256, std::move(token.recipient));
  }
}

Result<Caller> Authenticator::Authenticate(std::optional<std::string_view> authorization) const {
  Result<Caller> caller = FindCaller(authorization.value_or(""));
  if (!caller.ok() && allow_anonymous_) return Caller{.recipient = std::string(kAnonymous)};
  return caller;
}

Result<Caller> Authenticator::FindCaller(std::string_view authorization) const {
  const std::string_view token = BearerToken(authorization);
  if (token.empty()) return Unauthenticated("no bearer token was sent");
  // Hashing first makes every refusal cost the same, up to the length that is bounded here.
  const auto known = recipients_.find(crypto::Sha256(token.substr(0, kMaxTokenBytes)));
  if (token.size() > kMaxTokenBytes || known == recipients_.end()) {
    return Unauthenticated("the bearer token is not valid");
  }
  return Caller{.recipient = known->second, .credential = Credential::kBearerToken};
}

}  // namespace sluice::auth
