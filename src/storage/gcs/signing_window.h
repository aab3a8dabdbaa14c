#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "storage/gcs/v4_signature.h"

namespace sluice::storage::gcs {

/// How much is kept of all windows of a signer. Thread-safe.
struct KeptBytes {
  std::size_t max = 0;
  std::atomic<std::size_t> used{0};
};

/// Links that are signed for one time and end together. Each is signed when it is first asked for,
/// and kept while there is room. Thread-safe.
class SigningWindow {
 public:
  /// Signs a text; may take a request. Thread-safe.
  using Sign = std::function<Result<std::string>(std::string_view text)>;

  SigningWindow(const V4Terms& terms, Sign sign, std::shared_ptr<KeptBytes> kept_bytes);
  ~SigningWindow();
  SigningWindow(const SigningWindow&) = delete;
  SigningWindow& operator=(const SigningWindow&) = delete;

  /// Appends the link of an object. Errors: those of `sign`.
  Result<void> Append(std::string_view key, std::string& out) const;
  SystemTime expires_at() const { return signature_.expires_at(); }
  /// From when on new answers should have another window: half of its life.
  SystemTime renew_at() const { return renew_at_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  Result<std::string> SignatureOf(std::string_view key) const;

  const V4Signature signature_;
  const SystemTime renew_at_;
  const Sign sign_;
  const std::shared_ptr<KeptBytes> kept_bytes_;
  mutable std::mutex mutex_;  ///< Guards what follows; not held while signing.
  mutable std::unordered_map<std::string, std::string, Hash, std::equal_to<>> signatures_;
  mutable std::size_t used_bytes_ = 0;
};

}  // namespace sluice::storage::gcs
