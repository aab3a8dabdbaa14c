#include "auth/authenticator.h"

#include <utility>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace sluice::auth {
namespace {

constexpr std::size_t kMaxTokenBytes = 4096;

/// The token of an Authorization header of the Bearer scheme (RFC 6750, section 2.1), or empty.
std::string_view BearerToken(const http::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string* const authorization = request.headers.Find("Authorization");
  if (authorization == nullptr) return {};
  const std::string_view text = *authorization;
  if (!EqualsIgnoringAsciiCase(text.substr(0, kScheme.size()), kScheme)) return {};
  return TrimAsciiSpace(text.substr(kScheme.size()));
}

/// Hashing first makes every refusal cost the same, up to the length that is bounded here.
crypto::Sha256Digest DigestOf(std::string_view token) {
  return crypto::Sha256(token.substr(0, kMaxTokenBytes));
}

Error NotValid(std::string detail) {
  return WithDetail(Unauthenticated("the bearer token is not valid"), std::move(detail));
}

Result<void> CheckToken(const catalog::TokenRecord* token, std::string_view text, SystemTime now) {
  if (token == nullptr || text.size() > kMaxTokenBytes) return NotValid("it is not known");
  if (token->revoked_at) return NotValid(Format("token {} was revoked", token->id));
  if (!token->IsGoodAt(now)) return NotValid(Format("token {} has expired", token->id));
  return {};
}

}  // namespace

catalog::TokenRecord Know(const Secret& token, std::string id) {
  return {.id = std::move(id), .sha256 = crypto::Sha256(token.Reveal())};
}

bool MayCallFrom(const catalog::Recipient& recipient, std::string_view peer) {
  if (recipient.record.allowed_networks.empty()) return true;
  const auto address = http::ParseIpAddress(peer);
  return address && recipient.networks.Contains(*address);
}

Caller Authenticator::Nobody(const http::Request& request) {
  Caller caller{.request_id = request.request_id, .peer = request.peer_address};
  if (const std::string* const agent = request.headers.Find("User-Agent")) caller.agent = *agent;
  return caller;
}

Result<Caller> Authenticator::KnownRecipient(const http::Request& request,
                                             const catalog::View& view) const {
  TRY(catalog_.CheckUsable(clock_.Now()));
  const std::string_view token = BearerToken(request);
  if (token.empty()) return Unauthenticated("no bearer token was sent");
  const SystemTime now = clock_.Now();
  const catalog::View::TokenHolder holder = view.FindToken(DigestOf(token));
  TRY(CheckToken(holder.token, token, now));
  const catalog::ManagedRecipient& record = holder.recipient->record;
  if (!holder.recipient->IsGoodAt(now)) {
    return NotValid(Format("recipient {} is disabled or has expired", record.name));
  }
  if (!MayCallFrom(*holder.recipient, request.peer_address)) {
    return WithDetail(PermissionDenied("requests from this address are not allowed"),
                      Format("recipient {} from {}", record.name, request.peer_address));
  }
  Caller caller = Nobody(request);
  caller.recipient = record.name;
  caller.recipient_id = record.id;
  caller.token_id = holder.token->id;
  caller.credential = Credential::kBearerToken;
  caller.purpose = holder.token->purpose;
  caller.token_expires_at = holder.token->expires_at;
  return caller;
}

Result<Caller> Authenticator::Recipient(const http::Request& request) const {
  const catalog::ViewPtr view = catalog_.Current();
  Result<Caller> caller = KnownRecipient(request, *view);
  if (!caller.ok()) {
    const bool is_unknown = caller.error().code == ErrorCode::kUnauthenticated;
    if (!is_unknown || !allow_anonymous_) return caller;
    caller = Nobody(request);
    caller->recipient = kAnonymous;
    caller->recipient_id = kAnonymous;
  }
  if (const std::string* const purpose = request.headers.Find(kPurposeHeader)) {
    caller->purpose = purpose->substr(0, kMaxPurposeBytes);
  }
  return caller;
}

Result<Caller> Authenticator::Principal(const http::Request& request) const {
  TRY(catalog_.CheckUsable(clock_.Now()));
  const std::string_view token = BearerToken(request);
  if (token.empty()) return Unauthenticated("no bearer token was sent");
  const catalog::ViewPtr view = catalog_.Current();
  const catalog::View::PrincipalToken found = view->FindPrincipalToken(DigestOf(token));
  TRY(CheckToken(found.token, token, clock_.Now()));
  Caller caller = Nobody(request);
  caller.recipient = found.principal->name;
  caller.recipient_id = found.principal->id;
  caller.token_id = found.token->id;
  caller.credential = Credential::kBearerToken;
  caller.role = found.principal->role;
  caller.token_expires_at = found.token->expires_at;
  return caller;
}

}  // namespace sluice::auth
