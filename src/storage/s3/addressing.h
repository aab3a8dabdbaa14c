#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/store_options.h"

namespace sluice::storage::s3 {

/// Where a service that speaks S3 is.
struct ServiceTerms {
  std::string endpoint;         ///< "https://host:port"; empty: Amazon's own of the region.
  std::string public_endpoint;  ///< The same for recipients' URLs; empty: `endpoint`.
  std::string region;
  std::string sts_url;     ///< Of the Security Token Service, for roles.
  std::string path_style;  ///< "auto", "true" or "false".
};

/// What options and environment say, in this order:
///  - endpoint: options, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, `profile_value("endpoint_url")`,
///    Amazon's own. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true leaves out all but the options.
///  - region: options, AWS_REGION, AWS_DEFAULT_REGION, `profile_value("region")`, "us-east-1". R2
///    has no regions: there, "auto" comes after the options.
///  - STS: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL if the options name no endpoint, the S3 endpoint
///    if it is not Amazon's (MinIO and Ceph serve both), sts.{region}.amazonaws.com.
/// `profile_value` gives a value of the shared configuration's profile; it is asked last.
/// Errors: kInvalidArgument for options that contradict each other, an endpoint that is no URL, and
/// a profile other than "aws" without one; those of `profile_value`.
Result<ServiceTerms> FindService(
    const config::StoreOptions& options,
    const std::function<std::string(const std::string&)>& environment,
    const std::function<Result<std::string>(std::string_view)>& profile_value);

/// Where the objects of a bucket are: `origin` + `base_path` + '/' + encoded key.
struct Address {
  std::string origin;     ///< "https://host:port", without a port that goes without saying.
  std::string base_path;  ///< Encoded; empty, or begins with '/' and does not end so.

  std::string_view host() const { return std::string_view(origin).substr(origin.find("://") + 3); }
};

/// Which of a service's buckets.
struct AddressTerms {
  std::string_view endpoint;  ///< Empty: Amazon's own of the region.
  std::string_view region;
  std::string_view bucket;
  std::string_view path_style;  ///< "auto": the bucket is part of the host at Amazon's endpoints,
                                ///< unless its name has dots or upper case; elsewhere of the path.
};

/// Source: Amazon S3 User Guide, "Virtual hosting of general purpose buckets". Errors:
/// kInvalidArgument for a bucket's name that cannot be, an endpoint that is no URL, a region that
/// is none, and a bucket in the host of an IP address.
Result<Address> AddressOf(const AddressTerms& terms);

/// An endpoint's own address, without a bucket. Errors: kInvalidArgument if `url` is none.
Result<Address> EndpointAddress(std::string_view url);

/// "https://sts.eu-west-1.amazonaws.com", or that of another partition: China, GovCloud.
std::string AmazonUrl(std::string_view service, std::string_view region);

/// The "aws" of "arn:aws:s3:::bucket" in that region.
std::string_view PartitionOf(std::string_view region);

/// The region in the name of one of Amazon's own S3 hosts, such as
/// "bucket.s3.eu-west-1.amazonaws.com"; empty if there is none.
std::string_view RegionOfHost(std::string_view host);

}  // namespace sluice::storage::s3
