#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "storage/azure/settings.h"
#include "storage/credential_cache.h"
#include "storage/requests.h"

namespace sluice::storage::azure {

/// An access token for Azure Storage by the client credentials flow, with the application's secret
/// or its federated token; their files are read anew each time. Errors: kUnavailable; the detail
/// has Entra's error code, never a secret.
/// Source: Microsoft identity platform, "OAuth 2.0 client credentials flow".
Result<Expiring<Secret>> FetchToken(const EntraApplication& application, Requests& requests,
                                    const Clock& clock);

/// The same by the machine's metadata service. Errors: kUnavailable.
/// Source: Microsoft Entra, "How to use managed identities on an Azure VM to acquire a token".
Result<Expiring<Secret>> FetchToken(const ManagedIdentity& identity, Requests& requests,
                                    const Clock& clock);

/// Reads {"access_token":"…","expires_in":3599}; numbers may be text. Errors: kUnavailable.
Result<Expiring<Secret>> ParseTokenAnswer(std::string_view body, SystemTime now);

}  // namespace sluice::storage::azure
