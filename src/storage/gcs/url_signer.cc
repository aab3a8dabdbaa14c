#include "storage/gcs/url_signer.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "base/encoding.h"
#include "storage/gcs/signing_window.h"
#include "storage/location.h"

namespace sluice::storage::gcs {
namespace {

using std::chrono::seconds;

constexpr seconds kMaxLifetime = std::chrono::days(7);
constexpr std::size_t kMaxWindows = 16;  // Of one bucket: lifetimes, times keys of one renewal.

/// Of a store that is public.
class PlainUrls final : public SignedUrls {
 public:
  PlainUrls(std::string base, SystemTime expires_at)
      : base_(std::move(base)), expires_at_(expires_at) {}

  Result<void> Append(std::string_view path, std::string& out) const override {
    out += base_;
    AppendPercentEncoded(SplitBucketPath(path).key, "/", out);
    return {};
  }
  SystemTime expires_at() const override { return expires_at_; }

 private:
  const std::string base_;
  const SystemTime expires_at_;
};

class WindowUrls final : public SignedUrls {
 public:
  explicit WindowUrls(std::shared_ptr<const SigningWindow> window) : window_(std::move(window)) {}

  Result<void> Append(std::string_view path, std::string& out) const override {
    return window_->Append(SplitBucketPath(path).key, out);
  }
  SystemTime expires_at() const override { return window_->expires_at(); }

 private:
  const std::shared_ptr<const SigningWindow> window_;
};

/// Who signs, and how.
struct Signatory {
  std::string client_email;
  std::string key_id;  ///< Empty where Google keeps the key.
  seconds lifetime{};
  SigningWindow::Sign sign;
};

class GoogleUrlSigner final : public UrlSigner {
 public:
  GoogleUrlSigner(UrlSignerOptions options, UrlSignerDependencies dependencies)
      : options_(std::move(options)), dependencies_(std::move(dependencies)) {
    kept_bytes_->max = options_.max_kept_bytes;
  }

  Result<std::unique_ptr<SignedUrls>> Prepare(seconds lifetime) override {
    if (lifetime < seconds(1) || lifetime > kMaxLifetime) {
      return InvalidArgument("links last 1 second to 7 days");
    }
    const Credentials::AccountPointer found = TRY(dependencies_.credentials->Find());
    const Account& account = found->value.account;
    if (std::holds_alternative<Anonymous>(account)) {
      return std::make_unique<PlainUrls>(
          Format("{}/{}/", options_.base_url, PercentEncode(options_.bucket)),
          dependencies_.clock.Now() + lifetime);
    }
    if (std::holds_alternative<AuthorizedUser>(account)) {
      return NoCredentials("a person's credentials sign no links: a service account's do");
    }
    if (const auto* owner = std::get_if<ServiceAccount>(&account)) {
      return std::make_unique<WindowUrls>(WindowOf(OfKey(*owner, lifetime)));
    }
    return std::make_unique<WindowUrls>(WindowOf(TRY(OfMachine(lifetime))));
  }

 private:
  using WindowKey = std::tuple<std::string, std::string, seconds>;
  using WindowPointer = std::shared_ptr<const SigningWindow>;

  static Signatory OfKey(const ServiceAccount& account, seconds lifetime) {
    return {.client_email = account.client_email,
            .key_id = account.key_id,
            .lifetime = lifetime,
            .sign = [key = account.key](std::string_view text) { return key.SignSha256(text); }};
  }

  Result<Signatory> OfMachine(seconds lifetime) {
    std::string email = TRY(dependencies_.credentials->MachineEmail());
    // The links may outlive the signer.
    SigningWindow::Sign sign =
        [email, iam_url = options_.iam_url, credentials = dependencies_.credentials,
         requests = dependencies_.identity_requests](std::string_view text) -> Result<std::string> {
      const Secret authorization = TRY(credentials->Authorization());
      return SignBlob(
          {.iam_url = iam_url, .client_email = email, .authorization = authorization, .text = text},
          *requests);
    };
    return Signatory{.client_email = std::move(email),
                     .key_id = {},
                     .lifetime = std::min<seconds>(lifetime, kSignBlobLifetime),
                     .sign = std::move(sign)};
  }

  WindowPointer WindowOf(Signatory signatory) {
    const SystemTime now = dependencies_.clock.Now();
    WindowKey key(signatory.client_email, signatory.key_id, signatory.lifetime);
    const std::lock_guard lock(mutex_);
    std::erase_if(windows_, [now](const auto& entry) { return entry.second->renew_at() <= now; });
    const auto kept = windows_.find(key);
    if (kept != windows_.end()) return kept->second;
    if (windows_.size() >= kMaxWindows) {
      windows_.erase(std::ranges::min_element(
          windows_, {}, [](const auto& entry) { return entry.second->renew_at(); }));
    }
    const V4Terms terms = {.base_url = options_.base_url,
                           .bucket = options_.bucket,
                           .client_email = signatory.client_email,
                           .signed_at = now,
                           .lifetime = signatory.lifetime};
    auto window =
        std::make_shared<const SigningWindow>(terms, std::move(signatory.sign), kept_bytes_);
    windows_.emplace(std::move(key), window);
    return window;
  }

  const UrlSignerOptions options_;
  const UrlSignerDependencies dependencies_;
  const std::shared_ptr<KeptBytes> kept_bytes_ = std::make_shared<KeptBytes>();
  std::mutex mutex_;  ///< Guards what follows.
  std::map<WindowKey, WindowPointer> windows_;
};

}  // namespace

std::unique_ptr<UrlSigner> NewGoogleUrlSigner(UrlSignerOptions options,
                                              UrlSignerDependencies dependencies) {
  return std::make_unique<GoogleUrlSigner>(std::move(options), std::move(dependencies));
}

}  // namespace sluice::storage::gcs
