#pragma once

// A token that may do less than the one it is made of: it reads and lists what lies below one
// folder of a bucket, by a Credential Access Boundary. The exchange (RFC 8693):
//   POST {sts}/v1/token   grant_type=urn:ietf:params:oauth:grant-type:token-exchange
//     &subject_token_type=urn:ietf:params:oauth:token-type:access_token&subject_token=...
//     &requested_token_type=urn:ietf:params:oauth:token-type:access_token&options={BOUNDARY}
//   BOUNDARY = {"accessBoundary": {"accessBoundaryRules": [{"availableResource":
//     "//storage.googleapis.com/projects/_/buckets/B", "availablePermissions":
//     ["inRole:roles/storage.objectViewer"], "availabilityCondition": {"expression": CEL}}]}}
// The bucket must have uniform bucket-level access. Source: IAM, "Create a downscoped short-lived
// credential" and "Credential Access Boundaries".

#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/gcs/tokens.h"

namespace sluice::storage::gcs {

inline constexpr char kStsUrl[] = "https://sts.googleapis.com";

struct PrefixScope {
  std::string_view bucket;
  std::string_view folder;  ///< Without a trailing '/'; empty: all of the bucket.
  std::string_view sts_url = kStsUrl;
};

/// The boundary. Errors: kUnsupported for a folder that Google's bounds cannot name: the text may
/// have 2,048 bytes, and control characters cannot be told apart in it.
Result<std::string> AccessBoundaryOf(const PrefixScope& scope);

/// The token. `source` has the scope cloud-platform; the new one never claims to outlive it. Errors
/// also: kUnavailable.
Result<AccessToken> DownscopeForPrefix(const PrefixScope& scope, const AccessToken& source,
                                       const IdentityContext& context);

}  // namespace sluice::storage::gcs
