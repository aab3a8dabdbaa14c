#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "storage/s3/credentials.h"

namespace sluice::storage {

/// A shared access signature of Azure: the query of a URL, without a '?'.
struct DirectorySas {
  Secret query;
};

/// An OAuth 2.0 access token of Google.
struct BearerToken {
  Secret text;
};

/// What a cloud's own clients read one directory with.
struct VendedCredentials {
  std::variant<s3::Credentials, DirectorySas, BearerToken> credentials;
  SystemTime expires_at;
};

/// Gives temporary credentials for one directory of a bucket to somebody who then reads it without
/// asking again. They list and read all that lies below the directory, older versions of a table
/// and its removed files as well, and nothing beside or above it; they write nothing. Nobody can
/// take them back before their end. Directories are canonical paths (see location.h) without a
/// trailing '/', in the vendor's bucket. Thread-safe.
class CredentialVendor {
 public:
  virtual ~CredentialVendor() = default;

  /// The directory as this cloud's clients spell it: "s3://bucket/t",
  /// "abfss://container@account.dfs.core.windows.net/t". Asks nobody. Errors: kUnsupported if no
  /// credentials can be bound to it; kInvalidArgument if it is not in the bucket.
  virtual Result<std::string> UriOf(std::string_view directory) const = 0;

  /// `lifetime` is 15 minutes to 12 hours, the bounds of AWS's token service. The credentials end
  /// after it, to the second, or earlier where they end with what they are made of. Google's alone
  /// can last longer, see NewGoogleStore. `expires_at` is never later than their end. Errors: those
  /// of UriOf; kUnavailable if the cloud's service gives none, the detail says why, without
  /// secrets.
  virtual Result<VendedCredentials> Vend(std::string_view directory,
                                         std::chrono::seconds lifetime) = 0;
};

}  // namespace sluice::storage
