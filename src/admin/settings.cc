// What only admins manage: principals, roots, issuers and quotas.

#include <algorithm>
#include <utility>

#include "admin/access_internal.h"
#include "admin/service.h"
#include "auth/token.h"
#include "base/encoding.h"
#include "crypto/uuid.h"
#include "protocol/names.h"
#include "storage/location.h"

namespace sluice::admin {
namespace {

using catalog::Issuer;
using catalog::LocationRoot;
using catalog::Principal;
using catalog::Quota;
using catalog::Role;
using catalog::Transaction;

constexpr std::size_t kMaxUrlBytes = 2'000;

std::string NewId() { return crypto::FormatUuid(crypto::Uuid4()); }

// The same rules as for shares: one word.
Result<void> CheckName(std::string_view name, std::string_view what) {
  if (protocol::CheckShareName(name).ok()) return {};
  return InvalidArgument("{} name must be 1 to 255 bytes without spaces, '/' or control characters",
                         what);
}

template <typename T>
auto FindNamed(std::vector<T>& items, std::string_view name) {
  return std::ranges::find_if(
      items, [&](const T& item) { return EqualsIgnoringAsciiCase(item.name, name); });
}

bool IsSameQuota(const Quota& a, const Quota& b) {
  return a.recipient_id == b.recipient_id && a.share_id == b.share_id && a.measure == b.measure &&
         a.window == b.window;
}

}  // namespace

Result<std::vector<Principal>> AdminService::ListPrincipals(const auth::Caller& caller) {
  if (caller.role == Role::kShareOwner) TRY(RequireRole(caller, Role::kAdmin));
  std::vector<Principal> principals;
  const auto read = [&](Transaction& transaction) -> Result<void> {
    principals = TRY(transaction.ListPrincipals());
    return {};
  };
  TRY(dependencies_.store.Read(read));
  return principals;
}

Result<AdminService::IssuedToken> AdminService::CreatePrincipal(const auth::Caller& caller,
                                                                const PrincipalRequest& request) {
  TRY(RequireRole(caller, Role::kAdmin));
  TRY(CheckName(request.name, "a principal's"));
  if (EqualsIgnoringAsciiCase(request.name, "owner")) {
    return InvalidArgument("the name 'owner' is that of the data directory's own token");
  }
  const SystemTime now = dependencies_.clock.Now();
  IssuedToken issued{.record = {}, .text = auth::GenerateToken()};
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    std::vector<Principal> principals = TRY(transaction.ListPrincipals());
    const auto known = FindNamed(principals, request.name);
    Principal principal = known != principals.end()
                              ? *known
                              : Principal{.id = NewId(), .name = request.name, .created_at = now};
    const json::value before =
        known == principals.end() ? json::value() : json::value(ToJson(principal));
    principal.role = request.role;
    principal.comment = request.comment;
    TRY(transaction.PutPrincipal(principal));
    // One good token each: a new one replaces what was there.
    for (catalog::TokenRecord& token : principal.tokens) {
      if (!token.IsGoodAt(now)) continue;
      token.revoked_at = now;
      TRY(transaction.PutPrincipalToken(principal.id, token));
    }
    issued.record = {
        .id = NewId(),
        .sha256 = crypto::Sha256(issued.text.Reveal()),
        .created_at = now,
        .expires_at = now + std::min(request.lifetime.value_or(options_.token_lifetime),
                                     options_.max_token_lifetime)};
    TRY(transaction.PutPrincipalToken(principal.id, issued.record));
    return Changed{
        .object = "principal " + principal.name, .before = before, .after = ToJson(principal)};
  };
  TRY(Change(caller, change));
  return issued;
}

Result<void> AdminService::DropPrincipal(const auth::Caller& caller, std::string_view name) {
  TRY(RequireRole(caller, Role::kAdmin));
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    std::vector<Principal> principals = TRY(transaction.ListPrincipals());
    const auto found = FindNamed(principals, name);
    if (found == principals.end()) return NotFound("principal '{}' does not exist", name);
    TRY(transaction.DeletePrincipal(found->id));
    return Changed{.object = "principal " + found->name, .before = ToJson(*found), .after = {}};
  });
}

Result<std::vector<LocationRoot>> AdminService::ListRoots(const auth::Caller& caller) {
  std::vector<LocationRoot> roots;
  const auto read = [&](Transaction& transaction) -> Result<void> {
    roots = TRY(transaction.ListRoots());
    return {};
  };
  TRY(dependencies_.store.Read(read));
  if (caller.role == Role::kShareOwner) {
    std::erase_if(roots, [&](const LocationRoot& root) {
      return std::ranges::find(root.principals, caller.recipient) == root.principals.end();
    });
  }
  return roots;
}

Result<LocationRoot> AdminService::PutRoot(const auth::Caller& caller, LocationRoot root) {
  TRY(RequireRole(caller, Role::kAdmin));
  TRY(CheckName(root.name, "a root's"));
  TRY(storage::ParseLocation(root.location, "/"));
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    std::vector<LocationRoot> roots = TRY(transaction.ListRoots());
    const auto known = FindNamed(roots, root.name);
    const json::value before = known == roots.end() ? json::value() : json::value(ToJson(*known));
    root.id = known == roots.end() ? NewId() : known->id;
    TRY(transaction.PutRoot(root));
    return Changed{.object = "root " + root.name, .before = before, .after = ToJson(root)};
  };
  TRY(Change(caller, change));
  return root;
}

Result<void> AdminService::DropRoot(const auth::Caller& caller, std::string_view name) {
  TRY(RequireRole(caller, Role::kAdmin));
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    std::vector<LocationRoot> roots = TRY(transaction.ListRoots());
    const auto found = FindNamed(roots, name);
    if (found == roots.end()) return NotFound("root '{}' does not exist", name);
    TRY(transaction.DeleteRoot(found->id));
    return Changed{.object = "root " + found->name, .before = ToJson(*found), .after = {}};
  });
}

Result<std::vector<Issuer>> AdminService::ListIssuers(const auth::Caller& /*caller*/) {
  std::vector<Issuer> issuers;
  const auto read = [&](Transaction& transaction) -> Result<void> {
    issuers = TRY(transaction.ListIssuers());
    return {};
  };
  TRY(dependencies_.store.Read(read));
  return issuers;
}

Result<Issuer> AdminService::PutIssuer(const auth::Caller& caller, Issuer issuer) {
  TRY(RequireRole(caller, Role::kAdmin));
  TRY(CheckName(issuer.name, "an issuer's"));
  if (issuer.url.empty() || issuer.url.size() > kMaxUrlBytes ||
      issuer.jwks_url.size() > kMaxUrlBytes) {
    return InvalidArgument("an issuer's URL has 1 to {} bytes", kMaxUrlBytes);
  }
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    std::vector<Issuer> issuers = TRY(transaction.ListIssuers());
    const auto known = FindNamed(issuers, issuer.name);
    const json::value before = known == issuers.end() ? json::value() : json::value(ToJson(*known));
    issuer.id = known == issuers.end() ? NewId() : known->id;
    TRY(transaction.PutIssuer(issuer));
    return Changed{.object = "issuer " + issuer.name, .before = before, .after = ToJson(issuer)};
  };
  TRY(Change(caller, change));
  return issuer;
}

Result<void> AdminService::DropIssuer(const auth::Caller& caller, std::string_view name) {
  TRY(RequireRole(caller, Role::kAdmin));
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    std::vector<Issuer> issuers = TRY(transaction.ListIssuers());
    const auto found = FindNamed(issuers, name);
    if (found == issuers.end()) return NotFound("issuer '{}' does not exist", name);
    TRY(transaction.DeleteIssuer(found->id));
    return Changed{.object = "issuer " + found->name, .before = ToJson(*found), .after = {}};
  });
}

Result<std::vector<Quota>> AdminService::ListQuotas(const auth::Caller& /*caller*/) {
  std::vector<Quota> quotas;
  const auto read = [&](Transaction& transaction) -> Result<void> {
    quotas = TRY(transaction.ListQuotas());
    return {};
  };
  TRY(dependencies_.store.Read(read));
  return quotas;
}

Result<Quota> AdminService::PutQuota(const auth::Caller& caller, const QuotaRequest& request) {
  TRY(RequireRole(caller, Role::kAdmin));
  if (request.limit < 0) return InvalidArgument("a limit must not be negative");
  const bool counts_now = request.measure == catalog::Measure::kConcurrent;
  if (counts_now != (request.window == catalog::Window::kNone)) {
    return InvalidArgument(
        "a quota is of requests, files or bytes a second, day or month, or of "
        "concurrent queries without a window");
  }
  Quota quota{
      .id = NewId(), .measure = request.measure, .window = request.window, .limit = request.limit};
  const Body change = [&](Transaction& transaction) -> Result<Changed> {
    if (!request.recipient.empty()) {
      const auto recipient = TRY(transaction.FindRecipient(request.recipient));
      if (!recipient) return NotFound("recipient '{}' does not exist", request.recipient);
      quota.recipient_id = recipient->id;
    }
    if (!request.share.empty()) {
      quota.share_id = TRY(GrantableShare(transaction, caller, request.share));
    }
    const std::vector<Quota> quotas = TRY(transaction.ListQuotas());
    const auto known =
        std::ranges::find_if(quotas, [&](const Quota& other) { return IsSameQuota(other, quota); });
    const json::value before = known == quotas.end() ? json::value() : json::value(ToJson(*known));
    if (known != quotas.end()) quota.id = known->id;
    TRY(transaction.PutQuota(quota));
    return Changed{.object = "quota " + quota.id, .before = before, .after = ToJson(quota)};
  };
  TRY(Change(caller, change));
  return quota;
}

Result<void> AdminService::DropQuota(const auth::Caller& caller, std::string_view id) {
  TRY(RequireRole(caller, Role::kAdmin));
  return Change(caller, [&](Transaction& transaction) -> Result<Changed> {
    const std::vector<Quota> quotas = TRY(transaction.ListQuotas());
    const auto found = std::ranges::find(quotas, id, &Quota::id);
    if (found == quotas.end()) return NotFound("quota '{}' does not exist", id);
    TRY(transaction.DeleteQuota(found->id));
    return Changed{.object = "quota " + found->id, .before = ToJson(*found), .after = {}};
  });
}

Result<std::vector<std::string>> AdminService::ListKeys(const auth::Caller& caller) {
  TRY(RequireRole(caller, Role::kAdmin));
  return dependencies_.keys(/*rotates=*/false);
}

Result<std::vector<std::string>> AdminService::RotateKeys(const auth::Caller& caller) {
  TRY(RequireRole(caller, Role::kAdmin));
  const Changed change{.object = "master keys", .before = {}, .after = "rotated"};
  TRY(RecordChange(caller, change, /*fault=*/nullptr));
  auto keys = dependencies_.keys(/*rotates=*/true);
  if (!keys.ok()) TRY(RecordChange(caller, change, &keys.error()));
  return keys;
}

}  // namespace sluice::admin
