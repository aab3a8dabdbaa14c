#include <utility>

#include "storage/azure/azure_objects.h"
#include "storage/azure/entra.h"
#include "storage/azure/url_signer.h"
#include "storage/store_client.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace azure {
namespace {

// Identity services are asked seldom, and everything waits for them. The machine's own is next to
// it or not there at all.
constexpr RetryOptions kEntraRetries = {.max_attempts = 3,
                                        .deadline = std::chrono::milliseconds(10'000)};
constexpr RetryOptions kMachineRetries = {.max_attempts = 3,
                                          .deadline = std::chrono::milliseconds(4'000)};

/// The error with what was looked at before, so that the owner sees where nothing was found.
template <typename Identity>
CredentialCache<Secret>::Fetch TokenFetch(const AzureSettings& settings, const Identity& identity,
                                          const std::shared_ptr<Requests>& requests,
                                          const Clock& clock) {
  return [=, source = settings.credential_source, &clock]() -> Result<Expiring<Secret>> {
    auto token = FetchToken(identity, *requests, clock);
    if (token.ok()) return token;
    Error error = std::move(token).error();
    error.detail = Format("by {}: {}", source, error.detail);
    return error;
  };
}

std::unique_ptr<Authorizer> NewAuthorizer(const AzureSettings& settings,
                                          const CloudContext& context) {
  const Clock& clock = context.clock;
  if (const auto* key = std::get_if<SharedKey>(&settings.credential)) {
    return NewSharedKeyAuthorizer(*key);
  }
  if (const auto* token = std::get_if<SasToken>(&settings.credential)) {
    return NewSasAuthorizer(*token, clock);
  }
  if (const auto* application = std::get_if<EntraApplication>(&settings.credential)) {
    return NewTokenAuthorizer(
        TokenFetch(settings, *application, NewIdentityRequests(context, kEntraRetries), clock),
        clock);
  }
  if (const auto* machine = std::get_if<ManagedIdentity>(&settings.credential)) {
    return NewTokenAuthorizer(
        TokenFetch(settings, *machine, NewIdentityRequests(context, kMachineRetries), clock),
        clock);
  }
  return NewAnonymousAuthorizer();
}

/// nullptr where nothing can be signed: a signature that was given to the owner opens more than one
/// blob, so that it must not reach a recipient, and a public container has no signatures at all.
std::shared_ptr<SasKeySource> NewKeySource(const AzureSettings& settings,
                                           const std::shared_ptr<BlobService>& service,
                                           const Clock& clock) {
  if (const auto* key = std::get_if<SharedKey>(&settings.credential)) {
    return std::make_shared<SasKeySource>(SasKey(*key));
  }
  const bool has_token = std::holds_alternative<EntraApplication>(settings.credential) ||
                         std::holds_alternative<ManagedIdentity>(settings.credential);
  return has_token ? std::make_shared<SasKeySource>(service, clock) : nullptr;
}

}  // namespace
}  // namespace azure

Result<Store> NewAzureStore(const config::StoreOptions& options, const std::string& bucket,
                            const CloudContext& context) {
  const azure::AzureSettings settings =
      TRY(azure::ResolveSettings(options, bucket, context.environment));
  const std::shared_ptr<Requests> requests =
      TRY(NewStoreRequests(options, context, {settings.endpoint.host}));
  auto service = std::make_shared<azure::BlobService>(
      azure::BlobService::Parts{.url = settings.endpoint.url,
                                .authorizer = azure::NewAuthorizer(settings, context),
                                .requests = requests,
                                .clock = context.clock});
  const auto container =
      std::make_shared<const azure::Container>(service, bucket, settings.container);
  Store store{.objects = azure::NewAzureObjects(container), .name = options.name};
  if (auto keys = azure::NewKeySource(settings, service, context.clock)) {
    const azure::SignerTerms terms{.container = container,
                                   .account = settings.account,
                                   .container_name = settings.container,
                                   .public_url = settings.public_endpoint.url,
                                   .https_only = settings.public_endpoint.is_https};
    azure::ContainerName name = TRY(azure::ParseContainerName(bucket));
    name.account = settings.account;
    store.signer = azure::NewUrlSigner(terms, keys);
    store.vendor = azure::NewVendor(terms, std::move(keys), azure::DataLakeUri(name));
  }
  return store;
}

}  // namespace sluice::storage
