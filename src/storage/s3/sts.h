#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "storage/credential_cache.h"
#include "storage/requests.h"
#include "storage/s3/addressing.h"
#include "storage/s3/credentials.h"

namespace sluice::storage::s3 {

/// What a role is asked for.
struct RoleTerms {
  std::string role_arn;  ///< Empty only where the service has no roles: MinIO.
  std::string session_name = "sluice";
  std::string external_id = {};
  std::string policy = {};           ///< JSON that narrows the role's own; empty: nothing does.
  std::chrono::seconds duration{0};  ///< 0: as long as the service thinks right.
};

/// The Security Token Service: trades one identity for another, for a time. Thread-safe.
/// Every failure is kUnavailable, and its detail has the service's word, without secrets.
/// Source: AWS STS API Reference, version 2011-06-15; MinIO, "Security Token Service".
class TokenService {
 public:
  struct Dependencies {
    std::shared_ptr<Requests> requests;
    const Clock& clock;  ///< Must outlive the service.
  };
  /// Errors: kInvalidArgument if `url` is none.
  static Result<TokenService> New(Dependencies dependencies, std::string_view url,
                                  std::string region);

  Result<Expiring<Credentials>> AssumeRole(const Credentials& caller, const RoleTerms& terms) const;
  /// `token` is an identity provider's (OIDC). `terms.policy` and `external_id` are not sent.
  Result<Expiring<Credentials>> AssumeRoleWithWebIdentity(const Secret& token,
                                                          const RoleTerms& terms) const;

 private:
  TokenService(Dependencies dependencies, Address address, std::string region);
  Result<Expiring<Credentials>> Post(std::string_view action, const std::string& form,
                                     const Credentials* caller) const;

  Dependencies dependencies_;
  Address address_;
  std::string region_;
};

/// Who may read one directory of a bucket, and how long.
struct PrefixGrant {
  std::string_view bucket;
  std::string_view prefix;  ///< A directory's key without a trailing '/'; empty: all of the bucket.
  std::string_view region;  ///< Of the bucket: its partition is part of names.
  std::string_view role_arn;
  std::string_view external_id;
  std::chrono::seconds duration{3600};  ///< Brought into STS's own bounds, 15 min to 12 h.
};

/// The policy of a session that may get the objects below a prefix and list them, and no more.
/// Errors: kUnsupported for a bucket or prefix with '*', '?' or '$', which policies read as
/// patterns, and for one that is too long for a policy (2,048 bytes, STS's bound).
Result<std::string> PrefixPolicy(const PrefixGrant& grant);

/// Credentials that PrefixPolicy bounds, for who reads a directory without asking Sluice again.
/// `caller` must be allowed to assume the role. Objects that are encrypted by SSE-KMS are out of
/// their reach. Errors: those of PrefixPolicy and of TokenService.
Result<Expiring<Credentials>> AssumeRoleForPrefix(const TokenService& service,
                                                  const Credentials& caller,
                                                  const PrefixGrant& grant);

}  // namespace sluice::storage::s3
