#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "http/client_target.h"
#include "storage/location.h"
#include "storage/s3/credential_chain.h"
#include "storage/s3/s3_store.h"
#include "storage/s3/shared_files.h"
#include "storage/s3/vendor.h"
#include "storage/small_file.h"
#include "storage/store_client.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace {

using config::StoreOptions;

constexpr std::size_t kCustomerKeyBytes = 32;

/// SSE-C's key, decoded.
Result<Secret> ReadCustomerKey(const std::string& path) {
  if (path.empty()) return Secret();
  const auto text = ReadSecretFile(path);
  if (!text.ok()) {
    return WithDetail(InvalidArgument("customer_key_file cannot be read"), text.error().ToString());
  }
  auto key = Base64Decode(text->Reveal());
  if (!key.ok() || key->size() != kCustomerKeyBytes) {
    return WithDetail(
        InvalidArgument("customer_key_file does not hold {} bytes as base64", kCustomerKeyBytes),
        path);
  }
  return Secret(std::move(key).value());
}

Result<void> CheckTerms(const StoreOptions& options) {
  if (options.anonymous && options.requester_pays) {
    return InvalidArgument("anonymous and requester_pays contradict each other");
  }
  if (!options.kms_key_id.empty() && !options.customer_key_file.empty()) {
    return InvalidArgument("kms_key_id and customer_key_file contradict each other");
  }
  return {};
}

/// What the shared configuration's profile says of `name`.
Result<std::string> ProfileValue(const StoreOptions& options, const CloudContext& context,
                                 std::string_view name) {
  const auto files = s3::SharedFiles::Load(context.environment);
  if (!files.ok()) {
    return WithDetail(InvalidArgument("the shared configuration cannot be read"),
                      files.error().ToString());
  }
  const s3::Profile* const profile =
      files->Find(options.aws_profile.empty() ? s3::DefaultProfileName(context.environment)
                                              : options.aws_profile);
  return profile == nullptr ? std::string() : s3::ValueOf(*profile, name);
}

/// The hosts that the owner or Amazon named: they may have any address, such as that of a private
/// endpoint.
Result<std::vector<std::string>> HostsOf(const s3::ServiceTerms& service, std::string_view bucket) {
  const auto address = TRY(s3::AddressOf({.endpoint = service.endpoint,
                                          .region = service.region,
                                          .bucket = bucket,
                                          .path_style = service.path_style}));
  std::vector<std::string> hosts;
  for (const std::string& url : {address.origin, service.sts_url}) {
    const auto target = http::ParseClientUrl(url);
    if (target.ok()) hosts.push_back(target->host);
  }
  return hosts;
}

}  // namespace

Result<Store> NewS3Store(const StoreOptions& options, const std::string& bucket,
                         const CloudContext& context) {
  TRY(s3::CheckCredentialOptions(options));
  TRY(CheckTerms(options));
  const s3::ServiceTerms service =
      TRY(s3::FindService(options, context.environment, [&](std::string_view name) {
        return ProfileValue(options, context, name);
      }));
  s3::BucketTerms terms{.path = bucket,
                        .service = service,
                        .is_anonymous = options.anonymous,
                        .requester_pays = options.requester_pays,
                        .kms_key_id = options.kms_key_id,
                        .customer_key = {}};
  terms.customer_key = TRY(ReadCustomerKey(options.customer_key_file));
  const bool has_customer_key = !terms.customer_key.empty();
  if (has_customer_key && service.endpoint.starts_with("http:")) {
    return InvalidArgument("customer_key_file needs an endpoint of https: the key is sent there");
  }
  auto hosts = TRY(HostsOf(service, SplitBucketPath(bucket).bucket));
  const std::shared_ptr<Requests> requests =
      TRY(NewStoreRequests(options, context, std::move(hosts)));
  auto tokens = TRY(s3::TokenService::New({.requests = requests, .clock = context.clock},
                                          service.sts_url, service.region));
  const auto chain = std::make_shared<const s3::ChainTerms>(
      s3::ChainTerms{.options = options,
                     .surroundings = {.environment = context.environment,
                                      .identity_client = context.identity_client},
                     .tokens = std::make_shared<const s3::TokenService>(std::move(tokens))});
  const auto opened = TRY(s3::Bucket::New(
      std::move(terms), {.requests = requests,
                         .clock = context.clock,
                         .fetch_credentials = [chain] { return s3::FindCredentials(*chain); }}));
  Store store{.objects = s3::NewObjectStore(opened),
              .signer = nullptr,
              .vendor = s3::NewVendor(opened, chain, context.clock),
              .name = options.name};
  // Who follows a URL has not the customer's key.
  if (!has_customer_key) store.signer = s3::NewUrlSigner(opened);
  return store;
}

}  // namespace sluice::storage
