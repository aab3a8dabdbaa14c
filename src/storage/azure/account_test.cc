#include "storage/azure/account.h"

#include "base/testing.h"
#include "storage/location.h"

namespace sluice::storage::azure {
namespace {

/// The endpoint of a location, or the error.
std::string EndpointOf(const std::string& location) {
  const auto parsed = ParseLocation(location, "/");
  if (!parsed.ok()) return parsed.error().ToString();
  const auto name = ParseContainerName(parsed->path);
  if (!name.ok()) return name.error().ToString();
  const auto endpoint = BlobEndpoint(*name);
  return endpoint.ok() ? *endpoint : endpoint.error().ToString();
}

TEST(AzureAccount, EveryLocationIsReadThroughTheBlobEndpoint) {
  constexpr char kAcme[] = "https://acme.blob.core.windows.net";
  EXPECT_EQ(EndpointOf("abfss://lake@acme.dfs.core.windows.net/t"), kAcme);
  EXPECT_EQ(EndpointOf("wasbs://lake@ACME.blob.core.windows.net/t"), kAcme);
  EXPECT_EQ(EndpointOf("az://lake@acme/t"), kAcme);
  EXPECT_EQ(EndpointOf("abfss://lake@acme.dfs.core.usgovcloudapi.net/t"),
            "https://acme.blob.core.usgovcloudapi.net");
  EXPECT_EQ(EndpointOf("abfss://space@onelake.dfs.fabric.microsoft.com/t"),
            "https://onelake.blob.fabric.microsoft.com");
  EXPECT_EQ(EndpointOf("abfss://lake@acme.z12.dfs.storage.azure.net/t"),
            "https://acme.z12.blob.storage.azure.net");
}

TEST(AzureAccount, ALocationLeadsToNoHostButMicrosofts) {
  for (const char* location :
       {"abfss://lake@acme.dfs.evil.example/t", "az://lake@acme.core.windows.net.evil.example/t",
        "az://lake@evil.example#/t", "az://lake@evil#/t", "az://lake@evil?/t", "az://lake@a:b/t",
        "az://lake@u@evil/t", "az://lake@evil:8080/t", "az://lake@/t", "az://@acme/t",
        "az://lake@acme.zz.blob.storage.azure.net/t", "az://lake@acme.storage.azure.net/t",
        "az://lake@ac\\me/t", "az://..@acme/t", "az://.@acme/t"}) {
    EXPECT_THAT(EndpointOf(location), testing::StartsWith("invalid_argument")) << location;
  }
}

TEST(AzureAccount, ClientsOfTheDataLakeHaveTheirOwnUri) {
  for (const char* uri :
       {"abfss://lake@acme.dfs.core.windows.net", "abfss://lake@acme.dfs.core.chinacloudapi.cn",
        "abfss://lake@acme.z12.dfs.storage.azure.net", "abfss://lake@acme.dfs.private.example"}) {
    const auto name = ParseContainerName(ParseLocation(uri, "/")->path);
    ASSERT_THAT(name, IsOk());
    EXPECT_EQ(DataLakeUri(*name), uri);
  }
}

TEST(AzureAccount, ContainerMayStandAlone) {
  const auto name = ParseContainerName("az://lake");
  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->container, "lake");
  EXPECT_EQ(name->account, "");
}

std::string OwnersUrl(const std::string& url, const std::string& account) {
  const auto endpoint = ParseEndpoint(url, account);
  return endpoint.ok() ? endpoint->url : endpoint.error().ToString();
}

TEST(AzureAccount, EndpointOfTheOwnersHasTheAccountInHostOrPath) {
  EXPECT_EQ(OwnersUrl("https://acme.example.com:8443/", "acme"), "https://acme.example.com:8443");
  EXPECT_EQ(OwnersUrl("http://127.0.0.1:10000", "dev"), "http://127.0.0.1:10000/dev");
  EXPECT_EQ(OwnersUrl("http://127.0.0.1:10000/dev/", "dev"), "http://127.0.0.1:10000/dev");
  EXPECT_EQ(OwnersUrl("http://[::1]:10000", "dev"), "http://[::1]:10000/dev");
  EXPECT_EQ(OwnersUrl("http://localhost:10000/", "dev"), "http://localhost:10000/dev");
  EXPECT_EQ(OwnersUrl("http://azurite:10000/Dev", "dev"), "http://azurite:10000/Dev");
  for (const char* url : {"", "acme", "https://", "https:///", "ftp://acme", "https://u:p@acme",
                          "https://acme?x", "https://acme/?x", "https://acme#x", "https://a b"}) {
    EXPECT_THAT(ParseEndpoint(url, "acme"), FailsWith(ErrorCode::kInvalidArgument)) << url;
  }
}

TEST(AzureAccount, EndpointTellsHostAndWhetherItIsSafe) {
  auto endpoint = ParseEndpoint("https://Acme.example:8443/x", "acme");
  ASSERT_THAT(endpoint, IsOk());
  EXPECT_EQ(endpoint->host, "acme.example");
  EXPECT_TRUE(endpoint->is_https);
  endpoint = ParseEndpoint("http://[::1]:10000", "acme");
  ASSERT_THAT(endpoint, IsOk());
  EXPECT_EQ(endpoint->host, "[::1]");
  EXPECT_FALSE(endpoint->is_https);
}

TEST(AzureAccount, EveryCloudHasItsAuthority) {
  EXPECT_EQ(AuthorityOf("core.windows.net"), "https://login.microsoftonline.com");
  EXPECT_EQ(AuthorityOf("core.chinacloudapi.cn"), "https://login.chinacloudapi.cn");
  EXPECT_EQ(AuthorityOf("z12.blob.storage.azure.net"), "https://login.microsoftonline.com");
}

}  // namespace
}  // namespace sluice::storage::azure
