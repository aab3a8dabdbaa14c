#include "admin/openapi.h"

#include <fstream>
#include <sstream>

#include "admin/audit_handlers.h"
#include "admin/handlers.h"
#include "admin/sql_handlers.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/testing.h"

namespace sluice::admin {
namespace {

TEST(OwnerOpenApi, PublishedCopyIsTheOneThatTheRoutesGive) {
  std::stringstream published;
  published << std::ifstream(SLUICE_SOURCE_DIR "/docs/reference/owner-openapi.json").rdbuf();
  EXPECT_EQ(published.str(), OwnerOpenApiDocument())
      << "run: sluice openapi --owner > docs/reference/owner-openapi.json";
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
  const std::string text = OwnerOpenApiDocument();
  const json::value document = ParseJson(text).value();
  const std::string marker = "\"$ref\": \"#";
  for (std::size_t at = 0; (at = text.find(marker, at)) != std::string::npos;) {
    at += marker.size();
    const std::string pointer = text.substr(at, text.find('"', at) - at);
    EXPECT_NO_THROW(document.at_pointer(pointer)) << pointer;
  }
}

}  // namespace
}  // namespace sluice::admin
