#include "sharing/openapi.h"

#include <fstream>
#include <sstream>

#include "base/json.h"
#include "base/testing.h"
#include "sharing/handlers.h"

namespace sluice::sharing {
namespace {

TEST(OpenApi, PublishedCopyIsTheOneThatTheRoutesGive) {
  std::stringstream published;
  published << std::ifstream(SLUICE_SOURCE_DIR "/docs/reference/openapi.json").rdbuf();
  EXPECT_EQ(published.str(), OpenApiDocument())
      << "run: sluice openapi > docs/reference/openapi.json";
}

TEST(OpenApi, DescribesEveryRouteAndNamesNothingThatIsNotThere) {
  const json::value document = ParseJson(OpenApiDocument()).value();
  const json::object& paths = document.at("paths").as_object();
  std::size_t operations = 0;
  for (const auto& [path, methods] : paths) operations += methods.as_object().size();
  EXPECT_EQ(operations, std::size(kSharingRoutes));
  const std::string text = OpenApiDocument();
  const std::string marker = "\"$ref\": \"#";
  for (std::size_t at = 0; (at = text.find(marker, at)) != std::string::npos;) {
    at += marker.size();
    const std::string pointer = text.substr(at, text.find('"', at) - at);
    EXPECT_NO_THROW(document.at_pointer(pointer)) << pointer;
  }
}

}  // namespace
}  // namespace sluice::sharing
