#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace sluice::http {

/// The hops whose word about the client is taken. Immutable; thread-safe.
class TrustedProxies {
 public:
  /// Errors: kInvalidArgument naming what is not an IP address.
  static Result<TrustedProxies> Parse(const std::vector<std::string>& addresses);

  /// Sets `request`'s peer_address and over_tls, which hold what the connection shows, to what
  /// trusted hops say: the rightmost address of X-Forwarded-For that is not itself trusted, and
  /// X-Forwarded-Proto; and forwarded_origin by X-Forwarded-Host, or Host. Takes the certificate
  /// away, which is the proxy's own. Does nothing unless the connection's peer is trusted.
  void Apply(Request& request) const;

 private:
  bool Trusts(std::string_view address) const;

  std::vector<std::string> addresses_;  // canonical text
};

/// The one spelling of an IP address, without port and brackets; IPv4 inside IPv6 becomes IPv4.
/// Empty if `text` is not an address.
std::string CanonicalAddress(std::string_view text);

}  // namespace sluice::http
