#include "sharing/handlers.h"

#include "http/router.h"
#include "sharing/testing.h"

namespace sluice::sharing {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using Fields = std::vector<std::pair<std::string, std::string>>;

class SharingHandlers : public SharedTables {
 protected:
  SharingHandlers() {
    Share({{.name = "Retail", .schemas = {{.name = "sales", .tables = {TableAt("orders", "o")}}}}});
  }

  /// Calls the handler that a surface of `prefix` would.
  Result<http::Response> Call(const std::string& method, const std::string& target,
                              const std::string& prefix = "", const std::string& body = "") {
    std::vector<http::Router::Pattern> patterns;
    std::vector<const auth::Route<SharingService>*> routes;
    for (const auto& route : kSharingRoutes) routes.push_back(&route);
    for (const auto& route : kFileRoutes) routes.push_back(&route);
    for (const auto* route : routes)
      patterns.push_back({.method = route->method, .path = prefix + std::string(route->path)});
    http::Request request{.method = method,
                          .target = target,
                          .path = target.substr(0, target.find('?')),
                          .body = body};
    http::Router::Miss miss;
    auto match = http::Router(patterns).Find(method, request.path, miss);
    if (!match) return miss.error;
    request.path_parameters = std::move(match->parameters);
    return routes[match->index]->handle(request, me_, *service_);
  }
  std::string QueryText(const std::string& prefix = "") {
    const auto response =
        Call("POST", prefix + "/shares/Retail/schemas/sales/tables/orders/query", prefix);
    return response.ok() ? std::get<std::string>(response->body) : response.error().ToString();
  }
};

TEST_F(SharingHandlers, OpenLinksBelowAnyPrefix) {
  WriteTable("o", {"a", "files/b%20c"});
  Write("o/files/b c", "data");
  for (const std::string prefix : {"", "/p", "/files", "/files/x", "/a/files/files"}) {
    service_->SetLinkBase({.base_url = "http://host" + prefix});
    const std::string answer = QueryText(prefix);
    std::size_t links = 0;
    for (std::size_t at = answer.find("http://host"); at != std::string::npos;
         at = answer.find("http://host", at + 1)) {
      const std::string url = answer.substr(at, answer.find('"', at) - at);
      const auto file = Call("GET", url.substr(std::string("http://host").size()), prefix);
      ASSERT_THAT(file, IsOk()) << url;
      EXPECT_EQ(file->log_fields, (Fields{{"table", "Retail.sales.orders"}, {"recipient", "me"}}));
      ++links;
    }
    EXPECT_EQ(links, 2u) << answer;
  }
}

TEST_F(SharingHandlers, TellTheLogWhichTableVersionAndFiles) {
  WriteTable("o", {"a", "b"});
  const auto response =
      Call("POST", "/shares/retail/schemas/sales/tables/ORDERS/query", "", R"({"limitHint":0})");
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->log_fields,
            (Fields{{"table", "retail.sales.ORDERS"}, {"version", "0"}, {"files", "0/2"}}));
  EXPECT_EQ(*response->headers.Find("Sluice-Pruned"), "files=0/2");
}

TEST_F(SharingHandlers, GiveMetadataAndQueryTheSameHead) {
  WriteTable("o", {"a"});
  const auto metadata = Call("GET", "/shares/Retail/schemas/sales/tables/orders/metadata");
  ASSERT_THAT(metadata, IsOk());
  const std::string head = std::get<std::string>(metadata->body);
  EXPECT_THAT(head, HasSubstr("metaData"));
  EXPECT_THAT(QueryText(), StartsWith(head));
}

}  // namespace
}  // namespace sluice::sharing
