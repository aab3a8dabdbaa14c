#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/decision.h"
#include "audit/journal.h"
#include "audit/quota.h"
#include "auth/authenticator.h"
#include "catalog/catalog.h"
#include "http/router.h"
#include "http/server.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "server/failed_sign_ins.h"
#include "server/surface.h"

namespace sluice::server {

/// Takes every request through the same steps: find the route, find out who calls, run the handler,
/// turn an error into a response, record the decision; afterwards log one line and count.
/// Thread-safe.
class Pipeline final : public http::Handler {
 public:
  using MonotonicTime = std::chrono::steady_clock::time_point;
  struct Options {
    /// A handler that took longer is answered 504 instead of what it found: a client, or a proxy
    /// between, has given up by then. 0: no limit.
    std::chrono::milliseconds request_timeout{0};
    audit::OnFailure on_audit_failure = audit::OnFailure::kRefuse;
    std::function<MonotonicTime()> now = std::chrono::steady_clock::now;  ///< Thread-safe.
  };
  /// All must outlive the pipeline.
  struct Dependencies {
    observe::Logger& log;
    observe::MetricRegistry& metrics;
    const auth::Authenticator& authenticator;
    const catalog::Catalog& catalog;
    const Clock& clock;
    audit::Quotas* quotas = nullptr;           ///< Null: none.
    audit::Journal* journal = nullptr;         ///< Null: nothing is recorded.
    FailedSignIns* failed_sign_ins = nullptr;  ///< Null: they are not bounded.
  };
  Pipeline(const Dependencies& dependencies, Options options);

  /// Adds what the next listener serves; its index is that of http::Server's listeners. Before the
  /// start only.
  void AddSurface(const Surface& surface);

  http::Execution ExecutionOf(const http::Request& request, std::size_t listener) const override;
  http::Response Handle(http::Request& request, std::size_t listener) override;
  void OnFinished(const Outcome& outcome) override;
  http::Response Refuse(int status, std::string_view message) override;

 private:
  using PathParameters = decltype(http::Request::path_parameters);

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
  RouteMetrics AddRouteMetrics(const std::string& method, const std::string& route);
  Result<auth::Caller> Authenticate(auth::Who who, const http::Request& request) const;
  /// Who calls, may they, how much; then the handler. `caller` is filled in as far as it is known.
  Result<http::Response> Run(const BoundRoute& route, const http::Request& request,
                             auth::Caller& caller) const;
  Result<http::Response> RunRecorded(const BoundRoute& route, const http::Request& request,
                                     auth::Caller& caller) const;
  /// What a caller is told whose request was refused. `decision` is null where it is not recorded.
  Error HoldBack(const auth::Caller& caller, Error refused, audit::Decision* decision) const;
  Result<void> AdmitRequest(const http::Request& request, const auth::Caller& caller) const;
  bool WouldWaitForLease(const http::Request& request, const PathParameters& parameters) const;
  std::string ShareIdIn(const PathParameters& parameters) const;
  Result<http::Response> RunInTime(const BoundRoute& route, const http::Request& request,
                                   const auth::Caller& caller) const;

  const Dependencies dependencies_;
  const Options options_;
  observe::Counter sent_bytes_;
  observe::Counter quota_refusals_;
  observe::Counter failed_sign_ins_;
  observe::Counter held_back_;
  std::vector<Served> served_;
  std::vector<RouteMetrics> route_metrics_;  ///< The first counts requests that found no route.
};

}  // namespace sluice::server
