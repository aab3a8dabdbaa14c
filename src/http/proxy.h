#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client_target.h"

namespace sluice::http {

/// Which proxy a request goes through. Immutable; thread-safe.
class ProxyRules {
 public:
  /// One for everything, such as "http://proxy:3128".
  static ProxyRules Always(std::string proxy);

  /// As curl and most others read the environment: `http_proxy` (in lower case alone, since a CGI
  /// server sets HTTP_PROXY by what a client sends), `https_proxy`, `all_proxy` and `no_proxy`,
  /// these in either case. no_proxy is "*", or names divided by commas or spaces: a host is left
  /// out by its own name, a parent domain's (with or without a dot in front), its address, or a
  /// network that holds it. This machine is always left out. `variable` gives a variable's value,
  /// empty if it is not set.
  static ProxyRules FromEnvironment(const std::function<std::string(const char*)>& variable);

  /// Its URL, which may hold a password; empty for a direct connection.
  const std::string& ProxyFor(const ClientTarget& target) const;

 private:
  bool IsLeftOut(std::string_view host) const;

  std::string for_http_;
  std::string for_https_;
  std::vector<std::string> left_out_;
};

}  // namespace sluice::http
