#include "storage/azure/connection_string.h"

#include "base/testing.h"

namespace sluice::storage::azure {
namespace {

TEST(AzureConnectionString, GivesAccountKeyAndEndpoint) {
  const auto parsed = ParseConnectionString(
      "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5==;EndpointSuffix="
      "core.chinacloudapi.cn;QueueEndpoint=https://elsewhere");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->account, "acme");
  EXPECT_EQ(parsed->account_key.Reveal(), "a2V5==");
  EXPECT_EQ(parsed->blob_endpoint, "https://acme.blob.core.chinacloudapi.cn");
  EXPECT_TRUE(parsed->sas.empty());
}

TEST(AzureConnectionString, NamesAreFoundRegardlessOfCase) {
  const auto parsed = ParseConnectionString(" accountname=acme ; ACCOUNTKEY=a2V5; ");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->blob_endpoint, "https://acme.blob.core.windows.net");
}

TEST(AzureConnectionString, GivesASignatureAndItsEndpoint) {
  const auto parsed = ParseConnectionString(
      "BlobEndpoint=https://acme.example.com/;SharedAccessSignature=?sv=2023-11-03&sig=a%3D");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->account, "");
  EXPECT_EQ(parsed->sas.Reveal(), "sv=2023-11-03&sig=a%3D");
  EXPECT_EQ(parsed->blob_endpoint, "https://acme.example.com/");
}

TEST(AzureConnectionString, KnowsTheEmulator) {
  auto parsed = ParseConnectionString("UseDevelopmentStorage=true");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->account, "devstoreaccount1");
  EXPECT_EQ(parsed->account_key.Reveal().size(), 88U);
  EXPECT_EQ(parsed->blob_endpoint, "http://127.0.0.1:10000/devstoreaccount1");
  parsed = ParseConnectionString(
      "UseDevelopmentStorage=True;DevelopmentStorageProxyUri=http://azurite/");
  EXPECT_EQ(parsed->blob_endpoint, "http://azurite:10000/devstoreaccount1");
}

TEST(AzureConnectionString, HalfAStringIsRefusedWithoutRepeatingIt) {
  for (const char* text :
       {"", ";;", "s3cret", "=s3cret", "AccountName=s3cret", "AccountKey=s3cret",
        "SharedAccessSignature=s3cret", "AccountName=a;AccountKey=s3cret;SharedAccessSignature=x",
        "BlobEndpoint=https://s3cret;AccountKey=s3cret", "UseDevelopmentStorage=false"}) {
    const auto parsed = ParseConnectionString(text);
    ASSERT_THAT(parsed, FailsWith(ErrorCode::kInvalidArgument)) << text;
    EXPECT_THAT(parsed.error().ToString(), testing::Not(testing::HasSubstr("s3cret")));
  }
  EXPECT_THAT(ParseConnectionString(std::string(9000, 'a')),
              FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::storage::azure
