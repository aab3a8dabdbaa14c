#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "http/client.h"
#include "storage/azure/blob_service.h"
#include "storage/azure/container.h"

namespace sluice::storage::azure {

/// Lists the blobs of one container as the service documents it, and notes the queries.
class FakeContainer final : public http::Client {
 public:
  enum class StartFrom { kWorks, kIsPassedOver, kIsRelative, kIsRefused };

  StartFrom start_from = StartFrom::kWorks;
  std::size_t page_names = 5000;              ///< Pages are not longer, whatever is asked for.
  std::map<std::string, std::string> blobs;   ///< Bytes by name.
  std::map<std::string, std::string> extras;  ///< XML beside the properties, by name.
  std::vector<std::map<std::string, std::string>> asked;

  Result<http::ClientResponse> Send(const http::ClientRequest& request,
                                    const Limits& /*limits*/) override {
    std::map<std::string, std::string> query = QueryOf(request.url);
    asked.push_back(query);
    if (start_from == StartFrom::kIsRefused && query.contains("startFrom")) {
      return http::ClientResponse{.status = 400};
    }
    return http::ClientResponse{.status = 200, .body = List(query)};
  }
  Result<std::unique_ptr<http::Download>> Start(const http::ClientRequest&,
                                                const Limits&) override {
    return Unavailable("not in this fake");
  }

 private:
  static std::map<std::string, std::string> QueryOf(const std::string& url) {
    std::map<std::string, std::string> query;
    std::string_view rest = std::string_view(url).substr(url.find('?') + 1);
    while (!rest.empty()) {
      const std::string_view parameter = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
      const std::size_t equals = parameter.find('=');
      query[std::string(parameter.substr(0, equals))] =
          PercentDecode(parameter.substr(equals + 1)).value();
    }
    return query;
  }

  std::string List(std::map<std::string, std::string>& query) const {
    const std::string& prefix = query["prefix"];
    std::string from = std::max(prefix, query["marker"]);
    const std::string start = query["startFrom"];
    if (start_from == StartFrom::kWorks) from = std::max(from, start);
    if (start_from == StartFrom::kIsRelative && !start.empty())
      from = std::max(from, prefix + start);
    const std::size_t limit = std::min<std::size_t>(page_names, std::stoul(query["maxresults"]));
    std::string xml = "<EnumerationResults><Blobs>";
    std::string next;
    std::string folder;
    std::size_t count = 0;
    for (auto blob = blobs.lower_bound(from); blob != blobs.end(); ++blob) {
      const auto& [name, bytes] = *blob;
      if (!name.starts_with(prefix)) break;
      const std::size_t slash = name.find('/', prefix.size());
      const bool is_folder = slash != std::string::npos;
      if (is_folder && name.substr(0, slash + 1) == folder) continue;
      if (count++ == limit) {
        next = name;
        break;
      }
      if (is_folder) {
        folder = name.substr(0, slash + 1);
        xml += Format("<BlobPrefix><Name>{}</Name></BlobPrefix>", folder);
        continue;
      }
      const auto extra = extras.find(name);
      xml += Format(
          "<Blob><Name>{}</Name><Properties><Last-Modified>Sat, 21 Nov 2026 10:00:00 GMT"
          "</Last-Modified><Etag>0x8D1</Etag><Content-Length>{}</Content-Length></Properties>{}"
          "</Blob>",
          name, bytes.size(), extra == extras.end() ? "" : extra->second);
    }
    return xml + Format("</Blobs><NextMarker>{}</NextMarker></EnumerationResults>", next);
  }
};

/// The container "az://lake@acme" behind a client, asked without credentials and without waiting.
inline std::shared_ptr<const Container> NewTestContainer(
    std::shared_ptr<http::Client> client, const Clock& clock,
    std::unique_ptr<Authorizer> authorizer = NewAnonymousAuthorizer()) {
  auto requests = std::make_shared<Requests>(
      Requests::Dependencies{
          .client = std::move(client), .clock = clock, .sleep = [](std::chrono::milliseconds) {}},
      RetryOptions{.max_attempts = 2});
  auto service =
      std::make_shared<BlobService>(BlobService::Parts{.url = "https://acme.blob.core.windows.net",
                                                       .authorizer = std::move(authorizer),
                                                       .requests = std::move(requests),
                                                       .clock = clock});
  return std::make_shared<const Container>(std::move(service), "az://lake@acme", "lake");
}

}  // namespace sluice::storage::azure
