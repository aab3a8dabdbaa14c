#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/hash.h"

namespace sluice::auth {

/// How somebody showed who they are.
enum class Credential : std::uint8_t { kBearerToken, kNone };

/// Who is calling.
struct Caller {
  std::string recipient;
  Credential credential = Credential::kNone;
};

/// Name of the caller where no credential is asked for.
inline constexpr std::string_view kAnonymous = "anonymous";

/// A token's hash and whose it is. Only hashes are kept.
struct KnownToken {
  crypto::Sha256Digest sha256;
  std::string recipient;
};

KnownToken Know(const Secret& token, std::string_view recipient);

/// Tells recipients apart by their bearer tokens; one of its own knows the owner's admin token.
/// Immutable: a change of tokens makes a new one. Thread-safe.
class Authenticator {
 public:
  struct Options {
    std::vector<KnownToken> tokens;  ///< Any number per recipient.
    /// Callers without a known token are kAnonymous. Stock clients always send some token, so a
    /// wrong one counts as none.
    bool allow_anonymous = false;
  };

  explicit Authenticator(Options options);

  /// `authorization` is the value of that header, if it was sent (RFC 6750, section 2.1).
  /// Errors: kUnauthenticated if there is no bearer token or it is not one of ours.
  Result<Caller> Authenticate(std::optional<std::string_view> authorization) const;

 private:
  Result<Caller> FindCaller(std::string_view authorization) const;

  // Looking a hash up takes a time that depends on the hash alone. Who tries tokens learns nothing
  // from it: they cannot choose a token's hash.
  std::map<crypto::Sha256Digest, std::string> recipients_;
  bool allow_anonymous_;
};

}  // namespace sluice::auth
