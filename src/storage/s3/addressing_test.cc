#include "storage/s3/addressing.h"

#include <map>

#include "base/testing.h"

namespace sluice::storage::s3 {
namespace {

using testing::HasSubstr;

std::string Join(const Result<Address>& address) {
  return address.ok() ? address->origin + address->base_path : address.error().ToString();
}

TEST(Addressing, AmazonsBucketsArePartOfTheHost) {
  EXPECT_EQ(Join(AddressOf(
                {.endpoint = "", .region = "eu-west-1", .bucket = "lake", .path_style = "auto"})),
            "https://lake.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(Join(AddressOf({.endpoint = "https://s3.us-east-1.amazonaws.com",
                            .region = "us-east-1",
                            .bucket = "lake",
                            .path_style = "auto"})),
            "https://lake.s3.us-east-1.amazonaws.com");
}

TEST(Addressing, BucketsThatNoCertificateCoversArePartOfThePath) {
  for (const char* bucket : {"my.lake", "MyLake", "my_lake"}) {
    EXPECT_EQ(Join(AddressOf(
                  {.endpoint = "", .region = "eu-west-1", .bucket = bucket, .path_style = "auto"})),
              Format("https://s3.eu-west-1.amazonaws.com/{}", bucket));
  }
}

TEST(Addressing, BucketsElsewhereArePartOfThePathUnlessTold) {
  AddressTerms terms = {.endpoint = "http://minio.example.com:9000",
                        .region = "us-east-1",
                        .bucket = "lake",
                        .path_style = "auto"};
  EXPECT_EQ(Join(AddressOf(terms)), "http://minio.example.com:9000/lake");
  terms.path_style = "false";
  EXPECT_EQ(Join(AddressOf(terms)), "http://lake.minio.example.com:9000");
  terms.path_style = "true";
  EXPECT_EQ(Join(AddressOf(terms)), "http://minio.example.com:9000/lake");
  terms.endpoint = "";
  EXPECT_EQ(Join(AddressOf(terms)), "https://s3.us-east-1.amazonaws.com/lake");
}

TEST(Addressing, PortThatGoesWithoutSayingIsNotSaid) {
  for (const char* endpoint : {"https://h:443", "https://h:443/", "https://H"}) {
    EXPECT_EQ(Join(AddressOf(
                  {.endpoint = endpoint, .region = "r", .bucket = "lake", .path_style = "true"})),
              "https://h/lake");
  }
  const auto other = AddressOf(
      {.endpoint = "http://h:443", .region = "r", .bucket = "lake", .path_style = "true"});
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(other->host(), "h:443");
}

TEST(Addressing, EndpointMayHaveAPath) {
  EXPECT_EQ(Join(AddressOf({.endpoint = "https://h/storage/v1/s3/",
                            .region = "r",
                            .bucket = "tenant:lake",
                            .path_style = "auto"})),
            "https://h/storage/v1/s3/tenant%3Alake");
}

TEST(Addressing, WhatCannotBeIsRefused) {
  const AddressTerms good = {
      .endpoint = "https://h", .region = "r", .bucket = "lake", .path_style = "auto"};
  for (const char* bucket : {"", ".", "..", "a b", "a/b", "a%b", "a\nb"}) {
    AddressTerms terms = good;
    terms.bucket = bucket;
    EXPECT_THAT(AddressOf(terms), FailsWith(ErrorCode::kInvalidArgument)) << bucket;
  }
  for (const char* endpoint : {"minio:9000", "ftp://h", "https://u:p@h", "https://h?x=1", "//h"}) {
    AddressTerms terms = good;
    terms.endpoint = endpoint;
    EXPECT_THAT(AddressOf(terms), FailsWith(ErrorCode::kInvalidArgument)) << endpoint;
  }
  for (const char* endpoint : {"https://127.0.0.1:9000", "https://[::1]"}) {
    EXPECT_THAT(
        AddressOf({.endpoint = endpoint, .region = "r", .bucket = "lake", .path_style = "false"}),
        FailsWith(ErrorCode::kInvalidArgument))
        << endpoint;
  }
  EXPECT_THAT(
      AddressOf({.endpoint = "", .region = "x.evil.com/", .bucket = "b", .path_style = "auto"}),
      FailsWith(ErrorCode::kInvalidArgument));
}

TEST(Addressing, PartitionsHaveTheirOwnDomains) {
  EXPECT_EQ(AmazonUrl("s3", "cn-north-1"), "https://s3.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(AmazonUrl("sts", "us-gov-west-1"), "https://sts.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(AmazonUrl("s3", "us-iso-east-1"), "https://s3.us-iso-east-1.c2s.ic.gov");
  EXPECT_EQ(PartitionOf("cn-north-1"), "aws-cn");
  EXPECT_EQ(PartitionOf("us-gov-west-1"), "aws-us-gov");
  EXPECT_EQ(PartitionOf("auto"), "aws");
}

TEST(Addressing, RegionIsReadFromAmazonsHostsOnly) {
  EXPECT_EQ(RegionOfHost("lake.s3.eu-west-1.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(RegionOfHost("lake.s3-us-west-2.amazonaws.com"), "us-west-2");
  EXPECT_EQ(RegionOfHost("s3.cn-north-1.amazonaws.com.cn"), "cn-north-1");
  EXPECT_EQ(RegionOfHost("lake.s3.amazonaws.com"), "");
  EXPECT_EQ(RegionOfHost("s3.eu-west-1.example.com"), "");
  EXPECT_EQ(RegionOfHost("s3.eu-west-1.evilamazonaws.com"), "");
  EXPECT_EQ(RegionOfHost(""), "");
}

using Variables = std::map<std::string, std::string>;

Result<ServiceTerms> Find(const config::StoreOptions& options, const Variables& variables,
                          const Variables& profile = {}) {
  const auto value = [](const Variables& of, const std::string& name) {
    const auto found = of.find(name);
    return found == of.end() ? std::string() : found->second;
  };
  return FindService(
      options, [&](const std::string& name) { return value(variables, name); },
      [&](std::string_view name) -> Result<std::string> {
        return value(profile, std::string(name));
      });
}

TEST(Addressing, RegionComesFromTheFirstThatSays) {
  config::StoreOptions options;
  options.region = "r1";
  const Variables all = {{"AWS_REGION", "r2"}, {"AWS_DEFAULT_REGION", "r3"}};
  EXPECT_EQ(Find(options, all)->region, "r1");
  EXPECT_EQ(Find({}, all)->region, "r2");
  EXPECT_EQ(Find({}, {{"AWS_DEFAULT_REGION", "r3"}})->region, "r3");
  EXPECT_EQ(Find({}, {}, {{"region", "r4"}})->region, "r4");
  EXPECT_EQ(Find({}, {})->region, "us-east-1");
  EXPECT_THAT(Find({}, {{"AWS_REGION", "a/b"}}), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(Addressing, EndpointComesFromTheFirstThatSays) {
  config::StoreOptions options;
  options.endpoint = "https://e1";
  const Variables all = {{"AWS_ENDPOINT_URL_S3", "https://e2"}, {"AWS_ENDPOINT_URL", "https://e3"}};
  EXPECT_EQ(Find(options, all)->endpoint, "https://e1");
  EXPECT_EQ(Find({}, all)->endpoint, "https://e2");
  EXPECT_EQ(Find({}, {{"AWS_ENDPOINT_URL", "https://e3"}})->endpoint, "https://e3");
  EXPECT_EQ(Find({}, {}, {{"endpoint_url", "https://e4"}})->endpoint, "https://e4");
  EXPECT_EQ(Find({}, {})->endpoint, "");
  Variables ignoring = all;
  ignoring["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(Find({}, ignoring)->endpoint, "");
}

TEST(Addressing, RolesAreAssumedWhereTheStoreIsUnlessItIsAmazons) {
  EXPECT_EQ(Find({}, {{"AWS_REGION", "eu-west-1"}})->sts_url,
            "https://sts.eu-west-1.amazonaws.com");
  config::StoreOptions options;
  options.endpoint = "https://minio:9000";
  EXPECT_EQ(Find(options, {})->sts_url, "https://minio:9000");
  EXPECT_EQ(Find(options, {{"AWS_ENDPOINT_URL", "https://other"}})->sts_url, "https://minio:9000");
  EXPECT_EQ(Find(options, {{"AWS_ENDPOINT_URL_STS", "https://sts"}})->sts_url, "https://sts");
  EXPECT_EQ(Find({}, {{"AWS_ENDPOINT_URL", "https://all"}})->sts_url, "https://all");
  options.endpoint = "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com";
  EXPECT_EQ(Find(options, {})->sts_url, "https://sts.us-east-1.amazonaws.com");
}

TEST(Addressing, R2HasNoRegions) {
  config::StoreOptions options;
  options.profile = "r2";
  options.endpoint = "https://account.r2.cloudflarestorage.com";
  EXPECT_EQ(Find(options, {{"AWS_REGION", "eu-west-1"}})->region, "auto");
  options.region = "us-east-1";
  EXPECT_EQ(Find(options, {})->region, "us-east-1");
}

TEST(Addressing, ContradictionsAreNamed) {
  config::StoreOptions options;
  options.profile = "minio";
  auto found = Find(options, {});
  ASSERT_THAT(found, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(found.error().message, HasSubstr("needs an endpoint"));
  EXPECT_THAT(Find(options, {{"AWS_ENDPOINT_URL", "https://minio"}}), IsOk());
  options.profile = "mino";
  EXPECT_THAT(Find(options, {}), FailsWith(ErrorCode::kInvalidArgument));
  options.profile = "";
  options.path_style = "yes";
  EXPECT_THAT(Find(options, {}), FailsWith(ErrorCode::kInvalidArgument));
  options.path_style = "";
  options.endpoint = "minio:9000";
  EXPECT_THAT(Find(options, {}), FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::storage::s3
