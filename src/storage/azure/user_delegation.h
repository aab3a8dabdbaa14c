#pragma once

// Get User Delegation Key: POST {endpoint}/?restype=service&comp=userdelegationkey
//
//   <KeyInfo><Start>2026-11-21T09:55:00Z</Start><Expiry>2026-11-28T09:55:00Z</Expiry></KeyInfo>
//
// is answered by
//
//   <UserDelegationKey>
//     <SignedOid>…</SignedOid><SignedTid>…</SignedTid><SignedStart>…</SignedStart>
//     <SignedExpiry>…</SignedExpiry><SignedService>b</SignedService>
//     <SignedVersion>2023-11-03</SignedVersion><Value>base64</Value>
//   </UserDelegationKey>
//
// Source: Azure Storage REST API, "Get User Delegation Key". The caller needs a role with
// generateUserDelegationKey on the account, such as "Storage Blob Delegator".

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "storage/azure/sas.h"

namespace sluice::storage::azure {

/// Asks for a key that begins some minutes ago, for clocks that are behind, and lasts 7 days from
/// then, the longest there is.
std::string UserDelegationKeyRequest(SystemTime now);

/// Errors: kUnavailable if it is no such answer. The detail does not repeat it.
Result<UserDelegationKey> ParseUserDelegationKey(std::string_view xml);

}  // namespace sluice::storage::azure
