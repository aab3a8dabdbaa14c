#pragma once

#include <functional>
#include <string>
#include <variant>

#include "base/result.h"
#include "base/secret.h"
#include "config/store_options.h"
#include "storage/azure/account.h"
#include "storage/azure/shared_key.h"

namespace sluice::storage::azure {

using Environment = std::function<std::string(const std::string&)>;

/// The container is public.
struct AnonymousAccess {};

/// A shared access signature that was given to the owner, as text or in a file that is read anew
/// when the signature in it has ended.
struct SasToken {
  Secret text;
  std::string file;
};

/// An application of Microsoft Entra, which proves itself by a secret or by a token that another
/// issuer keeps fresh in a file (workload identity).
struct EntraApplication {
  std::string authority;  ///< "https://login.microsoftonline.com"
  std::string tenant_id;
  std::string client_id;
  Secret secret;
  std::string secret_file;
  std::string federated_token_file;
};

/// The identity of the machine, by its metadata service.
struct ManagedIdentity {
  std::string endpoint;   ///< "http://169.254.169.254"
  std::string client_id;  ///< Of an identity that a user made; empty: the machine's own.
};

using Credential =
    std::variant<AnonymousAccess, SharedKey, SasToken, EntraApplication, ManagedIdentity>;

/// What options and environment together say of a container.
struct AzureSettings {
  std::string container;
  std::string account;
  Endpoint endpoint;  ///< Microsoft's or named by the owner, so that it may be a private host.
  Endpoint public_endpoint;
  Credential credential = AnonymousAccess{};
  std::string credential_source;  ///< Where it is from and what was looked at before; no secrets.
};

/// Finds the account, its endpoint and the credential of a container. Options that name a
/// credential are taken alone; what they lack to be whole comes from the environment. Without, the
/// first of these counts, a key or a signature only if it is of the container's account:
///   AZURE_STORAGE_CONNECTION_STRING
///   AZURE_STORAGE_KEY or AZURE_STORAGE_ACCOUNT_KEY, with AZURE_STORAGE_ACCOUNT
///   AZURE_STORAGE_SAS_TOKEN, with AZURE_STORAGE_ACCOUNT
///   AZURE_CLIENT_SECRET, with AZURE_TENANT_ID and AZURE_CLIENT_ID
///   AZURE_FEDERATED_TOKEN_FILE, with AZURE_TENANT_ID and AZURE_CLIENT_ID
///   the machine's managed identity; AZURE_CLIENT_ID says which
/// AZURE_AUTHORITY_HOST is where Entra is asked, AZURE_POD_IDENTITY_AUTHORITY_HOST the metadata
/// service. AZURE_STORAGE_ACCOUNT_NAME does for AZURE_STORAGE_ACCOUNT.
/// Errors: kInvalidArgument if options contradict each other, belong to another cloud's stores or
/// name no file, if a credential is there by half, or if nothing names the account.
Result<AzureSettings> ResolveSettings(const config::StoreOptions& options,
                                      const std::string& bucket, const Environment& environment);

}  // namespace sluice::storage::azure
