#pragma once

// Signed URLs of the server's own file endpoint:
//
//   {base}/files/{share}/{schema}/{table}/{path}?X-Amz-Date={Unix seconds}&X-Amz-Expires={seconds}
//       &X-Amz-Credential={recipient}[&X-Amz-Root={1|scheme}]&X-Amz-Signature={22 characters}
//
// The path stays readable. X-Amz-Root marks one that is absolute, outside the table's root: 1 for a
// file of this machine, else the scheme, such as s3, in front of "://" and the path. The
// Python client takes a URL for downloadable only if its query has one of a few names that stores
// use, X-Amz-Signature among them; nothing else of AWS's scheme is meant. The signature is the
// first 128 bits of HMAC-SHA256 over everything after /files/ in decoded form, since clients quote
// URLs anew; share, schema and table count regardless of ASCII case.

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hmac.h"
#include "crypto/key_ring.h"
#include "storage/data_path.h"

namespace sluice::storage {

/// What all URLs of one answer have in common.
struct FileUrlScope {
  std::string_view base_url;  ///< With the path prefix, without a trailing '/'.
  std::string_view recipient;
  std::string_view share;
  std::string_view schema;
  std::string_view table;
};

/// A signed URL's promise, once its signature was found to be right.
struct VerifiedFile {
  std::string recipient;
  std::string share;  ///< As the URL spells it, like schema and table.
  std::string schema;
  std::string table;
  DataPath data_path;
  SystemTime expires_at;
};

/// Signs the URLs of one answer: about 0.5 us each. Thread-safe.
class PreparedFileUrls {
 public:
  void Append(const DataPath& data_path, std::string& out) const;
  SystemTime expires_at() const { return expires_at_; }

 private:
  friend class FileUrlSigner;
  explicit PreparedFileUrls(const crypto::HmacSha256Key& key) : key_(key) {}

  crypto::HmacSha256Key key_;
  std::string prefix_;      // Up to the file's path.
  std::string parameters_;  // Behind the path, all but root and signature.
  SystemTime expires_at_;
};

/// Makes and checks the URLs. Thread-safe.
class FileUrlSigner {
 public:
  /// `master_secret` is the server's: the key is derived from it. `clock` must outlive the signer.
  FileUrlSigner(const Secret& master_secret, const Clock& clock);
  /// Signs with the newest from now on, and takes what any of them signed.
  void SetKeys(crypto::KeyRing master_keys);

  PreparedFileUrls Prepare(const FileUrlScope& scope, std::chrono::seconds lifetime) const;

  /// Checks a request: `path` is what follows `/files/` in its target, `query` what follows the
  /// '?', both still encoded. Whether the recipient may still read the table is for the caller to
  /// ask. Errors: kPermissionDenied if the URL was not signed here, was altered or has expired.
  Result<VerifiedFile> Verify(std::string_view path, std::string_view query) const;

 private:
  struct Terms;
  static crypto::HmacSha256Key KeyFor(const Secret& master, const Terms& terms);
  std::shared_ptr<const crypto::KeyRing> CurrentKeys() const;

  mutable std::mutex mutex_;  ///< Guards keys_; held for a reference count.
  std::shared_ptr<const crypto::KeyRing> keys_;
  const Clock* clock_;
};

}  // namespace sluice::storage
