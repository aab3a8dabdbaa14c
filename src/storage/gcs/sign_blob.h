#pragma once

// Signatures by the key that Google itself keeps for a service account, so that no key lies on the
// machine:
//   POST {iam}/v1/projects/-/serviceAccounts/{email}:signBlob   {"payload": BASE64}
//   {"keyId": "...", "signedBlob": BASE64}
// Whoever asks needs iam.serviceAccounts.signBlob on that account (roles/
// iam.serviceAccountTokenCreator), the account itself included, and a token of the scope
// cloud-platform. Such a key stays valid for at least 12 hours after it signed. Source: IAM Service
// Account Credentials API, "projects.serviceAccounts.signBlob".

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "storage/requests.h"

namespace sluice::storage::gcs {

inline constexpr char kIamUrl[] = "https://iamcredentials.googleapis.com";

/// No signature is to be promised for longer.
inline constexpr std::chrono::hours kSignBlobLifetime{12};

struct SignBlobRequest {
  std::string_view iam_url = kIamUrl;
  std::string_view client_email;
  const Secret& authorization;  ///< The value of the header.
  std::string_view text;
};

/// The RSA-SHA256 signature of `text`, by one request. Errors: kUnavailable; the detail has the
/// service's own word.
Result<std::string> SignBlob(const SignBlobRequest& sign, Requests& requests);

}  // namespace sluice::storage::gcs
