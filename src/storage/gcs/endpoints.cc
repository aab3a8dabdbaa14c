#include "storage/gcs/endpoints.h"

#include <utility>

#include "http/client_target.h"
#include "storage/gcs/downscope.h"
#include "storage/gcs/sign_blob.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::string_view kGoogle = "https://storage.googleapis.com";
constexpr char kEmulatorVariable[] = "STORAGE_EMULATOR_HOST";
constexpr char kIamVariable[] = "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS";
constexpr char kStsVariable[] = "CLOUDSDK_API_ENDPOINT_OVERRIDES_STS";
constexpr std::size_t kMaxOriginBytes = 300;

/// The emulator as its variable names it: each of Google's libraries takes another form.
Result<Origin> ParseEmulator(std::string_view text) {
  std::string url(text.find("://") == std::string_view::npos ? "http://" : "");
  url += text;
  while (url.ends_with('/')) url.pop_back();
  constexpr std::string_view kApiPath = "/storage/v1";
  if (url.ends_with(kApiPath)) url.resize(url.size() - kApiPath.size());
  return ParseOrigin(kEmulatorVariable, url);
}

}  // namespace

Result<Origin> ParseOrigin(std::string_view what, std::string_view text) {
  Result<http::ClientTarget> url = http::ParseClientUrl(text);
  if (!url.ok() || url->target != "/") {
    return WithDetail(InvalidArgument("{} is not of the form https://host:port", what),
                      std::string(text.substr(0, kMaxOriginBytes)));
  }
  return Origin{.url = std::move(url->origin), .host = std::move(url->host)};
}

Result<Endpoints> EndpointsOf(const config::StoreOptions& options,
                              const std::function<std::string(const std::string&)>& environment) {
  Endpoints endpoints = {.api = TRY(ParseOrigin("endpoint", kGoogle)), .links = {}};
  const std::string emulator = environment(kEmulatorVariable);
  if (!options.endpoint.empty()) {
    endpoints.api = TRY(ParseOrigin("endpoint", options.endpoint));
    endpoints.is_emulator = endpoints.api.url.starts_with("http://");
  } else if (!emulator.empty()) {
    endpoints.api = TRY(ParseEmulator(emulator));
    endpoints.is_emulator = true;
  }
  endpoints.links = endpoints.api;
  if (!options.public_endpoint.empty()) {
    endpoints.links = TRY(ParseOrigin("public_endpoint", options.public_endpoint));
  }
  const std::string iam = environment(kIamVariable);
  endpoints.iam = TRY(ParseOrigin(kIamVariable, iam.empty() ? kIamUrl : iam));
  const std::string sts = environment(kStsVariable);
  endpoints.sts = TRY(ParseOrigin(kStsVariable, sts.empty() ? kStsUrl : sts));
  return endpoints;
}

}  // namespace sluice::storage::gcs
