#include "http/proxy.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "http/networks.h"

namespace sluice::http {
namespace {

constexpr std::size_t kMaxLeftOut = 1'000;

std::vector<std::string> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty() && names.size() < kMaxLeftOut) {
    const std::size_t end = std::min(text.find_first_of(", \t"), text.size());
    if (end > 0) names.push_back(AsciiLower(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

/// `host` without the brackets of an IPv6 address.
std::string_view WithoutBrackets(std::string_view host) {
  const bool has_brackets = host.starts_with('[') && host.ends_with(']');
  return has_brackets ? host.substr(1, host.size() - 2) : host;
}

bool IsDomainOrBelow(std::string_view host, std::string_view domain) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

ProxyRules ProxyRules::Always(std::string proxy) {
  ProxyRules rules;
  rules.for_http_ = proxy;
  rules.for_https_ = std::move(proxy);
  return rules;
}

ProxyRules ProxyRules::FromEnvironment(const std::function<std::string(const char*)>& variable) {
  const auto either = [&](const char* lower, const char* upper) {
    std::string value = variable(lower);
    return value.empty() ? variable(upper) : value;
  };
  const std::string for_all = either("all_proxy", "ALL_PROXY");
  ProxyRules rules;
  rules.for_http_ = variable("http_proxy");
  rules.for_https_ = either("https_proxy", "HTTPS_PROXY");
  for (std::string* proxy : {&rules.for_http_, &rules.for_https_}) {
    if (proxy->empty()) *proxy = for_all;
  }
  rules.left_out_ = SplitNames(either("no_proxy", "NO_PROXY"));
  rules.left_out_.insert(rules.left_out_.end(), {"localhost", "127.0.0.0/8", "::1"});
  return rules;
}

const std::string& ProxyRules::ProxyFor(const ClientTarget& target) const {
  static const std::string kDirect;
  const std::string& proxy = target.is_tls ? for_https_ : for_http_;
  return proxy.empty() || IsLeftOut(WithoutBrackets(target.host)) ? kDirect : proxy;
}

bool ProxyRules::IsLeftOut(std::string_view host) const {
  const auto address = ParseIpAddress(host);
  return std::ranges::any_of(left_out_, [&](const std::string& name) {
    if (name == "*") return true;
    if (!address) return IsDomainOrBelow(host, name);
    const auto network = Networks::Parse({std::string(WithoutBrackets(name))});
    return network.ok() && network->Contains(*address);
  });
}

}  // namespace sluice::http
