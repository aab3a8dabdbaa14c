#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "storage/gcs/credentials.h"
#include "storage/gcs/sign_blob.h"
#include "storage/requests.h"
#include "storage/url_signer.h"

namespace sluice::storage::gcs {

struct UrlSignerOptions {
  std::string base_url;  ///< "https://host[:port]", as recipients reach it.
  std::string bucket;
  std::string iam_url = kIamUrl;
  /// Of signatures that are kept: about 80,000. A link by one of them takes 0.7 us.
  std::size_t max_kept_bytes = 32 << 20;
};

struct UrlSignerDependencies {
  std::shared_ptr<Credentials> credentials;
  std::shared_ptr<Requests> identity_requests;
  const Clock& clock;  ///< Must outlive the signer.
};

/// Links by V4 signatures, for paths "gs://bucket/key". Who signs:
///  - a service account's key, on this machine: 0.3 ms of a core for each link, 3,400 a second;
///  - the machine's account, by IAM's signBlob: one request for each link, and 12 hours at most;
///  - nobody, for a store that is public: the links are plain.
/// A person's credentials sign none: kUnavailable.
/// Signatures are kept, so that a query that is repeated costs none: links of one lifetime are
/// signed for one time until half of it is over, so that each has at least half of its life left,
/// and SignedUrls::expires_at says when it ends. When `max_kept_bytes` are full, further ones are
/// made each time. Thread-safe.
std::unique_ptr<UrlSigner> NewGoogleUrlSigner(UrlSignerOptions options,
                                              UrlSignerDependencies dependencies);

}  // namespace sluice::storage::gcs
