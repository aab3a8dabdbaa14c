#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "protocol/names.h"
#include "storage/credential_vendor.h"

namespace sluice::protocol {

/// POST .../temporary-table-credentials
struct TemporaryCredentialsRequest {
  TableRef table;
  std::optional<std::string> location;  ///< A URI, never empty; none: the table's own.
};

/// Reads the body, which may be empty; unknown fields are passed over. Errors: kMalformed, as for
/// a query's body.
Result<TemporaryCredentialsRequest> ParseTemporaryCredentials(const http::Request& request);

/// {"credentials":{...}}, for the directory at the URI `location`. The text holds the secrets.
/// Source: Delta Sharing PROTOCOL.md, "Generate Temporary Table Credential".
std::string EncodeTemporaryCredentials(std::string_view location,
                                       const storage::VendedCredentials& vended);

}  // namespace sluice::protocol
