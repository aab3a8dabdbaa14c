#pragma once

// What an identity provider says of itself, as JSON, below its issuer's URL at
// /.well-known/openid-configuration (OpenID Connect Discovery 1.0, sections 3 and 4):
//
//   {"issuer": "https://id.example.com", "jwks_uri": "https://id.example.com/keys",
//    "authorization_endpoint": "...", "token_endpoint": "...", "scopes_supported": ["openid"], ...}

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sluice::auth {

inline constexpr std::size_t kMaxProviderDocumentBytes = 256 << 10;

struct ProviderDocument {
  std::string jwks_uri;
  json::object for_browsers;  ///< Those of its members that a sign-in needs, in their order.
};

/// Where the document of `issuer` is: a slash at the issuer's end is not doubled.
std::string ProviderDocumentUrl(std::string_view issuer);

/// Errors: kMalformed if `text` is no JSON object or `jwks_uri` no text; kPermissionDenied if its
/// `issuer` is not exactly the one given; kTooLarge past the bound.
Result<ProviderDocument> ParseProviderDocument(std::string_view text, std::string_view issuer);

/// Whether a URL that decides who is believed may be asked: https, or plain http on this machine's
/// loopback or to one of `plain_http_hosts` (in lower case). Errors: kInvalidArgument.
Result<void> CheckProviderUrl(std::string_view url,
                              const std::vector<std::string>& plain_http_hosts);

/// Errors: kNotFound if the provider names no `token_endpoint`, or such as CheckProviderUrl
/// refuses.
Result<std::string> FindTokenEndpoint(const ProviderDocument& document,
                                      const std::vector<std::string>& plain_http_hosts);

/// The JSON that a recipient's own address serves for signing in with a browser:
/// `authorization_endpoint`, `token_endpoint`, `issuer`, `jwks_uri`, `scopes_supported` and what
/// else of the provider's document clients of OAuth read. Errors: kNotFound if the provider names
/// no endpoints for it, or such as CheckProviderUrl refuses.
Result<std::string> WriteBrowserDocument(const ProviderDocument& document,
                                         const std::vector<std::string>& plain_http_hosts);

}  // namespace sluice::auth
