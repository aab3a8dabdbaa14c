#include "storage/s3/addressing.h"

#include <algorithm>
#include <iterator>

#include "base/encoding.h"
#include "http/client_target.h"
#include "http/networks.h"

namespace sluice::storage::s3 {
namespace {

constexpr std::size_t kMaxBucketBytes = 255;
constexpr std::size_t kMaxRegionBytes = 64;

constexpr std::string_view kProfiles[] = {"aws", "minio", "ceph", "r2", "seaweedfs", "ecs"};

// Amazon's partitions: clouds that know nothing of each other (botocore's endpoints.json).
struct Partition {
  std::string_view region_start;
  std::string_view name;
  std::string_view suffix;
};
constexpr Partition kPartitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn"},       {"us-gov-", "aws-us-gov", "amazonaws.com"},
    {"us-iso-", "aws-iso", "c2s.ic.gov"},        {"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"}, {"us-isof-", "aws-iso-f", "csp.hci.ic.gov"},
    {"eusc-", "aws-eusc", "amazonaws.eu"},       {"", "aws", "amazonaws.com"}};

const Partition& PartitionFor(std::string_view region) {
  return *std::ranges::find_if(kPartitions, [&](const Partition& partition) {
    return region.starts_with(partition.region_start);
  });
}

bool IsAmazonHost(std::string_view host) {
  return std::ranges::any_of(kPartitions, [&](const Partition& partition) {
    return host.ends_with(partition.suffix) &&
           host.substr(0, host.size() - partition.suffix.size()).ends_with('.');
  });
}

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsAlphanumeric(char c) { return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z'); }

/// Whether the name can be the first label of a host, so that one certificate serves all buckets.
bool FitsInHost(std::string_view bucket) {
  return bucket.size() <= 63 &&
         std::ranges::all_of(bucket, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

/// Old and foreign buckets have names that Amazon no longer allows; Ceph's may be "tenant:bucket".
bool CanBeBucket(std::string_view bucket) {
  constexpr std::string_view kOthers = "-._:";
  return !bucket.empty() && bucket.size() <= kMaxBucketBytes && bucket != "." && bucket != ".." &&
         std::ranges::all_of(bucket, [&](char c) {
           return IsAlphanumeric(c) || kOthers.find(c) != std::string_view::npos;
         });
}

/// Regions are part of hosts and of what is signed.
bool CanBeRegion(std::string_view region) {
  return !region.empty() && region.size() <= kMaxRegionBytes &&
         std::ranges::all_of(region,
                             [](char c) { return IsLowerOrDigit(c) || c == '-' || c == '.'; });
}

/// An endpoint, taken apart.
struct Endpoint {
  std::string scheme;  // "https://"
  std::string host;    // in lower case; an IPv6 address in brackets
  std::string port;    // ":9000", or empty
  std::string path;    // empty, or begins with '/'
};

Result<Endpoint> ParseEndpoint(std::string_view url) {
  auto target = http::ParseClientUrl(url);
  if (!target.ok() || target->target.find('?') != std::string::npos) {
    return WithDetail(InvalidArgument("the store's endpoint is no http or https URL"),
                      target.ok() ? "it has a query" : target.error().message);
  }
  Endpoint endpoint{.scheme = target->is_tls ? "https://" : "http://",
                    .host = target->host,
                    .port = target->origin.substr(target->origin.find("://") + 3),
                    .path = target->target};
  endpoint.port.erase(0, endpoint.host.size());
  if (endpoint.port == (target->is_tls ? ":443" : ":80")) endpoint.port.clear();
  while (endpoint.path.ends_with('/')) endpoint.path.pop_back();
  return endpoint;
}

bool IsIpAddress(std::string_view host) {
  return host.starts_with('[') || http::ParseIpAddress(host).has_value();
}

/// Whether "auto" puts the bucket into the host: only where the certificate is known to fit.
bool HasBucketInHost(const AddressTerms& terms, std::string_view host) {
  if (terms.path_style != "auto" && !terms.path_style.empty()) return terms.path_style == "false";
  return IsAmazonHost(host) && (host.starts_with("s3.") || host.starts_with("s3-")) &&
         FitsInHost(terms.bucket);
}

Result<void> CheckOptions(const config::StoreOptions& options, bool has_endpoint) {
  const std::string& profile = options.profile;
  if (!profile.empty() && std::ranges::find(kProfiles, profile) == std::end(kProfiles)) {
    return InvalidArgument("the store's profile '{}' is unknown", profile);
  }
  if (!profile.empty() && profile != "aws" && !has_endpoint) {
    return InvalidArgument("a store of the profile '{}' needs an endpoint", profile);
  }
  const std::string& style = options.path_style;
  if (!style.empty() && style != "auto" && style != "true" && style != "false") {
    return InvalidArgument("the store's path_style is 'auto', 'true' or 'false', not '{}'", style);
  }
  return {};
}

}  // namespace

std::string AmazonUrl(std::string_view service, std::string_view region) {
  return Format("https://{}.{}.{}", service, region, PartitionFor(region).suffix);
}

std::string_view PartitionOf(std::string_view region) { return PartitionFor(region).name; }

std::string_view RegionOfHost(std::string_view host) {
  if (!IsAmazonHost(host)) return {};
  // "s3.REGION.", of old "s3-REGION.".
  for (const std::string_view start : {"s3.", "s3-"}) {
    std::size_t at = host.rfind(start);
    if (at == std::string_view::npos || (at > 0 && host[at - 1] != '.')) continue;
    at += start.size();
    const std::string_view region = host.substr(at, host.find('.', at) - at);
    if (region.find('-') != std::string_view::npos && CanBeRegion(region)) return region;
  }
  return {};
}

Result<ServiceTerms> FindService(
    const config::StoreOptions& options,
    const std::function<std::string(const std::string&)>& environment,
    const std::function<Result<std::string>(std::string_view)>& profile_value) {
  const bool ignores_others =
      AsciiLower(environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) == "true";
  const auto variable = [&](const char* name) {
    return ignores_others ? std::string() : environment(name);
  };
  ServiceTerms terms{.endpoint = options.endpoint,
                     .public_endpoint = options.public_endpoint,
                     .region = options.region,
                     .sts_url = variable("AWS_ENDPOINT_URL_STS"),
                     .path_style = options.path_style.empty() ? "auto" : options.path_style};
  if (terms.sts_url.empty() && terms.endpoint.empty()) terms.sts_url = variable("AWS_ENDPOINT_URL");
  if (terms.endpoint.empty()) terms.endpoint = variable("AWS_ENDPOINT_URL_S3");
  if (terms.endpoint.empty()) terms.endpoint = variable("AWS_ENDPOINT_URL");
  if (terms.endpoint.empty() && !ignores_others) {
    terms.endpoint = TRY(profile_value("endpoint_url"));
  }
  TRY(CheckOptions(options, !terms.endpoint.empty()));
  if (terms.region.empty() && options.profile == "r2") terms.region = "auto";
  if (terms.region.empty()) terms.region = environment("AWS_REGION");
  if (terms.region.empty()) terms.region = environment("AWS_DEFAULT_REGION");
  if (terms.region.empty()) terms.region = TRY(profile_value("region"));
  if (terms.region.empty()) terms.region = "us-east-1";
  if (!CanBeRegion(terms.region)) {
    return InvalidArgument("the store's region '{}' is none", terms.region);
  }
  if (terms.sts_url.empty()) {
    const std::string amazon = AmazonUrl("sts", terms.region);
    if (terms.endpoint.empty()) {
      terms.sts_url = amazon;
    } else {
      const Endpoint endpoint = TRY(ParseEndpoint(terms.endpoint));
      terms.sts_url = IsAmazonHost(endpoint.host) ? amazon : terms.endpoint;
    }
  }
  return terms;
}

Result<Address> EndpointAddress(std::string_view url) {
  const Endpoint endpoint = TRY(ParseEndpoint(url));
  return Address{.origin = endpoint.scheme + endpoint.host + endpoint.port,
                 .base_path = endpoint.path};
}

Result<Address> AddressOf(const AddressTerms& terms) {
  if (!CanBeBucket(terms.bucket)) return InvalidArgument("'{}' is no bucket's name", terms.bucket);
  if (!CanBeRegion(terms.region)) return InvalidArgument("'{}' is no region", terms.region);
  const std::string url =
      terms.endpoint.empty() ? AmazonUrl("s3", terms.region) : std::string(terms.endpoint);
  const Endpoint endpoint = TRY(ParseEndpoint(url));
  if (!HasBucketInHost(terms, endpoint.host)) {
    return Address{.origin = endpoint.scheme + endpoint.host + endpoint.port,
                   .base_path = Format("{}/{}", endpoint.path, PercentEncode(terms.bucket))};
  }
  if (IsIpAddress(endpoint.host)) {
    return InvalidArgument("an endpoint that is an IP address needs path_style");
  }
  if (!std::ranges::all_of(terms.bucket,
                           [](char c) { return IsLowerOrDigit(c) || c == '-' || c == '.'; })) {
    return InvalidArgument("the bucket '{}' cannot be part of a host: it needs path_style",
                           terms.bucket);
  }
  return Address{
      .origin = Format("{}{}.{}{}", endpoint.scheme, terms.bucket, endpoint.host, endpoint.port),
      .base_path = endpoint.path};
}

}  // namespace sluice::storage::s3
