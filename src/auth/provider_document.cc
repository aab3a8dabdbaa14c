#include "auth/provider_document.h"

#include <algorithm>

#include "http/client_target.h"
#include "http/networks.h"

namespace sluice::auth {
namespace {

constexpr JsonLimits kLimits{.max_bytes = kMaxProviderDocumentBytes, .max_depth = 16};

/// Nothing of what is not here is passed on: a provider says much that is between it and others.
constexpr std::string_view kForBrowsers[] = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "end_session_endpoint",
    "device_authorization_endpoint",
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "subject_types_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    "id_token_signing_alg_values_supported",
};

std::string_view TextOf(const json::object& object, std::string_view name) {
  const json::value* const member = object.if_contains(name);
  const json::string* const text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost") return true;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const auto address = http::ParseIpAddress(host);
  static const http::Networks loopback = http::Networks::Parse({"127.0.0.0/8", "::1"}).value();
  return address && loopback.Contains(*address);
}

}  // namespace

std::string ProviderDocumentUrl(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + "/.well-known/openid-configuration";
}

Result<ProviderDocument> ParseProviderDocument(std::string_view text, std::string_view issuer) {
  const json::value value = TRY(ParseJson(text, kLimits));
  const json::object* const members = value.if_object();
  if (members == nullptr) return Malformed("the identity provider's document is no JSON object");
  if (TextOf(*members, "issuer") != issuer) {
    return PermissionDenied("the identity provider's document is of another issuer");
  }
  ProviderDocument document;
  document.jwks_uri = TextOf(*members, "jwks_uri");
  if (document.jwks_uri.empty()) {
    return Malformed("the identity provider's document has no jwks_uri");
  }
  for (const auto& [name, member] : *members) {
    if (std::ranges::find(kForBrowsers, std::string_view(name)) != std::end(kForBrowsers)) {
      document.for_browsers.emplace(name, member);
    }
  }
  return document;
}

Result<void> CheckProviderUrl(std::string_view url,
                              const std::vector<std::string>& plain_http_hosts) {
  const http::ClientTarget target = TRY(http::ParseClientUrl(url));
  if (target.is_tls || IsLoopback(target.host) ||
      std::ranges::find(plain_http_hosts, target.host) != plain_http_hosts.end()) {
    return {};
  }
  return InvalidArgument("the URL of the identity provider is not https");
}

Result<std::string> FindTokenEndpoint(const ProviderDocument& document,
                                      const std::vector<std::string>& plain_http_hosts) {
  std::string url(TextOf(document.for_browsers, "token_endpoint"));
  if (CheckProviderUrl(url, plain_http_hosts).ok()) return url;
  return NotFound("the identity provider has no token_endpoint for clients");
}

Result<std::string> WriteBrowserDocument(const ProviderDocument& document,
                                         const std::vector<std::string>& plain_http_hosts) {
  for (const std::string_view name : {"authorization_endpoint", "token_endpoint"}) {
    if (!CheckProviderUrl(TextOf(document.for_browsers, name), plain_http_hosts).ok()) {
      return NotFound("the identity provider has no {} for browsers", name);
    }
  }
  std::string text;
  AppendJson(document.for_browsers, text);
  return text;
}

}  // namespace sluice::auth
