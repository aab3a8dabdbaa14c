#pragma once

// AWS Signature Version 4, as the Amazon S3 API Reference has it ("Authenticating Requests (AWS
// Signature Version 4)"): by the Authorization header, and by query parameters. A path is encoded
// once and not normalised; every byte but the unreserved ones of RFC 3986 and '/' is encoded.
// Everything here is thread-safe and computed locally.

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "crypto/hmac.h"
#include "http/message.h"
#include "storage/s3/credentials.h"

namespace sluice::storage::s3 {

/// 7 days, the most that S3 lets a signed URL live.
constexpr std::chrono::seconds kMaxUrlLifetime{7 * 24 * 3600};

/// What a signature holds for, besides its request.
struct Signing {
  const Credentials& credentials;
  std::string_view region;
  std::string_view service;  ///< "s3" or "sts".
  SystemTime time;           ///< By the clock of the store.
};

/// A request as it is sent, but for the headers.
struct RequestTerms {
  std::string_view method;
  std::string_view host;   ///< The Host header: with the port, unless it is the scheme's own.
  std::string_view path;   ///< Encoded; begins with '/'.
  std::string_view query;  ///< As CanonicalQuery makes it; empty for none.
  std::string_view body;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Encodes and sorts; a parameter without a value still has its '='.
std::string CanonicalQuery(const Parameters& parameters);

/// Appends `path`, encoded as S3 signs it.
void AppendEncodedPath(std::string_view path, std::string& out);

/// Signs all of `headers`, and adds what goes with that: X-Amz-Date, X-Amz-Security-Token where the
/// credentials have one, X-Amz-Content-Sha256 for S3, and Authorization.
void SignHeaders(const RequestTerms& request, const Signing& signing, http::Headers& headers);

/// Where signed URLs lead.
struct UrlTerms {
  std::string_view origin;     ///< "https://host:port", without a port that goes without saying.
  std::string_view base_path;  ///< Encoded, in front of "/key": empty, or begins with '/'.
  std::chrono::seconds lifetime{3600};  ///< 1 s to kMaxUrlLifetime.
  bool requester_pays = false;          ///< Then so says the query, and must.
};

/// Signs the URLs of many objects: what they share is made once, so that each costs two hashes and
/// one HMAC. The method is part of what is signed, so that such a URL serves GET, ranged or not,
/// and no HEAD.
class UrlPresigner {
 public:
  UrlPresigner(const UrlTerms& terms, const Signing& signing);

  /// Appends the URL of the object of that key, which is as the store has it: not encoded.
  void Append(std::string_view key, std::string& out) const;

 private:
  std::string origin_;
  std::string request_start_;  ///< The canonical request up to the key.
  std::string request_end_;    ///< The same from the key on.
  std::string to_sign_;        ///< The string to sign up to the hash of the request.
  std::string query_;          ///< From the '?' to the signature.
  crypto::HmacSha256Key key_;
};

}  // namespace sluice::storage::s3
