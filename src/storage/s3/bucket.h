#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"
#include "storage/credential_cache.h"
#include "storage/requests.h"
#include "storage/s3/addressing.h"
#include "storage/s3/answers.h"
#include "storage/s3/credentials.h"
#include "storage/s3/signature.h"

namespace sluice::storage::s3 {

/// What all requests to one bucket have in common.
struct BucketTerms {
  std::string path;  ///< Canonical: "s3://bucket".
  ServiceTerms service;
  bool is_anonymous = false;
  bool requester_pays = false;
  std::string kms_key_id = {};  ///< SSE-KMS, for what is written; empty: the bucket's own way.
  Secret customer_key = {};     ///< SSE-C: 32 bytes, not encoded; empty: none.
};

/// A request for the bucket or one of its objects, not yet signed.
struct BucketRequest {
  std::string_view method = "GET";
  std::string_view key = {};  ///< As the store has it; empty: the bucket itself.
  Parameters query = {};
  http::Headers headers = {};
  std::string_view body = {};
};

/// An answer up to the end of its headers. One that is not the one hoped for was read whole.
struct StartedAnswer {
  std::unique_ptr<http::Download> download;  ///< nullptr if the status is not of success.
  http::ClientResponse refusal;              ///< Empty if it is.
};

/// Where a bucket is, as far as is known.
struct Place {
  std::string region;
  Address address;
  Address public_address;  ///< For recipients.
};

/// Signs requests and sends them. What an answer teaches is kept for the requests that follow, and
/// the refused one is sent again: the region that the bucket is in, the store's clock (up to a day
/// from ours, if it says that ours is wrong), credentials that were renewed meanwhile. No answer
/// can lead to another host than Amazon's own. Thread-safe.
class Bucket {
 public:
  using CredentialPointer = CredentialCache<Credentials>::Pointer;
  struct Dependencies {
    std::shared_ptr<Requests> requests;
    const Clock& clock;  ///< Must outlive the bucket.
    CredentialCache<Credentials>::Fetch fetch_credentials;
  };
  /// Errors: those of AddressOf.
  static Result<std::shared_ptr<Bucket>> New(BucketTerms terms, Dependencies dependencies);

  /// The answer, whatever its status: that of a refusal too. Errors: those of Requests, with the
  /// object's path; kUnavailable if there are no credentials.
  Result<http::ClientResponse> Send(const BucketRequest& request, std::uint64_t max_body_bytes);
  Result<StartedAnswer> Start(const BucketRequest& request);

  /// The failure that a refusal means for the object of that key.
  Error RefusalError(const http::ClientResponse& refusal, std::string_view key) const;

  /// The key of a canonical path. Errors: kInvalidArgument if it is not of this bucket.
  Result<std::string_view> KeyOf(std::string_view path) const;
  std::string PathOf(std::string_view key) const;

  const BucketTerms& terms() const { return terms_; }
  std::shared_ptr<const Place> place() const;
  /// What time it is for the store.
  SystemTime Now() const;
  Result<CredentialPointer> GetCredentials() { return credentials_.Get(); }

 private:
  Bucket(BucketTerms terms, Dependencies dependencies, std::shared_ptr<const Place> place);

  Result<http::ClientRequest> MakeRequest(const BucketRequest& request, CredentialPointer& used);
  void AddHeaders(const BucketRequest& request, http::Headers& headers) const;
  Result<http::ClientResponse> AskWhy(const BucketRequest& head);
  bool Learn(const http::ClientResponse& refusal, const CredentialPointer& used);
  bool LearnRegion(const http::ClientResponse& refusal, const ErrorAnswer& answer);
  bool LearnTime(const http::ClientResponse& refusal);
  bool RenewCredentials(const CredentialPointer& used);

  const BucketTerms terms_;
  const std::shared_ptr<Requests> requests_;
  const Clock& clock_;
  CredentialCache<Credentials> credentials_;
  std::atomic<bool> has_succeeded_{false};        ///< A request of ours was granted.
  std::atomic<std::int64_t> clock_offset_ms_{0};  ///< What the store's clock shows more than ours.
  mutable std::mutex mutex_;                      ///< Guards what follows.
  std::shared_ptr<const Place> place_;
};

}  // namespace sluice::storage::s3
