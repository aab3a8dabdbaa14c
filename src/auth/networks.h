#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/networks.h"

namespace sluice::auth {

/// From where a recipient may come. Immutable; thread-safe.
class AllowedNetworks {
 public:
  /// From anywhere.
  AllowedNetworks() = default;
  /// "203.0.113.0/24", "2001:db8::/32", or an address alone; none is from anywhere. Errors:
  /// kInvalidArgument naming what is no network, and past catalog::kMaxNetworks.
  static Result<AllowedNetworks> Parse(const std::vector<std::string>& networks);

  /// `peer_address` is http::Request's, so trusted proxies have had their say. An IPv4 address in
  /// an IPv6 one (::ffff:203.0.113.7) is the IPv4 one. What is no address, such as a Unix socket's
  /// peer, is nowhere: it is allowed only if everything is.
  bool Allow(std::string_view peer_address) const;

 private:
  bool anywhere_ = true;
  http::Networks networks_;
};

}  // namespace sluice::auth
