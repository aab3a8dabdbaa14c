#include "storage/azure/account.h"

#include <algorithm>

#include "base/encoding.h"
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

Error BadEndpoint(std::string_view url) {
  return WithDetail(InvalidArgument("the endpoint of an Azure store is no http or https URL of a "
                                    "host and a path"),
                    std::string(url));
}

bool IsAddressOrLocal(std::string_view host) {
  return host == "localhost" || host.starts_with('[') ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::size_t SchemeEnd(std::string_view url) {
  const std::size_t end = url.find("://");
  return end == std::string_view::npos ? 0 : end + 3;
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
  if (name.container.empty()) return refuse("a container");
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

Result<std::string> NormalizeEndpoint(std::string_view url, std::string_view account) {
  const std::size_t start = SchemeEnd(url);
  const std::string scheme = AsciiLower(url.substr(0, start));
  if (scheme != "http://" && scheme != "https://") return BadEndpoint(url);
  while (url.ends_with('/') && url.size() > start) url.remove_suffix(1);
  if (url.find_first_of("?#@ \t\r\n\\") != std::string_view::npos || url.size() == start) {
    return BadEndpoint(url);
  }
  const std::size_t path = std::min(url.find('/', start), url.size());
  std::string endpoint = scheme + AsciiLower(url.substr(start, path - start));
  endpoint += url.substr(path);
  if (path == url.size() && IsAddressOrLocal(HostOf(endpoint))) endpoint += Format("/{}", account);
  return endpoint;
}

std::string HostOf(std::string_view url) {
  url.remove_prefix(SchemeEnd(url));
  url = url.substr(0, url.find('/'));
  const std::size_t end = url.starts_with('[') ? url.find(']') + 1 : url.find(':');
  return AsciiLower(url.substr(0, end));
}

std::string AuthorityOf(std::string_view suffix) {
  const auto* const found = std::ranges::find(kClouds, suffix, &Cloud::suffix);
  return std::string(found != std::end(kClouds) ? found->authority : kClouds[0].authority);
}

}  // namespace sluice::storage::azure
