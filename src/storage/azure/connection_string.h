#pragma once

// "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=…;EndpointSuffix=core.windows.net",
// or "BlobEndpoint=https://acme.blob.core.windows.net/;SharedAccessSignature=sv=…", or
// "UseDevelopmentStorage=true", which is the emulator on this machine.
// Source: Azure Storage, "Configure Azure Storage connection strings".

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace sluice::storage::azure {

/// What a connection string says of the Blob service. It holds a key or a signature, not both.
struct ConnectionString {
  std::string account;        ///< Empty where only a BlobEndpoint is given.
  Secret account_key;         ///< Base64.
  Secret sas;                 ///< Without a '?' in front.
  std::string blob_endpoint;  ///< URL, with the account's path where it has one.
};

/// Names are found regardless of case; what the Blob service does not need is skipped. Errors:
/// kInvalidArgument if it is longer than 8 KiB, is no list of name=value, lacks an account or an
/// endpoint, or holds neither a key nor a signature. No error repeats a value.
Result<ConnectionString> ParseConnectionString(std::string_view text);

}  // namespace sluice::storage::azure
