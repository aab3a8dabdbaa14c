#pragma once

#include <string>
#include <string_view>

#include "auth/identity_providers.h"
#include "auth/route.h"
#include "base/result.h"
#include "catalog/catalog.h"

namespace sluice::auth {

/// Below this, and its id, a recipient has an address of its own, for clients that sign in with a
/// browser: they are given that address alone, ask it where to sign in, and then read below it.
inline constexpr std::string_view kOwnAddress = "/recipients/{recipient}";

/// Tells clients of recipients where to sign in. Thread-safe.
class SignIn {
 public:
  /// Both must outlive it.
  SignIn(const catalog::Catalog& catalog, IdentityProviders& providers)
      : catalog_(catalog), providers_(providers) {}

  /// What the provider of a recipient says of itself, as far as a sign-in needs it. May block for a
  /// request to the provider. Errors: kNotFound, in the same words, for a recipient that is not
  /// there, may not read or has no identity provider; else those of BrowserDocumentOf.
  Result<std::string> DocumentOf(std::string_view recipient_id) const;

 private:
  const catalog::Catalog& catalog_;
  IdentityProviders& providers_;
};

/// Below kOwnAddress. Nobody is signed in yet who asks for it, so it names nobody.
/// Source: OpenID Connect Discovery 1.0, section 4; clients put "/oidc" before it.
extern const Route<SignIn> kSignInRoutes[1];

}  // namespace sluice::auth
