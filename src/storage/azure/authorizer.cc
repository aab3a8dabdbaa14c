#include "storage/azure/authorizer.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "storage/small_file.h"
#include "storage/wire_time.h"

namespace sluice::storage::azure {
namespace {

class AnonymousAuthorizer final : public Authorizer {
 public:
  Result<void> Authorize(http::ClientRequest& /*request*/) override { return {}; }
};

class SharedKeyAuthorizer final : public Authorizer {
 public:
  explicit SharedKeyAuthorizer(SharedKey key) : key_(std::move(key)) {}

  Result<void> Authorize(http::ClientRequest& request) override {
    std::string value = TRY(key_.Authorization(request));
    request.headers.Add("Authorization", std::move(value));
    return {};
  }

 private:
  const SharedKey key_;
};

/// What tokens and signatures have in common: they end, and another is fetched.
class CachingAuthorizer : public Authorizer {
 public:
  CachingAuthorizer(CredentialCache<Secret>::Fetch fetch, const Clock& clock)
      : cache_(std::move(fetch), clock) {}

  bool Renew() override {
    const auto kept = cache_.Get();
    return kept.ok() && cache_.Drop(*kept);
  }

 protected:
  Result<CredentialCache<Secret>::Pointer> Get() { return cache_.Get(); }

 private:
  CredentialCache<Secret> cache_;
};

class TokenAuthorizer final : public CachingAuthorizer {
 public:
  using CachingAuthorizer::CachingAuthorizer;

  Result<void> Authorize(http::ClientRequest& request) override {
    const auto token = TRY(Get());
    request.headers.Add("Authorization", Format("Bearer {}", token->value.Reveal()));
    return {};
  }
};

class SasAuthorizer final : public CachingAuthorizer {
 public:
  using CachingAuthorizer::CachingAuthorizer;

  Result<void> Authorize(http::ClientRequest& request) override {
    const auto sas = TRY(Get());
    request.url += request.url.find('?') == std::string::npos ? '?' : '&';
    request.url += sas->value.Reveal();
    return {};
  }
};

/// The value of "se" in a query, decoded; empty if it has none.
std::string EndIn(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!parameter.starts_with("se=")) continue;
    const auto value = PercentDecode(parameter.substr(3));
    return value.ok() ? *value : "";
  }
  return "";
}

}  // namespace

Result<Expiring<Secret>> ReadSasToken(const SasToken& token) {
  const auto refuse = [](std::string detail) {
    return WithDetail(Unavailable("there is no shared access signature"), std::move(detail));
  };
  std::string text = token.text.Reveal();
  if (!token.file.empty()) {
    const auto read = ReadSecretFile(token.file);
    if (!read.ok()) return refuse(read.error().ToString());
    text = read->Reveal();
  }
  if (text.starts_with('?')) text.erase(0, 1);
  const auto is_bad = [](char c) { return c <= ' ' || c > '~' || c == '#' || c == '?'; };
  if (text.empty() || text.find('=') == std::string::npos || std::ranges::any_of(text, is_bad)) {
    return refuse("what was given is no query of a URL");
  }
  Expiring<Secret> sas{.value = Secret(text)};
  const auto end = ParseIsoTime(EndIn(text));
  if (end.ok()) sas.expires_at = *end;
  return sas;
}

std::unique_ptr<Authorizer> NewAnonymousAuthorizer() {
  return std::make_unique<AnonymousAuthorizer>();
}

std::unique_ptr<Authorizer> NewSharedKeyAuthorizer(const SharedKey& key) {
  return std::make_unique<SharedKeyAuthorizer>(key);
}

std::unique_ptr<Authorizer> NewTokenAuthorizer(CredentialCache<Secret>::Fetch fetch,
                                               const Clock& clock) {
  return std::make_unique<TokenAuthorizer>(std::move(fetch), clock);
}

std::unique_ptr<Authorizer> NewSasAuthorizer(const SasToken& token, const Clock& clock) {
  return std::make_unique<SasAuthorizer>([token] { return ReadSasToken(token); }, clock);
}

}  // namespace sluice::storage::azure
