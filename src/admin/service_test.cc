#include "admin/service.h"

#include "base/testing.h"

namespace sluice::admin {
namespace {

TEST(AdminService, GivesMetricsInTheFormatThatPrometheusReads) {
  observe::MetricRegistry metrics;
  metrics.AddCounter({.name = "sluice_things_total", .help = "Things."}).Add(3);
  AdminService service(metrics);
  const auto response = kAdminRoutes[0].handle({}, {}, service);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(*response->headers.Find("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(std::get<std::string>(response->body), testing::HasSubstr("sluice_things_total 3\n"));
}

TEST(AdminService, MetricsAreForTheOwnerAndThisMachine) {
  EXPECT_EQ(kAdminRoutes[0].path, "/metrics");
  EXPECT_EQ(kAdminRoutes[0].who, auth::Who::kOwnerOrLoopback);
}

}  // namespace
}  // namespace sluice::admin
