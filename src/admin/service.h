#pragma once

#include <string>

#include "auth/route.h"
#include "observe/metrics.h"

namespace sluice::admin {

/// What the owner can ask of a running server. Thread-safe.
class AdminService {
 public:
  /// `metrics` must outlive the service.
  explicit AdminService(const observe::MetricRegistry& metrics) : metrics_(metrics) {}

  /// All metrics as Prometheus scrapes them.
  std::string RenderMetrics() const { return metrics_.Render(); }

 private:
  const observe::MetricRegistry& metrics_;
};

/// The owner's surface.
extern const auth::Route<AdminService> kAdminRoutes[1];

}  // namespace sluice::admin
