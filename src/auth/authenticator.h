#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/certificate_rule.h"
#include "auth/federation.h"
#include "auth/token_verifier.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "catalog/catalog.h"
#include "catalog/model.h"
#include "http/message.h"

namespace sluice::audit {
class Decision;
}

namespace sluice::auth {

/// How somebody showed who they are.
enum class Credential : std::uint8_t { kBearerToken, kFederated, kCertificate, kNone };

/// Who is calling, and from where.
struct Caller {
  std::string recipient;  ///< As it is spelled in the catalog; on the owner's surface a principal.
  std::string recipient_id;
  std::string token_id;  ///< Names the credential in records, without being one.
  Credential credential = Credential::kNone;
  catalog::Role role = catalog::Role::kAuditor;  ///< Of a principal.
  std::string purpose;  ///< What the request says it is for, else what its token is for.
  std::optional<SystemTime> token_expires_at;

  /// The record of what is being decided; null where nothing is recorded.
  audit::Decision* decision = nullptr;

  std::string request_id;
  std::string peer;  ///< An IP address, or "unix".
  std::string agent;
};

/// Name of the caller where no credential is asked for.
inline constexpr std::string_view kAnonymous = "anonymous";
/// The request header in which a recipient says what it reads for.
inline constexpr std::string_view kPurposeHeader = "Sluice-Purpose";
inline constexpr std::size_t kMaxPurposeBytes = 1'000;

/// A token whose secret is known, for the catalog. `id` names it in records.
catalog::TokenRecord Know(const Secret& token, std::string id);

/// Tells who calls, by the catalog in force. Thread-safe.
class Authenticator {
 public:
  /// All must outlive it. Without a verifier no tokens of identity providers are known.
  Authenticator(const catalog::Catalog& catalog, const Clock& clock,
                TokenVerifier* verifier = nullptr)
      : catalog_(catalog), clock_(clock), verifier_(verifier) {}

  /// Takes the rules of a view's recipients, before or after it is in force: a recipient that the
  /// view in force does not have is nobody.
  void TakeRules(const catalog::View& view);

  /// Callers without a known credential are kAnonymous. Stock clients always send some token, so a
  /// wrong one counts as none.
  void AllowAnonymous(bool allow) { allow_anonymous_ = allow; }

  /// Errors: kUnauthenticated, in the same words for every token that is not good;
  /// kPermissionDenied if the recipient may not call from where it does.
  Result<Caller> Recipient(const http::Request& request) const;
  /// Whether Recipient may have to ask an identity provider for this request.
  bool CouldBlock(const http::Request& request) const;
  /// A principal of the owner's surface. Errors: kUnauthenticated.
  Result<Caller> Principal(const http::Request& request) const;
  /// Where the request comes from, of nobody in particular.
  static Caller Nobody(const http::Request& request);

 private:
  /// What recipients may show besides our own tokens.
  struct Rules {
    std::vector<catalog::Issuer> issuers;
    FederatedRecipients federated;
    CertifiedRecipients certified;
  };
  /// Who a credential belongs to.
  struct Shown {
    catalog::RecipientPtr recipient;
    Credential credential = Credential::kNone;
    std::string token_id;
    std::string purpose = {};
    std::optional<SystemTime> expires_at = {};
  };
  Result<Caller> KnownRecipient(const http::Request& request, const catalog::View& view) const;
  Result<Shown> ByToken(std::string_view token, const catalog::View& view) const;
  Result<Shown> ByFederation(std::string_view token, const catalog::View& view) const;
  Result<Shown> ByCertificate(const http::PeerCertificate& certificate,
                              const catalog::View& view) const;
  std::shared_ptr<const Rules> CurrentRules() const;

  const catalog::Catalog& catalog_;
  const Clock& clock_;
  TokenVerifier* const verifier_;
  mutable std::mutex mutex_;  ///< Guards rules_; held for a reference count.
  std::shared_ptr<const Rules> rules_ = std::make_shared<const Rules>();
  std::atomic<bool> allow_anonymous_ = false;
};

/// Whether a recipient that is restricted to networks may call from `peer`.
bool MayCallFrom(const catalog::Recipient& recipient, std::string_view peer);

}  // namespace sluice::auth
