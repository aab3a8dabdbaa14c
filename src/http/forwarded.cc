#include "http/forwarded.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/encoding.h"

namespace sluice::http {
namespace {

/// "1.2.3.4" of "1.2.3.4:80", "::1" of "[::1]:80", "::1" of "::1".
std::string_view WithoutPort(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  const std::size_t colon = text.find(':');
  const bool is_ipv6 = colon != std::string_view::npos && text.find(':', colon + 1) != text.npos;
  return is_ipv6 ? text : text.substr(0, colon);
}

/// The comma-separated elements of all fields called `name`, in order.
std::vector<std::string_view> ListElements(const Headers& headers, std::string_view name) {
  std::vector<std::string_view> elements;
  for (const auto& [key, value] : headers.fields()) {
    if (!EqualsIgnoringAsciiCase(key, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      elements.push_back(TrimAsciiSpace(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return elements;
}

/// The host and port that the client asked for: what a proxy noted, else what it passed on.
std::string_view ForwardedAuthority(const Headers& headers) {
  const std::vector<std::string_view> hosts = ListElements(headers, "X-Forwarded-Host");
  if (!hosts.empty()) return hosts.back();
  const std::string* const host = headers.Find("Host");
  return host != nullptr ? TrimAsciiSpace(*host) : std::string_view();
}

/// Whether `text` can stand in a link as it is: a name or address, with or without a port.
bool IsAuthority(std::string_view text) {
  constexpr std::size_t kMaxBytes = 255;
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
  return !text.empty() && text.size() <= kMaxBytes &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

std::string CanonicalAddress(std::string_view text) {
  const std::string host(WithoutPort(text));
  char out[INET6_ADDRSTRLEN];
  in_addr ipv4;
  if (::inet_pton(AF_INET, host.c_str(), &ipv4) == 1) {
    return ::inet_ntop(AF_INET, &ipv4, out, sizeof(out));
  }
  in6_addr ipv6;
  if (::inet_pton(AF_INET6, host.c_str(), &ipv6) != 1) return {};
  if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
    return ::inet_ntop(AF_INET, &ipv6.s6_addr[12], out, sizeof(out));
  }
  return ::inet_ntop(AF_INET6, &ipv6, out, sizeof(out));
}

Result<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& addresses) {
  TrustedProxies proxies;
  for (const std::string& address : addresses) {
    std::string canonical = CanonicalAddress(address);
    if (canonical.empty()) {
      return InvalidArgument("trusted proxy {} is not an IP address", address);
    }
    proxies.addresses_.push_back(std::move(canonical));
  }
  return proxies;
}

bool TrustedProxies::Trusts(std::string_view address) const {
  return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

void TrustedProxies::Apply(Request& request) const {
  if (addresses_.empty() || !Trusts(request.peer_address)) return;
  request.certificate = nullptr;

  const std::vector<std::string_view> hops = ListElements(request.headers, "X-Forwarded-For");
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    std::string address = CanonicalAddress(*hop);
    if (address.empty()) break;  // not an address: the hop that wrote it is the last one known
    request.peer_address = std::move(address);
    if (!Trusts(request.peer_address)) break;
  }

  const std::vector<std::string_view> schemes = ListElements(request.headers, "X-Forwarded-Proto");
  if (!schemes.empty()) request.over_tls = EqualsIgnoringAsciiCase(schemes.back(), "https");
  const std::string_view authority = ForwardedAuthority(request.headers);
  if (IsAuthority(authority)) {
    request.forwarded_origin = Format("{}://{}", request.over_tls ? "https" : "http", authority);
  }
}

}  // namespace sluice::http
