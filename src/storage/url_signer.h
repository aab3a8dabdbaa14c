#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::storage {

/// The URLs of one answer: what they have in common is made once. Thread-safe.
class SignedUrls {
 public:
  virtual ~SignedUrls() = default;
  /// Appends a URL for a GET, whole or of ranges, of the object at `path`, which needs no other
  /// credential; for HEAD only where a scheme does not sign the method (S3's and Google's do, and
  /// clients probe with a ranged GET). A missing object goes unnoticed. Errors: kUnavailable where
  /// a service signs and does not answer.
  virtual Result<void> Append(std::string_view path, std::string& out) const = 0;
  /// When all of them end.
  virtual SystemTime expires_at() const = 0;
};

/// Signs links by the store's own scheme. Thread-safe.
class UrlSigner {
 public:
  virtual ~UrlSigner() = default;
  /// `lifetime` is 1 s to 7 days, the maximum of S3 and Google. URLs never claim to outlive the
  /// credential that signs them: then they end with it. Errors: kUnavailable if there is no
  /// credential, the detail says why; kUnsupported for objects that no URL can give (those that are
  /// encrypted by a key of the customer's).
  virtual Result<std::unique_ptr<SignedUrls>> Prepare(std::chrono::seconds lifetime) = 0;
};

}  // namespace sluice::storage
