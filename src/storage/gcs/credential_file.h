#pragma once

// Files that `gcloud` writes and Google's own programs read: one JSON object whose "type" says what
// it is.
//   service_account  client_email, private_key_id, private_key (PEM), token_uri
//   authorized_user  client_id, client_secret, refresh_token
// Source: Google's AIP-4110 ("Application Default Credentials") and AIP-4112.

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/rsa.h"

namespace sluice::storage::gcs {

/// An account of a program, by its own key.
struct ServiceAccount {
  std::string client_email;
  std::string key_id;
  std::string token_uri;
  crypto::RsaPrivateKey key;
};

/// A person who logged in.
struct AuthorizedUser {
  std::string client_id;
  Secret client_secret;
  Secret refresh_token;
  std::string token_uri;
};

using CredentialFile = std::variant<ServiceAccount, AuthorizedUser>;

/// Errors: kUnsupported for another type, by its name (external_account among them);
/// kInvalidArgument if the text is no such file. They show nothing that the file holds but its
/// type.
Result<CredentialFile> ParseCredentialFile(std::string_view text);

/// Reads at most 64 KiB. Errors also: those of ReadSmallFile; the detail names the path.
Result<CredentialFile> ReadCredentialFile(const std::string& path);

}  // namespace sluice::storage::gcs
