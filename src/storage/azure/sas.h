#pragma once

// Shared access signatures: the query of a URL that needs no other credential.
//
//   sv=2023-11-03&spr=https&se=2026-11-21T11%3A00%3A00Z&sr=b&sp=r[&sdd=2][&skoid=…&sktid=…&skt=…
//       &ske=…&sks=b&skv=…]&sig={base64 of HMAC-SHA256, percent-encoded}
//
// Signed by an account's key (service SAS), the string to sign of version 2020-12-06 and later is
//   sp st se resource si sip spr sv sr snapshot ses rscc rscd rsce rscl rsct
// and by a user delegation key, from 2020-12-06 up to 2025-05-05,
//   sp st se resource skoid sktid skt ske sks skv saoid suoid scid sip spr sv sr snapshot ses rscc
//   rscd rsce rscl rsct
// with a line end between the fields, none after the last, and those left out being empty. The
// resource is "/blob/{account}/{container}/{name}", not percent-encoded. There is no start (st):
// then a signature holds at once, and no clock that is behind refuses it.
// Source: Azure Storage REST API, "Create a service SAS" and "Create a user delegation SAS".

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hmac.h"
#include "storage/azure/shared_key.h"

namespace sluice::storage::azure {

/// Signs for as long as it lasts in the name of whoever asked the service for it.
struct UserDelegationKey {
  std::string object_id;
  std::string tenant_id;
  std::string starts_at;   ///< As the service spelled it, like the next.
  std::string expires_at;  ///< At most 7 days after the start.
  std::string service;     ///< "b"
  std::string version;
  Secret value;  ///< Base64.
};

/// What signs: one of the account's keys or a user delegation key. Copyable; thread-safe.
class SasKey {
 public:
  explicit SasKey(const SharedKey& key) : hmac_(key.key()) {}
  /// Errors: kCorruptData if the key is no base64 or does not say when it ends.
  static Result<SasKey> New(const UserDelegationKey& key);

  /// When the signatures end, whatever they claim. Account keys have no end.
  const std::optional<SystemTime>& expires_at() const { return expires_at_; }

  const crypto::HmacSha256Key& hmac() const { return hmac_; }
  /// Who signs: the lines after the resource's, and "&skoid=…" of the query. Empty for an account.
  const std::string& signed_lines() const { return signed_lines_; }
  const std::string& query() const { return query_; }

 private:
  explicit SasKey(std::string_view key) : hmac_(key) {}

  crypto::HmacSha256Key hmac_;
  std::string signed_lines_;
  std::string query_;
  std::optional<SystemTime> expires_at_;
};

/// What signatures grant.
struct SasTerms {
  std::string account;
  std::string container;
  bool https_only = true;
  SystemTime expires_at;  ///< Whole seconds; not after the key's own end.
};

/// Signatures for reading one blob each: what they have in common is made once. Thread-safe.
class BlobSas {
 public:
  BlobSas(const SasKey& key, const SasTerms& terms);
  /// Appends the query for the blob of this name, without a '?'.
  void Append(std::string_view blob, std::string& out) const;

 private:
  crypto::HmacSha256Key hmac_;
  std::string before_;  ///< Of the string to sign, up to the blob's name.
  std::string after_;
  std::string query_;  ///< Up to the signature.
};

/// The query that allows to list and read all that lies below a directory, in accounts that have a
/// hierarchical namespace; others refuse it. `directory` is its path in the container, not empty,
/// without a '/' at either end.
std::string SignDirectory(const SasKey& key, const SasTerms& terms, std::string_view directory);

}  // namespace sluice::storage::azure
