#include "admin/service.h"

namespace sluice::admin {
namespace {

Result<http::Response> GetMetrics(const http::Request& /*request*/, const auth::Caller& /*caller*/,
                                  AdminService& service) {
  http::Response response;
  response.headers.Add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = service.RenderMetrics();
  return response;
}

}  // namespace

const auth::Route<AdminService> kAdminRoutes[1] = {
    {"GET", "/metrics", auth::Who::kOwnerOrLoopback, http::Execution::kWorker, GetMetrics},
};

}  // namespace sluice::admin
