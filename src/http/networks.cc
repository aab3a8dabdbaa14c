#include "http/networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sluice::http {
namespace {

constexpr IpAddress kMappedIpv4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t kIpv4Offset = 12;
constexpr int kMappedBits = 96;

IpAddress MapIpv4(const void* four_bytes) {
  IpAddress address = kMappedIpv4;
  std::memcpy(address.data() + kIpv4Offset, four_bytes, address.size() - kIpv4Offset);
  return address;
}

/// What is not of the public Internet.
const Networks& SpecialNetworks() {
  static const Networks networks =
      Networks::Parse({
                          "0.0.0.0/8",       // this network
                          "10.0.0.0/8",      // private, RFC 1918
                          "100.64.0.0/10",   // shared by carriers, RFC 6598
                          "127.0.0.0/8",     // loopback
                          "169.254.0.0/16",  // link-local; clouds tell credentials there
                          "172.16.0.0/12",   // private
                          "192.0.0.0/24",    // protocol assignments
                          "192.0.2.0/24",    // documentation, like two further down
                          "192.168.0.0/16",  // private
                          "198.18.0.0/15",   // benchmarks
                          "198.51.100.0/24", "203.0.113.0/24",
                          "224.0.0.0/3",     // multicast, reserved, broadcast
                          "::/96",           // unspecified, loopback, IPv4-compatible
                          "64:ff9b:1::/48",  // translation within a site
                          "100::/64",        // discard
                          "2001::/23",       // protocol assignments, Teredo
                          "2001:db8::/32",   // documentation
                          "fc00::/7",        // private, RFC 4193
                          "fe80::/10",       // link-local
                          "fec0::/10",       // site-local of old
                          "ff00::/8",        // multicast
                      })
          .value();
  return networks;
}

/// The IPv4 address that a translator or tunnel takes one of IPv6 for.
std::optional<IpAddress> EmbeddedIpv4(const IpAddress& address) {
  constexpr IpAddress kTranslated = {0x00, 0x64, 0xFF, 0x9B};  // 64:ff9b::/96, RFC 6052
  if (std::equal(address.begin(), address.begin() + kIpv4Offset, kTranslated.begin())) {
    return MapIpv4(address.data() + kIpv4Offset);
  }
  const bool is_6to4 = address[0] == 0x20 && address[1] == 0x02;  // 2002::/16, RFC 3056
  if (is_6to4) return MapIpv4(address.data() + 2);
  return std::nullopt;
}

bool HavePrefixInCommon(const IpAddress& a, const IpAddress& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

}  // namespace

std::optional<IpAddress> ParseIpAddress(std::string_view text) {
  const std::string copy(text);
  in_addr ipv4;
  if (::inet_pton(AF_INET, copy.c_str(), &ipv4) == 1) return MapIpv4(&ipv4);
  IpAddress address;
  if (::inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> IpAddressOf(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return MapIpv4(&reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  IpAddress bytes;
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr,
              bytes.size());
  return bytes;
}

Result<Networks> Networks::Parse(const std::vector<std::string>& texts) {
  Networks networks;
  for (const std::string& text : texts) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string host = text.substr(0, slash);
    const auto address = ParseIpAddress(host);
    const bool is_ipv4 = host.find(':') == std::string::npos;
    const int width = is_ipv4 ? 32 : 128;
    int bits = width;
    if (slash < text.size()) {
      const char* const end = text.data() + text.size();
      const auto [stop, failure] = std::from_chars(text.data() + slash + 1, end, bits);
      if (failure != std::errc() || stop != end) bits = -1;
    }
    if (!address || bits < 0 || bits > width) {
      return InvalidArgument("{} is not an IP network", text);
    }
    networks.networks_.push_back(
        {.address = *address, .prefix_bits = is_ipv4 ? bits + kMappedBits : bits});
  }
  return networks;
}

bool Networks::Contains(const IpAddress& address) const {
  const bool is_ipv4 = HavePrefixInCommon(address, kMappedIpv4, kMappedBits);
  return std::ranges::any_of(networks_, [&](const Network& network) {
    return HavePrefixInCommon(network.address, address, network.prefix_bits) &&
           (!is_ipv4 || network.prefix_bits >= kMappedBits);
  });
}

bool IsPublic(const IpAddress& address) {
  if (SpecialNetworks().Contains(address)) return false;
  const auto embedded = EmbeddedIpv4(address);
  return !embedded || !SpecialNetworks().Contains(*embedded);
}

}  // namespace sluice::http
