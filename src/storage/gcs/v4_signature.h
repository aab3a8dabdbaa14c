#pragma once

// Google's V4 signed URLs of a GET:
//
//   {base}/{bucket}/{key}?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential={email}%2F{day}
//       %2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date={time}&X-Goog-Expires={seconds}
//       &X-Goog-SignedHeaders=host&X-Goog-Signature={hex}
//
// The signature is RSASSA-PKCS1-v1_5 with SHA-256 over four lines: the algorithm, the time,
// {day}/auto/storage/goog4_request, and the SHA-256 of the canonical request in hex. Source: Cloud
// Storage, "V4 signing process with your own program" and "Canonical requests".

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sluice::storage::gcs {

/// What the URLs of one answer have in common.
struct V4Terms {
  std::string_view base_url;  ///< "https://host[:port]".
  std::string_view bucket;
  std::string_view client_email;  ///< Who signs.
  SystemTime signed_at;           ///< Counts from its second on.
  std::chrono::seconds lifetime{};
};

/// The parts that are made once for all of them. Thread-safe.
class V4Signature {
 public:
  explicit V4Signature(const V4Terms& terms);

  /// What is hashed for the object of that name. A port does not count: the host is signed alone.
  std::string CanonicalRequest(std::string_view key) const;
  /// What the service account's key signs.
  std::string StringToSign(std::string_view key) const;
  /// Appends the URL of a signature that was made of the above.
  void AppendUrl(std::string_view key, std::string_view signature, std::string& out) const;
  SystemTime expires_at() const { return expires_at_; }

 private:
  std::string base_url_;
  std::string path_;   // "/bucket/"
  std::string query_;  // Up to the signature.
  std::string host_;
  std::string string_to_sign_;  // Up to the hash.
  SystemTime expires_at_;
};

}  // namespace sluice::storage::gcs
