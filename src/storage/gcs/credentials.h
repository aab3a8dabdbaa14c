#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "storage/credential_cache.h"
#include "storage/gcs/tokens.h"
#include "storage/requests.h"

namespace sluice::storage::gcs {

/// Where to look for who asks.
struct CredentialSources {
  std::string service_account_file;  ///< The owner's; empty: none.
  bool anonymous = false;            ///< Nobody: the store is public.
  bool is_emulator = false;          ///< Takes no tokens: an account is there to sign alone.
  std::function<std::string(const std::string&)> environment;  ///< A variable; empty: not set.
};

/// Nobody.
struct Anonymous {};

/// Who asks.
using Account = std::variant<Anonymous, ServiceAccount, AuthorizedUser, MachineAccount>;

struct FoundAccount {
  Account account;
  std::string looked_at;  ///< What came before it and why that was none; for the log.
};

/// The first of these: `service_account_file`; the file that GOOGLE_APPLICATION_CREDENTIALS names;
/// application_default_credentials.json in CLOUDSDK_CONFIG or $HOME/.config/gcloud; the machine's
/// own account, by the metadata server at GCE_METADATA_HOST or 169.254.169.254, which is not asked
/// yet. An emulator has service accounts of the first two, or nobody. Errors: those of
/// ReadCredentialFile, for a file that is named or is there, but of no use.
Result<FoundAccount> FindAccount(const CredentialSources& sources);

/// Who asks and by which token, kept until they are due. Files are read anew every five minutes, so
/// that a new key is found. Thread-safe.
class Credentials {
 public:
  /// `requests` ask identity services. `clock` must outlive the credentials.
  Credentials(CredentialSources sources, std::shared_ptr<Requests> requests, const Clock& clock);

  // Errors of all: kUnavailable; the detail says what was tried.

  using AccountPointer = CredentialCache<FoundAccount>::Pointer;
  Result<AccountPointer> Find();
  /// The value of the header Authorization; empty: none is to be sent.
  Result<Secret> Authorization();
  /// Lets go of the token that was sent, since it was refused, and says whether another may do
  /// better.
  bool DropToken();
  /// The address of the machine's own account, which must be who was found.
  Result<std::string> MachineEmail();
  /// A token of the scope cloud-platform, to be downscoped (downscope.h). That of a person or a
  /// machine has the scopes that it has.
  Result<AccessToken> PlatformToken();

 private:
  Result<AccessToken> FetchOwnToken(std::string_view scope);

  const CredentialSources sources_;
  const std::shared_ptr<Requests> requests_;
  const Clock& clock_;
  CredentialCache<FoundAccount> account_;
  CredentialCache<Secret> token_;
  CredentialCache<Secret> platform_token_;
  CredentialCache<std::string> machine_email_;
};

}  // namespace sluice::storage::gcs
