#include "sharing/openapi.h"

#include "base/json.h"
#include "base/testing.h"
#include "protocol/openapi_test_support.h"
#include "sharing/handlers.h"

namespace sluice::sharing {
namespace {

TEST(OpenApi, PublishedCopyIsTheOneThatTheRoutesGive) {
  protocol::ExpectPublished(OpenApiDocument(), "openapi.json", "sluice openapi");
}

TEST(OpenApi, DescribesEveryRouteAndNamesNothingThatIsNotThere) {
  const json::value document = ParseJson(OpenApiDocument()).value();
  const json::object& paths = document.at("paths").as_object();
  std::size_t operations = 0;
  for (const auto& [path, methods] : paths) operations += methods.as_object().size();
  EXPECT_EQ(operations, std::size(kSharingRoutes));
  protocol::ExpectReferencesHold(OpenApiDocument());
}

}  // namespace
}  // namespace sluice::sharing
