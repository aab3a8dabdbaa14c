#include <utility>

#include "storage/gcs/bucket.h"
#include "storage/gcs/credentials.h"
#include "storage/gcs/endpoints.h"
#include "storage/gcs/gcs_store.h"
#include "storage/gcs/url_signer.h"
#include "storage/gcs/vendor.h"
#include "storage/location.h"
#include "storage/store_client.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace {

/// Of token endpoints and signBlob. Short, since who has no credentials learns it by them.
constexpr RetryOptions kIdentityRetries = {.max_attempts = 3, .deadline = std::chrono::seconds(10)};

/// Refuses what only another cloud knows.
Result<void> CheckOptions(const config::StoreOptions& options) {
  const std::pair<std::string_view, bool> foreign[] = {
      {"account", !options.account.empty()},
      {"aws_profile", !options.aws_profile.empty()},
      {"access_key_id", !options.access_key_id.empty()},
      {"secret_access_key_file", !options.secret_access_key_file.empty()},
      {"session_token_file", !options.session_token_file.empty()},
      {"role_arn", !options.role_arn.empty()},
      {"external_id", !options.external_id.empty()},
      {"dir_role_arn", !options.dir_role_arn.empty()},
      {"web_identity_token_file", !options.web_identity_token_file.empty()},
      {"account_key_file", !options.account_key_file.empty()},
      {"sas_token_file", !options.sas_token_file.empty()},
      {"tenant_id", !options.tenant_id.empty()},
      {"client_id", !options.client_id.empty()},
      {"client_secret_file", !options.client_secret_file.empty()},
      {"federated_token_file", !options.federated_token_file.empty()},
      {"requester_pays", options.requester_pays},
      {"kms_key_id", !options.kms_key_id.empty()},
      {"customer_key_file", !options.customer_key_file.empty()},
  };
  for (const auto& [name, is_set] : foreign) {
    if (is_set) return InvalidArgument("{} is not for a Google store", name);
  }
  if (options.service_account_file.empty()) return {};
  if (options.anonymous) {
    return InvalidArgument("anonymous and service_account_file contradict each other");
  }
  const auto file = gcs::ReadCredentialFile(options.service_account_file);
  if (file.ok()) return {};
  return WithDetail(InvalidArgument("service_account_file: {}", file.error().message),
                    file.error().detail);
}

/// The host of the API, where the owner named it.
std::vector<std::string> NamedHosts(const gcs::Endpoints& endpoints,
                                    const config::StoreOptions& options) {
  if (options.endpoint.empty() && !endpoints.is_emulator) return {};
  return {endpoints.api.host};
}

}  // namespace

Result<Store> NewGoogleStore(const config::StoreOptions& options, const std::string& bucket,
                             const CloudContext& context) {
  TRY(CheckOptions(options));
  const gcs::Endpoints endpoints = TRY(gcs::EndpointsOf(options, context.environment));
  const std::shared_ptr<Requests> requests =
      TRY(NewStoreRequests(options, context, NamedHosts(endpoints, options)));
  const std::shared_ptr<Requests> identity_requests =
      NewIdentityRequests(context, kIdentityRetries);
  const auto credentials = std::make_shared<gcs::Credentials>(
      gcs::CredentialSources{.service_account_file = options.service_account_file,
                             .anonymous = options.anonymous,
                             .is_emulator = endpoints.is_emulator,
                             .environment = context.environment},
      identity_requests, context.clock);
  const std::string name(SplitBucketPath(bucket).bucket);
  auto objects =
      std::make_shared<const gcs::Bucket>(gcs::Bucket::Options{.base_url = endpoints.api.url,
                                                               .bucket = name,
                                                               .requests = requests,
                                                               .credentials = credentials});
  return Store{.objects = gcs::NewGoogleObjects(std::move(objects)),
               .signer = gcs::NewGoogleUrlSigner(
                   {.base_url = endpoints.links.url, .bucket = name, .iam_url = endpoints.iam.url},
                   {.credentials = credentials,
                    .identity_requests = identity_requests,
                    .clock = context.clock}),
               .vendor = options.anonymous ? nullptr
                                           : gcs::NewVendor(bucket, endpoints.sts.url,
                                                            {.credentials = credentials,
                                                             .identity_requests = identity_requests,
                                                             .clock = context.clock}),
               .name = options.name};
}

}  // namespace sluice::storage
