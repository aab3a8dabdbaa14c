#include "storage/azure/account.h"

#include <algorithm>

#include "http/client_target.h"
#include "http/networks.h"
#include "storage/location.h"

namespace sluice::storage::azure {
namespace {

constexpr std::string_view kPublicSuffix = "core.windows.net";
// Accounts of a DNS zone: "acme.z12.blob.storage.azure.net".
constexpr std::string_view kZoneSuffix = "storage.azure.net";

struct Cloud {
  std::string_view suffix;
  std::string_view authority;
};
constexpr Cloud kClouds[] = {
    {kPublicSuffix, "https://login.microsoftonline.com"},
    {"core.chinacloudapi.cn", "https://login.chinacloudapi.cn"},
    {"core.usgovcloudapi.net", "https://login.microsoftonline.us"},
    {"fabric.microsoft.com", "https://login.microsoftonline.com"},  // OneLake
};

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsZone(std::string_view label) {
  return label.size() > 1 && label.size() <= 4 && label[0] == 'z' &&
         std::ranges::all_of(label.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

/// "z12.blob.storage.azure.net" of a suffix that names the zone, or nothing.
std::string ZoneHost(std::string_view suffix) {
  const std::size_t dot = std::min(suffix.find('.'), suffix.size());
  const std::string_view zone = suffix.substr(0, dot);
  const std::string_view rest = suffix.substr(std::min(dot + 1, suffix.size()));
  const bool is_known = rest == kZoneSuffix || rest == Format("blob.{}", kZoneSuffix) ||
                        rest == Format("dfs.{}", kZoneSuffix);
  return is_known && IsZone(zone) ? Format("{}.blob.{}", zone, kZoneSuffix) : std::string();
}

bool IsAddressOrLocal(std::string_view host) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return host == "localhost" || http::ParseIpAddress(host).has_value();
}

}  // namespace

bool IsAccountName(std::string_view name) {
  return !name.empty() && name.size() <= 63 && IsLowerOrDigit(name.front()) &&
         std::ranges::all_of(name, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

Result<ContainerName> ParseContainerName(std::string_view bucket_path) {
  const std::string_view bucket = SplitBucketPath(bucket_path).bucket;
  const std::size_t at = std::min(bucket.find('@'), bucket.size());
  ContainerName name{.container = std::string(bucket.substr(0, at)),
                     .suffix = std::string(kPublicSuffix)};
  const auto refuse = [&](std::string_view what) {
    return WithDetail(InvalidArgument("the location has no valid name of {}", what),
                      std::string(bucket_path));
  };
  const bool is_step = name.container == "." || name.container == "..";
  if (name.container.empty() || is_step) return refuse("a container");
  if (at == bucket.size()) return name;
  const std::string_view host = bucket.substr(at + 1);
  const std::size_t dot = std::min(host.find('.'), host.size());
  name.account = host.substr(0, dot);
  if (!IsAccountName(name.account)) return refuse("a storage account");
  if (dot < host.size()) name.suffix = host.substr(dot + 1);
  return name;
}

Result<std::string> BlobEndpoint(const ContainerName& name) {
  const bool is_known =
      std::ranges::any_of(kClouds, [&](const Cloud& cloud) { return cloud.suffix == name.suffix; });
  if (is_known) return Format("https://{}.blob.{}", name.account, name.suffix);
  const std::string zone_host = ZoneHost(name.suffix);
  if (!zone_host.empty()) return Format("https://{}.{}", name.account, zone_host);
  return WithDetail(InvalidArgument("the location is in no known Azure cloud: name its endpoint"),
                    name.suffix);
}

std::string DataLakeUri(const ContainerName& name) {
  constexpr std::string_view kBlob = ".blob.";
  std::string host = Format("{}.dfs.{}", name.account, name.suffix);
  const auto endpoint = BlobEndpoint(name);
  if (endpoint.ok()) {
    host = endpoint->substr(endpoint->find("://") + 3);
    host.replace(host.find(kBlob), kBlob.size(), ".dfs.");
  }
  return Format("abfss://{}@{}", name.container, host);
}

Result<Endpoint> ParseEndpoint(std::string_view url, std::string_view account) {
  const auto target = http::ParseClientUrl(url);
  if (!target.ok() || target->target.find('?') != std::string::npos) {
    return InvalidArgument("the endpoint of an Azure store is no URL of a host and a path");
  }
  std::string path = target->target;
  while (path.ends_with('/')) path.pop_back();
  if (path.empty() && IsAddressOrLocal(target->host)) path = Format("/{}", account);
  return Endpoint{.url = target->origin + path, .host = target->host, .is_https = target->is_tls};
}

std::string AuthorityOf(std::string_view suffix) {
  const auto* const found = std::ranges::find(kClouds, suffix, &Cloud::suffix);
  return std::string(found != std::end(kClouds) ? found->authority : kClouds[0].authority);
}

}  // namespace sluice::storage::azure
