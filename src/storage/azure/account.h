#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::storage::azure {

/// A container and the account it is in, as a location names them.
struct ContainerName {
  std::string container;
  std::string account;  ///< Empty: that of the credentials.
  std::string suffix;   ///< "core.windows.net", or as the location has it.
};

/// Reads a bucket's canonical path, "az://container@account[.suffix]" or "az://container".
/// Errors: kInvalidArgument if a name has a character that no such name may have, which would lead
/// to another host.
Result<ContainerName> ParseContainerName(std::string_view bucket_path);

/// Whether this is the name of a storage account: letters in lower case, digits and '-'.
bool IsAccountName(std::string_view name);

/// The Blob service's URL, without a '/' at its end; it serves accounts with a hierarchical
/// namespace too. Errors: kInvalidArgument for a suffix that is none of Microsoft's: credentials
/// are sent there only if the owner names the endpoint.
Result<std::string> BlobEndpoint(const ContainerName& name);

/// The container as clients of the Data Lake endpoint spell it:
/// "abfss://container@account.dfs.core.windows.net".
std::string DataLakeUri(const ContainerName& name);

struct Endpoint {
  std::string url;   ///< With the account's path where it has one, without a '/' at its end.
  std::string host;  ///< In lower case; an IPv6 address in brackets.
  bool is_https = true;
};

/// Reads an endpoint as an owner writes it: scheme, host and, where the account is in the path, its
/// path. A host that is an IP address or "localhost" has it there: it is added if there is no path.
/// Errors: kInvalidArgument if it is no such URL; not repeated, since it may hold a password.
Result<Endpoint> ParseEndpoint(std::string_view url, std::string_view account);

/// Where tokens of that cloud are given, "https://login.microsoftonline.com".
std::string AuthorityOf(std::string_view suffix);

}  // namespace sluice::storage::azure
