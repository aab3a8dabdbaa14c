#include "http/client_target.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/encoding.h"

namespace sluice::http {
namespace {

Error BadUrl(std::string_view why) { return InvalidArgument("the URL {}", why); }

bool IsVisibleAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

bool IsHostName(std::string_view host) {
  constexpr std::size_t kMaxHostBytes = 253;
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  return !host.empty() && host.size() <= kMaxHostBytes &&
         host.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool IsBracketedAddress(std::string_view host) {
  constexpr std::string_view kAllowed = "0123456789abcdef:.";
  return host.size() >= 4 && host.starts_with('[') && host.ends_with(']') &&
         host.substr(1, host.size() - 2).find_first_not_of(kAllowed) == std::string_view::npos;
}

bool IsPort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failure == std::errc() && stop == text.data() + text.size() && port > 0;
}

}  // namespace

Result<ClientTarget> ParseClientUrl(std::string_view url) {
  if (!IsVisibleAscii(url)) return BadUrl("has characters that must be percent-encoded");
  if (url.find('#') != std::string_view::npos) return BadUrl("has a fragment");
  ClientTarget parsed;
  const std::size_t scheme_end = std::min(url.find("://"), url.size());
  const std::string scheme = AsciiLower(url.substr(0, scheme_end));
  parsed.is_tls = scheme == "https";
  if (!parsed.is_tls && scheme != "http") return BadUrl("is neither http nor https");
  url.remove_prefix(std::min(scheme_end + 3, url.size()));

  const std::size_t authority_end = std::min(url.find_first_of("/?"), url.size());
  const std::string authority = AsciiLower(url.substr(0, authority_end));
  if (authority.find('@') != std::string::npos) return BadUrl("names a user");
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  parsed.host = authority.substr(0, colon);
  if (!IsHostName(parsed.host) && !IsBracketedAddress(parsed.host)) return BadUrl("has no host");
  if (colon != std::string::npos && !IsPort(std::string_view(authority).substr(colon + 1))) {
    return BadUrl("has a port that is none");
  }
  parsed.origin = Format("{}://{}", scheme, authority);
  parsed.target = url.substr(authority_end);
  if (!parsed.target.starts_with('/')) parsed.target.insert(0, "/");
  return parsed;
}

}  // namespace sluice::http
