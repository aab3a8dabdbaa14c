#include "server/health.h"

#include "base/testing.h"
#include "server/certificate.h"

namespace sluice::server {
namespace {

using State = PartHealth::State;

http::Response Get(const auth::Route<Health>& route, Health& health) {
  return route.handle({}, {}, health).value();
}

std::string Body(const http::Response& response) { return std::get<std::string>(response.body); }

TEST(Health, IsReadyOnceItTakesRequests) {
  Health health;
  EXPECT_EQ(Get(kHealthRoutes[1], health).status, 503);
  health.SetReady(true);
  EXPECT_EQ(Get(kHealthRoutes[1], health).status, 200);
  EXPECT_EQ(Body(Get(kHealthRoutes[1], health)), "ready\n");
  health.SetReady(false);
  EXPECT_EQ(Body(Get(kHealthRoutes[1], health)), "stopping\n");
  EXPECT_EQ(Get(kHealthRoutes[0], health).status, 200);
}

TEST(Health, NamesItsPartsToTheOwnerAlone) {
  Health health;
  health.SetReady(true);
  health.AddPart("catalog", [] { return PartHealth(); });
  health.AddPart("stores", [] {
    return PartHealth{.state = State::kDegraded, .reason = "lake: \"no\" answer"};
  });
  EXPECT_EQ(Body(Get(kHealthRoutes[1], health)), "ready\n");
  const http::Response answer = Get(kOwnerHealthRoutes[1], health);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(*answer.headers.Find("Content-Type"), "application/json");
  EXPECT_EQ(
      Body(answer),
      R"({"status":"ready","parts":{"catalog":"ok","stores":"degraded: lake: \"no\" answer"}})"
      "\n");
  EXPECT_EQ(kOwnerHealthRoutes[1].who, auth::Who::kOwnerOrLoopback);
}

TEST(Health, IsUnreadyWhileAPartFails) {
  Health health;
  health.SetReady(true);
  PartHealth audit;
  health.AddPart("audit", [&] { return audit; });
  EXPECT_EQ(Get(kHealthRoutes[1], health).status, 200);
  audit = {.state = State::kFailing, .reason = "the disk is full"};
  EXPECT_EQ(Get(kHealthRoutes[1], health).status, 503);
  EXPECT_EQ(Body(Get(kHealthRoutes[1], health)), "failing\n");
  EXPECT_EQ(Get(kOwnerHealthRoutes[1], health).status, 503);
  EXPECT_EQ(Body(Get(kOwnerHealthRoutes[1], health)),
            R"({"status":"failing","parts":{"audit":"failing: the disk is full"}})"
            "\n");
}

TEST(CertificateHealth, WarnsInTheLastWeek) {
  using std::chrono::days;
  using std::chrono::hours;
  const std::chrono::sys_seconds end{days(20'000)};
  EXPECT_EQ(CertificateHealth(end, end - days(7) - hours(1)).state, State::kOk);
  EXPECT_EQ(CertificateHealth(end, end - days(3)).reason, "the certificate ends within 3 days");
  EXPECT_EQ(CertificateHealth(end, end - hours(5)).reason, "the certificate ends within 1 day");
  EXPECT_EQ(CertificateHealth(end, end).state, State::kDegraded);
}

}  // namespace
}  // namespace sluice::server
