#pragma once

// Shared Key authorization of the Blob service:
//
//   Authorization: SharedKey {account}:{base64 of HMAC-SHA256 over the string to sign}
//
// Source: Azure Storage REST API, "Authorize with Shared Key", version 2015-02-21 and later.

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/hmac.h"
#include "http/client.h"

namespace sluice::storage::azure {

/// What is signed of a request:
///   method, then one line each of Content-Encoding, Content-Language, Content-Length (nothing for
///   0), Content-MD5, Content-Type, Date, If-Modified-Since, If-Match, If-None-Match,
///   If-Unmodified-Since and Range; the x-ms- fields sorted by name as "name:value"; then
///   "/{account}{path as sent}" and a line "name:value" for each query parameter, decoded, sorted.
/// Errors: kInvalidArgument if the query is badly percent-encoded.
Result<std::string> SharedKeyStringToSign(std::string_view account,
                                          const http::ClientRequest& request);

/// One of a storage account's two keys. Thread-safe.
class SharedKey {
 public:
  /// `base64_key` is as the portal shows it. Errors: kInvalidArgument if it is no base64.
  static Result<SharedKey> New(std::string account, const Secret& base64_key);

  const std::string& account() const { return account_; }
  const crypto::HmacSha256Key& key() const { return key_; }

  /// The value of the Authorization header. The request has all its other headers, x-ms-date and
  /// x-ms-version among them, but for Content-Length, which is that of its body. Errors: as above.
  Result<std::string> Authorization(const http::ClientRequest& request) const;

 private:
  SharedKey(std::string account, std::string_view key) : account_(std::move(account)), key_(key) {}

  std::string account_;
  crypto::HmacSha256Key key_;
};

}  // namespace sluice::storage::azure
