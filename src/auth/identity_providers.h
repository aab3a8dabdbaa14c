#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "auth/kept_fetch.h"
#include "auth/provider_document.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/model.h"
#include "crypto/jwk.h"
#include "http/client.h"

namespace sluice::auth {

/// The keys of identity providers and what they say of themselves, each kept as KeptFetch says. A
/// thread of its own fetches anew what is due, so that a request waits only where nothing is kept,
/// or for a key that is not known yet. Thread-safe.
class IdentityProviders {
 public:
  struct Options {
    std::vector<std::string> plain_http_hosts;  ///< See CheckProviderUrl.
    std::chrono::milliseconds timeout{5'000};   ///< Of each request to a provider.
  };
  using Keys = std::shared_ptr<const crypto::JsonWebKeySet>;

  /// Both must outlive this. Strangers' tokens make `client` ask the registered issuers: it must
  /// not be one that may reach a cloud's metadata service.
  IdentityProviders(http::Client& client, const Clock& clock, Options options);
  ~IdentityProviders();

  /// May block for two requests. Errors: kUnavailable if there are none and the provider cannot be
  /// asked, or answers what is none; the detail says why.
  Result<Keys> KeysOf(const catalog::Issuer& issuer);
  /// The same where a key was not among `seen`: another set if there is one, else `seen` again.
  Result<Keys> KeysNewerThan(const catalog::Issuer& issuer, const Keys& seen);

  /// What recipients of `issuer` are served to sign in with a browser. May block for a request.
  /// Errors: those of WriteBrowserDocument, and kUnavailable as above.
  Result<std::string> BrowserDocumentOf(const catalog::Issuer& issuer);
  /// Where clients of `issuer` get tokens, as its document says. May block for a request. Errors:
  /// kNotFound if it names none, or such as CheckProviderUrl refuses; kUnavailable as above.
  Result<std::string> TokenEndpointOf(const catalog::Issuer& issuer);

 private:
  struct Provider {
    Provider(IdentityProviders& all, const catalog::Issuer& issuer);
    KeptFetch<crypto::JsonWebKeySet> keys;
    KeptFetch<ProviderDocument> document;
    bool is_queued = false;  ///< Guarded by mutex_.
  };
  using ProviderPointer = std::shared_ptr<Provider>;

  ProviderPointer Find(const catalog::Issuer& issuer);
  Result<std::shared_ptr<const ProviderDocument>> DocumentOf(const catalog::Issuer& issuer);
  void Queue(const ProviderPointer& provider);
  void RefreshQueued(const std::stop_token& stop);
  Result<std::string> Download(const std::string& url, std::size_t max_bytes);
  Result<ProviderDocument> FetchDocument(const std::string& issuer_url);
  Result<crypto::JsonWebKeySet> FetchKeys(const catalog::Issuer& issuer);

  http::Client& client_;
  const Clock& clock_;
  const Options options_;
  std::stop_source stopping_;
  std::mutex mutex_;  ///< Guards what follows; held for a moment.
  std::map<std::pair<std::string, std::string>, ProviderPointer> providers_;  ///< By their URLs.
  std::deque<ProviderPointer> queue_;
  std::condition_variable_any queued_;
  std::jthread refresher_;  ///< The last member: it uses the others.
};

}  // namespace sluice::auth
