#include "storage/azure/url_signer.h"

#include <algorithm>
#include <utility>

#include "storage/azure/user_delegation.h"
#include "storage/object_store.h"

namespace sluice::storage::azure {
namespace {

constexpr std::uint64_t kMaxKeyAnswerBytes = 64 << 10;
constexpr std::chrono::hours kKeyReuse{24};
constexpr std::chrono::seconds kMaxLifetime{7 * 24 * 3600};

using KeyPointer = std::shared_ptr<const SasKey>;

Result<Expiring<KeyPointer>> FetchDelegationKey(BlobService& service, const Clock& clock) {
  const std::string body = UserDelegationKeyRequest(service.Now());
  ServiceRequest request{.method = "POST",
                         .path = "/",
                         .query = "restype=service&comp=userdelegationkey",
                         .body = body,
                         .operation = Operation::kCredentials};
  request.headers.Add("Content-Type", "application/xml");
  const http::ClientResponse answer = TRY(service.Send(request, kMaxKeyAnswerBytes));
  const auto refuse = [](std::string detail) {
    return WithDetail(Unavailable("the store gave no user delegation key"), std::move(detail));
  };
  if (answer.status != 200) {
    return refuse(RefusalOf(answer.status, answer.headers, "userdelegationkey").detail);
  }
  const UserDelegationKey given = TRY(ParseUserDelegationKey(answer.body));
  const auto key = SasKey::New(given);
  if (!key.ok()) return refuse(key.error().ToString());
  return Expiring<KeyPointer>{.value = std::make_shared<const SasKey>(*key),
                              .expires_at = std::min(*key->expires_at(), clock.Now() + kKeyReuse)};
}

/// The terms of signatures that end after `lifetime`, or with their key.
Result<SasTerms> TermsUntil(const SignerTerms& terms, const SasKey& key,
                            std::chrono::seconds lifetime) {
  if (lifetime < std::chrono::seconds(1) || lifetime > kMaxLifetime) {
    return InvalidArgument("a URL lasts for 1 second to 7 days");
  }
  const SystemTime now = terms.container->service().Now();
  SystemTime end = std::chrono::ceil<std::chrono::seconds>(now) + lifetime;
  if (key.expires_at()) end = std::min(end, *key.expires_at());
  if (end <= now) return Unavailable("the user delegation key has ended");
  return SasTerms{.account = terms.account,
                  .container = terms.container_name,
                  .https_only = terms.https_only,
                  .expires_at = end};
}

class AzureSignedUrls final : public SignedUrls {
 public:
  AzureSignedUrls(const SignerTerms& terms, const SasKey& key, const SasTerms& sas_terms)
      : container_(terms.container),
        prefix_(Format("{}{}/", terms.public_url, terms.container->url_path())),
        sas_(key, sas_terms),
        expires_at_(sas_terms.expires_at) {}

  Result<void> Append(std::string_view path, std::string& out) const override {
    const std::string_view key = TRY(container_->BlobKeyOf(path));
    out += prefix_;
    AppendUrlKey(key, out);
    out += '?';
    sas_.Append(key, out);
    return {};
  }

  SystemTime expires_at() const override { return expires_at_; }

 private:
  const std::shared_ptr<const Container> container_;
  const std::string prefix_;
  const BlobSas sas_;
  const SystemTime expires_at_;
};

class AzureUrlSigner final : public UrlSigner {
 public:
  AzureUrlSigner(SignerTerms terms, std::shared_ptr<SasKeySource> keys)
      : terms_(std::move(terms)), keys_(std::move(keys)) {}

  Result<std::unique_ptr<SignedUrls>> Prepare(std::chrono::seconds lifetime) override {
    const KeyPointer key = TRY(keys_->Get());
    const SasTerms sas_terms = TRY(TermsUntil(terms_, *key, lifetime));
    return std::make_unique<AzureSignedUrls>(terms_, *key, sas_terms);
  }

 private:
  const SignerTerms terms_;
  const std::shared_ptr<SasKeySource> keys_;
};

class AzureVendor final : public CredentialVendor {
 public:
  AzureVendor(SignerTerms terms, std::shared_ptr<SasKeySource> keys, std::string container_uri)
      : terms_(std::move(terms)),
        keys_(std::move(keys)),
        container_uri_(std::move(container_uri)) {}

  Result<std::string> UriOf(std::string_view directory) const override {
    const std::string_view name = TRY(NameOf(directory));
    return Format("{}/{}", container_uri_, name);
  }

  Result<VendedCredentials> Vend(std::string_view directory,
                                 std::chrono::seconds lifetime) override {
    const std::string_view name = TRY(NameOf(directory));
    const KeyPointer key = TRY(keys_->Get());
    const SasTerms sas_terms = TRY(TermsUntil(terms_, *key, lifetime));
    return VendedCredentials{
        .credentials = DirectorySas{Secret(SignDirectory(*key, sas_terms, name))},
        .expires_at = sas_terms.expires_at};
  }

 private:
  /// The directory's path in the container.
  Result<std::string_view> NameOf(std::string_view directory) const {
    const std::string_view name = TRY(terms_.container->KeyOf(directory));
    if (name.empty()) return Unsupported("a whole container is not given away");
    return name;
  }

  const SignerTerms terms_;
  const std::shared_ptr<SasKeySource> keys_;
  const std::string container_uri_;
};

}  // namespace

SasKeySource::SasKeySource(const SasKey& key) : account_key_(std::make_shared<SasKey>(key)) {}

SasKeySource::SasKeySource(std::shared_ptr<BlobService> service, const Clock& clock)
    : delegation_keys_(std::make_unique<CredentialCache<KeyPointer>>(
          [service = std::move(service), &clock] { return FetchDelegationKey(*service, clock); },
          clock)) {}

Result<KeyPointer> SasKeySource::Get() {
  if (account_key_) return account_key_;
  const auto kept = TRY(delegation_keys_->Get());
  return kept->value;
}

std::shared_ptr<UrlSigner> NewUrlSigner(SignerTerms terms, std::shared_ptr<SasKeySource> keys) {
  return std::make_shared<AzureUrlSigner>(std::move(terms), std::move(keys));
}

std::unique_ptr<CredentialVendor> NewVendor(SignerTerms terms, std::shared_ptr<SasKeySource> keys,
                                            std::string container_uri) {
  return std::make_unique<AzureVendor>(std::move(terms), std::move(keys), std::move(container_uri));
}

}  // namespace sluice::storage::azure
