#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/route.h"
#include "base/result.h"
#include "http/router.h"

namespace sluice::server {

/// A route bound to its service.
struct BoundRoute {
  std::string method;
  std::string path;   ///< Prefix included.
  std::string label;  ///< The path that metrics know it by.
  auth::Who who;
  http::Execution execution;
  audit::Action action = audit::Action::kList;
  std::function<Result<http::Response>(const http::Request&, const auth::Caller&)> handle;
};

/// All routes of a listener. Built once, then immutable.
class Surface {
 public:
  /// `service` must outlive the surface. Metrics count routes by the path that they have below
  /// `counted_prefix`, where that is not `prefix`.
  template <typename Service, std::size_t N>
  void Add(const std::string& prefix, const auth::Route<Service> (&routes)[N], Service& service,
           const std::optional<std::string>& counted_prefix = std::nullopt) {
    for (const auth::Route<Service>& route : routes) {
      routes_.push_back({.method = std::string(route.method),
                         .path = prefix + std::string(route.path),
                         .label = counted_prefix.value_or(prefix) + std::string(route.path),
                         .who = route.who,
                         .execution = route.execution,
                         .action = route.action,
                         .handle = [handle = route.handle, &service](const http::Request& request,
                                                                     const auth::Caller& caller) {
                           return handle(request, caller, service);
                         }});
    }
  }

  const std::vector<BoundRoute>& routes() const { return routes_; }

 private:
  std::vector<BoundRoute> routes_;
};

}  // namespace sluice::server
