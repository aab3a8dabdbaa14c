#include "storage/azure/connection_string.h"

#include <map>
#include <utility>

#include "base/encoding.h"

namespace sluice::storage::azure {
namespace {

constexpr std::size_t kMaxBytes = 8192;

// Of the emulator, known to everyone (Azurite, "Default storage account").
constexpr std::string_view kEmulatorAccount = "devstoreaccount1";
constexpr std::string_view kEmulatorKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

using Values = std::map<std::string, std::string>;  // By name in lower case.

Result<Values> SplitValues(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return InvalidArgument("the connection string is longer than {} bytes", kMaxBytes);
  }
  Values values;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view pair = TrimAsciiSpace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return InvalidArgument("the connection string is no list of name=value");
    }
    values[AsciiLower(pair.substr(0, equals))] = std::string(pair.substr(equals + 1));
  }
  return values;
}

ConnectionString Emulator(const Values& values) {
  const auto proxy = values.find("developmentstorageproxyuri");
  std::string host = proxy != values.end() ? proxy->second : "http://127.0.0.1";
  while (host.ends_with('/')) host.pop_back();
  return {.account = std::string(kEmulatorAccount),
          .account_key = Secret(std::string(kEmulatorKey)),
          .blob_endpoint = Format("{}:10000/{}", host, kEmulatorAccount)};
}

}  // namespace

Result<ConnectionString> ParseConnectionString(std::string_view text) {
  Values values = TRY(SplitValues(text));
  if (EqualsIgnoringAsciiCase(values["usedevelopmentstorage"], "true")) return Emulator(values);

  ConnectionString parsed{.account = values["accountname"],
                          .account_key = Secret(values["accountkey"]),
                          .blob_endpoint = values["blobendpoint"]};
  std::string sas = values["sharedaccesssignature"];
  if (sas.starts_with('?')) sas.erase(0, 1);
  parsed.sas = Secret(std::move(sas));
  if (parsed.account_key.empty() == parsed.sas.empty()) {
    return InvalidArgument(
        "the connection string needs either an AccountKey or a SharedAccessSignature");
  }
  if (parsed.blob_endpoint.empty() && parsed.account.empty()) {
    return InvalidArgument("the connection string names neither an AccountName nor a BlobEndpoint");
  }
  if (parsed.account.empty() && !parsed.account_key.empty()) {
    return InvalidArgument("the connection string has an AccountKey, but no AccountName");
  }
  if (parsed.blob_endpoint.empty()) {
    const std::string& protocol = values["defaultendpointsprotocol"];
    const std::string& suffix = values["endpointsuffix"];
    parsed.blob_endpoint = Format("{}://{}.blob.{}", protocol.empty() ? "https" : protocol,
                                  parsed.account, suffix.empty() ? "core.windows.net" : suffix);
  }
  return parsed;
}

}  // namespace sluice::storage::azure
