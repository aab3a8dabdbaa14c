#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sockaddr;

namespace sluice::http {

/// An IP address; one of IPv4 as ::ffff:a.b.c.d.
using IpAddress = std::array<std::uint8_t, 16>;

/// Without brackets, port or zone. Nothing if `text` is no address.
std::optional<IpAddress> ParseIpAddress(std::string_view text);
/// Nothing for families other than IPv4 and IPv6.
std::optional<IpAddress> IpAddressOf(const sockaddr& address);

/// A set of IP networks. Immutable; thread-safe.
class Networks {
 public:
  /// "10.0.0.0/8", "::1/128", or an address alone. Bits behind the prefix are passed over.
  /// Errors: kInvalidArgument naming what is no network.
  static Result<Networks> Parse(const std::vector<std::string>& texts);

  /// An address of IPv4 is in networks of IPv4 alone: "::/0" does not mean it.
  bool Contains(const IpAddress& address) const;

 private:
  struct Network {
    IpAddress address;
    int prefix_bits;
  };
  std::vector<Network> networks_;
};

/// Whether an address is one of the public Internet: not loopback, link-local, private, shared,
/// multicast, reserved or unspecified, nor one of IPv6 that leads to such a one of IPv4.
/// Source: IANA's registries of special-purpose addresses (RFC 6890).
bool IsPublic(const IpAddress& address);

}  // namespace sluice::http
