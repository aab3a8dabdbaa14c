#include "auth/identity_providers.h"

#include <utility>

namespace sluice::auth {
namespace {

/// More than owners register: past it all are forgotten and fetched when next asked for.
constexpr std::size_t kMaxProviders = 1000;

constexpr std::string_view kUnavailableMessage = "the identity provider cannot be asked now";

/// What went wrong with a provider is for the log: who asked is a stranger.
Error Hidden(const Error& error, std::string_view what) {
  return WithDetail(Unavailable("{}", kUnavailableMessage),
                    Format("{}: {}", what, error.ToString()));
}

}  // namespace

IdentityProviders::Provider::Provider(IdentityProviders& all, const catalog::Issuer& issuer)
    : keys([&all, issuer] { return all.FetchKeys(issuer); }, all.clock_),
      document([&all, url = issuer.url] { return all.FetchDocument(url); }, all.clock_) {}

IdentityProviders::IdentityProviders(http::Client& client, const Clock& clock, Options options)
    : client_(client),
      clock_(clock),
      options_(std::move(options)),
      refresher_([this](const std::stop_token& stop) { RefreshQueued(stop); }) {}

IdentityProviders::~IdentityProviders() {
  stopping_.request_stop();  // gives up a request that the thread waits for
}

Result<IdentityProviders::Keys> IdentityProviders::KeysOf(const catalog::Issuer& issuer) {
  const ProviderPointer provider = Find(issuer);
  Keys kept = provider->keys.Peek();
  if (kept == nullptr) return provider->keys.GetNewerThan(nullptr);
  if (provider->keys.IsDue()) Queue(provider);
  return kept;
}

Result<IdentityProviders::Keys> IdentityProviders::KeysNewerThan(const catalog::Issuer& issuer,
                                                                 const Keys& seen) {
  return Find(issuer)->keys.GetNewerThan(seen);
}

Result<std::shared_ptr<const ProviderDocument>> IdentityProviders::DocumentOf(
    const catalog::Issuer& issuer) {
  const ProviderPointer provider = Find(issuer);
  std::shared_ptr<const ProviderDocument> document = provider->document.Peek();
  if (document == nullptr) {
    document = TRY(provider->document.GetNewerThan(nullptr));
  } else if (provider->document.IsDue()) {
    Queue(provider);
  }
  return document;
}

Result<std::string> IdentityProviders::BrowserDocumentOf(const catalog::Issuer& issuer) {
  const auto document = TRY(DocumentOf(issuer));
  return WriteBrowserDocument(*document, options_.plain_http_hosts);
}

Result<std::string> IdentityProviders::TokenEndpointOf(const catalog::Issuer& issuer) {
  const auto document = TRY(DocumentOf(issuer));
  return FindTokenEndpoint(*document, options_.plain_http_hosts);
}

IdentityProviders::ProviderPointer IdentityProviders::Find(const catalog::Issuer& issuer) {
  const std::lock_guard lock(mutex_);
  const std::pair key(issuer.url, issuer.jwks_url);
  const auto found = providers_.find(key);
  if (found != providers_.end()) return found->second;
  if (providers_.size() >= kMaxProviders) providers_.clear();
  return providers_.emplace(key, std::make_shared<Provider>(*this, issuer)).first->second;
}

void IdentityProviders::Queue(const ProviderPointer& provider) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(provider->is_queued, true)) return;
  queue_.push_back(provider);
  queued_.notify_one();
}

void IdentityProviders::RefreshQueued(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (queued_.wait(lock, stop, [this] { return !queue_.empty(); })) {
    const ProviderPointer provider = queue_.front();
    queue_.pop_front();
    provider->is_queued = false;
    lock.unlock();
    // A failure is kept where it happened, and told once nothing holds any more.
    if (provider->keys.IsDue()) (void)provider->keys.GetNewerThan(provider->keys.Peek()).ok();
    if (provider->document.IsDue()) {
      (void)provider->document.GetNewerThan(provider->document.Peek()).ok();
    }
    lock.lock();
    if (stop.stop_requested()) return;
  }
}

Result<std::string> IdentityProviders::Download(const std::string& url, std::size_t max_bytes) {
  TRY(CheckProviderUrl(url, options_.plain_http_hosts));
  http::ClientRequest request{.url = url};
  request.headers.Add("Accept", "application/json");
  auto response = TRY(client_.Send(
      request,
      {.timeout = options_.timeout, .max_body_bytes = max_bytes, .stop = stopping_.get_token()}));
  if (response.status != 200) return Unavailable("the answer's status is {}", response.status);
  return std::move(response.body);
}

Result<ProviderDocument> IdentityProviders::FetchDocument(const std::string& issuer_url) {
  const std::string url = ProviderDocumentUrl(issuer_url);
  const auto text = Download(url, kMaxProviderDocumentBytes);
  if (!text.ok()) return Hidden(text.error(), url);
  auto document = ParseProviderDocument(*text, issuer_url);
  if (!document.ok()) return Hidden(document.error(), url);
  return document;
}

Result<crypto::JsonWebKeySet> IdentityProviders::FetchKeys(const catalog::Issuer& issuer) {
  std::string url = issuer.jwks_url;
  if (url.empty()) {
    ProviderDocument document = TRY(FetchDocument(issuer.url));
    url = std::move(document.jwks_uri);
  }
  const auto text = Download(url, crypto::kMaxKeySetBytes);
  if (!text.ok()) return Hidden(text.error(), url);
  auto keys = crypto::ParseJsonWebKeySet(*text);
  if (!keys.ok()) return Hidden(keys.error(), url);
  if (keys->keys.empty()) {
    // To forget all keys for this would lock everybody out: a fault is likelier than intent.
    const std::string why = keys->left_out.empty() ? "none" : keys->left_out.front();
    return Hidden(CorruptData("there is no key to use: {}", why), url);
  }
  return keys;
}

}  // namespace sluice::auth
