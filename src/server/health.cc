#include "server/health.h"

namespace sluice::server {
namespace {

http::Response Text(int status, const char* text) {
  http::Response response{.status = status};
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.body = text;
  return response;
}

Result<http::Response> GetHealth(const http::Request&, const auth::Caller&, Health&) {
  return Text(200, "ok\n");
}

Result<http::Response> GetReadiness(const http::Request&, const auth::Caller&, Health& health) {
  return health.ready() ? Text(200, "ready\n") : Text(503, "stopping\n");
}

}  // namespace

const auth::Route<Health> kHealthRoutes[2] = {
    {"GET", "/healthz", auth::Who::kAnyone, http::Execution::kInline, GetHealth},
    {"GET", "/readyz", auth::Who::kAnyone, http::Execution::kInline, GetReadiness},
};

}  // namespace sluice::server
