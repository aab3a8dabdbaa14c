#include "admin/openapi.h"

#include "admin/audit_handlers.h"
#include "admin/handlers.h"
#include "admin/sql_handlers.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/testing.h"
#include "protocol/openapi_test_support.h"

namespace sluice::admin {
namespace {

TEST(OwnerOpenApi, PublishedCopyIsTheOneThatTheRoutesGive) {
  protocol::ExpectPublished(OwnerOpenApiDocument(), "owner-openapi.json", "sluice openapi --owner");
}

template <typename Service, std::size_t N>
std::size_t ExpectDescribed(const auth::Route<Service> (&routes)[N], const json::value& document) {
  for (const auth::Route<Service>& route : routes) {
    const auto* const path = document.at("paths").as_object().if_contains(route.path);
    EXPECT_TRUE(path != nullptr && path->as_object().contains(AsciiLower(route.method)))
        << route.method << ' ' << route.path;
  }
  return N;
}

TEST(OwnerOpenApi, DescribesEveryRouteAndNothingElse) {
  const json::value document = ParseJson(OwnerOpenApiDocument()).value();
  const std::size_t routes = ExpectDescribed(kAdminRoutes, document) +
                             ExpectDescribed(kAuditRoutes, document) +
                             ExpectDescribed(kSqlRoutes, document);
  std::size_t operations = 0;
  for (const auto& [path, methods] : document.at("paths").as_object()) {
    operations += methods.as_object().size();
  }
  constexpr std::size_t kHealthRoutes = 2;
  EXPECT_EQ(operations, routes + kHealthRoutes);
}

TEST(OwnerOpenApi, NamesNothingThatIsNotThere) {
  protocol::ExpectReferencesHold(OwnerOpenApiDocument());
}

}  // namespace
}  // namespace sluice::admin
