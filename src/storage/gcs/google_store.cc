#include <thread>
#include <utility>

#include "storage/gcs/bucket.h"
#include "storage/gcs/credentials.h"
#include "storage/gcs/endpoints.h"
#include "storage/gcs/gcs_store.h"
#include "storage/gcs/url_signer.h"
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
      {"awsProfile", !options.aws_profile.empty()},
      {"accessKeyId", !options.access_key_id.empty()},
      {"secretAccessKeyFile", !options.secret_access_key_file.empty()},
      {"sessionTokenFile", !options.session_token_file.empty()},
      {"roleArn", !options.role_arn.empty()},
      {"externalId", !options.external_id.empty()},
      {"webIdentityTokenFile", !options.web_identity_token_file.empty()},
      {"accountKeyFile", !options.account_key_file.empty()},
      {"sasTokenFile", !options.sas_token_file.empty()},
      {"tenantId", !options.tenant_id.empty()},
      {"clientId", !options.client_id.empty()},
      {"clientSecretFile", !options.client_secret_file.empty()},
      {"federatedTokenFile", !options.federated_token_file.empty()},
      {"requesterPays", options.requester_pays},
      {"kmsKeyId", !options.kms_key_id.empty()},
      {"customerKeyFile", !options.customer_key_file.empty()},
  };
  for (const auto& [name, is_set] : foreign) {
    if (is_set) return InvalidArgument("{} is not for a Google store", name);
  }
  if (options.service_account_file.empty()) return {};
  if (options.anonymous) {
    return InvalidArgument("anonymous and serviceAccountFile contradict each other");
  }
  const auto file = gcs::ReadCredentialFile(options.service_account_file);
  if (file.ok()) return {};
  return WithDetail(InvalidArgument("serviceAccountFile: {}", file.error().message),
                    file.error().detail);
}

std::shared_ptr<Requests> NewIdentityRequests(const CloudContext& context) {
  const auto sleep_here = [](std::chrono::milliseconds delay) {
    std::this_thread::sleep_for(delay);
  };
  return std::make_shared<Requests>(
      Requests::Dependencies{.client = context.identity_client,
                             .clock = context.clock,
                             .sleep = context.sleep ? context.sleep : sleep_here},
      kIdentityRetries);
}

}  // namespace

Result<Store> NewGoogleStore(const config::StoreOptions& options, const std::string& bucket,
                             const CloudContext& context) {
  TRY(CheckOptions(options));
  const gcs::Endpoints endpoints = TRY(gcs::EndpointsOf(options, context.environment));
  config::StoreOptions reached = options;
  reached.endpoint = endpoints.api;
  const std::shared_ptr<Requests> requests = TRY(NewStoreRequests(reached, context));
  const std::shared_ptr<Requests> identity_requests = NewIdentityRequests(context);
  const auto credentials = std::make_shared<gcs::Credentials>(
      gcs::CredentialSources{.service_account_file = options.service_account_file,
                             .anonymous = options.anonymous,
                             .is_emulator = endpoints.is_emulator,
                             .environment = context.environment},
      identity_requests, context.clock);
  const std::string name(SplitBucketPath(bucket).bucket);
  auto objects = std::make_shared<const gcs::Bucket>(gcs::Bucket::Options{
      .base_url = endpoints.api, .bucket = name, .requests = requests, .credentials = credentials});
  return Store{.objects = gcs::NewGoogleObjects(std::move(objects)),
               .signer = gcs::NewGoogleUrlSigner({.base_url = endpoints.links, .bucket = name},
                                                 {.credentials = credentials,
                                                  .identity_requests = identity_requests,
                                                  .clock = context.clock}),
               .name = options.name.empty() ? "gs" : options.name,
               .requests = requests};
}

}  // namespace sluice::storage
