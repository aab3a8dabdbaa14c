#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/authenticator.h"
#include "http/router.h"
#include "http/server.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "server/surface.h"

namespace sluice::server {

/// Takes every request through the same steps: find the route, find out who calls, run the handler,
/// turn an error into a response; afterwards log one line and count. Thread-safe.
class Pipeline final : public http::Handler {
 public:
  using MonotonicTime = std::chrono::steady_clock::time_point;
  struct Options {
    /// A handler that took longer is answered 504 instead of what it found: a client, or a proxy
    /// between, has given up by then. 0: no limit.
    std::chrono::milliseconds request_timeout{0};
    std::function<MonotonicTime()> now = std::chrono::steady_clock::now;  ///< Thread-safe.
  };
  /// Both must outlive the pipeline.
  Pipeline(observe::Logger& log, observe::MetricRegistry& metrics, Options options);

  /// Adds what the next listener serves; its index is that of http::Server's listeners. Before the
  /// start only.
  void AddSurface(const Surface& surface);
  /// Replaces who is known to all surfaces. Requests in progress go on with the ones before.
  void SetAuthenticators(std::shared_ptr<const auth::Authenticator> recipients,
                         std::shared_ptr<const auth::Authenticator> owners);

  http::Execution ExecutionOf(const http::Request& request, std::size_t listener) const override;
  http::Response Handle(http::Request& request, std::size_t listener) override;
  void OnFinished(const Outcome& outcome) override;
  http::Response Refuse(int status, std::string_view message) override;

 private:
  /// Counts of one route.
  struct RouteMetrics {
    std::vector<observe::Counter> by_status_class;  ///< 1xx to 5xx
    observe::Histogram seconds;
  };
  struct Served {
    std::vector<BoundRoute> routes;
    std::unique_ptr<http::Router> router;
    std::vector<std::size_t> tags;  ///< Of each route: its place in route_metrics_.
  };
  struct Authenticators {
    std::shared_ptr<const auth::Authenticator> recipients;
    std::shared_ptr<const auth::Authenticator> owners;
  };

  RouteMetrics AddRouteMetrics(const std::string& method, const std::string& route);
  Result<auth::Caller> Authenticate(auth::Who who, const http::Request& request) const;
  Result<http::Response> Run(const BoundRoute& route, const http::Request& request,
                             std::string& recipient) const;
  Result<http::Response> RunInTime(const BoundRoute& route, const http::Request& request,
                                   const auth::Caller& caller) const;

  observe::Logger& log_;
  observe::MetricRegistry& metrics_;
  const Options options_;
  observe::Counter sent_bytes_;
  std::vector<Served> served_;
  std::vector<RouteMetrics> route_metrics_;  ///< The first counts requests that found no route.
  mutable std::mutex mutex_;  ///< Guards what follows; held for two reference counts.
  Authenticators authenticators_;
};

}  // namespace sluice::server
