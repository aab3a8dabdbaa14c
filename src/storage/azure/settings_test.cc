#include "storage/azure/settings.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/testing.h"

namespace sluice::storage::azure {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kKey[] = "bm8gc2VjcmV0";

class AzureSettingsTest : public testing::Test {
 protected:
  AzureSettingsTest() {
    std::string pattern = testing::TempDir() + "azure-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~AzureSettingsTest() override { std::filesystem::remove_all(root_); }

  std::string File(const std::string& name, const std::string& text) const {
    const std::string path = Format("{}/{}", root_, name);
    std::ofstream(path) << text;
    return path;
  }
  Result<AzureSettings> Resolve(const std::string& bucket = "az://lake@acme") {
    return ResolveSettings(options_, bucket,
                           [this](const std::string& name) { return variables_[name]; });
  }
  template <typename T>
  T Found(const std::string& bucket = "az://lake@acme") {
    const auto settings = Resolve(bucket);
    EXPECT_THAT(settings, IsOk());
    if (!settings.ok()) return T(std::get<T>(Credential()));
    EXPECT_TRUE(std::holds_alternative<T>(settings->credential)) << settings->credential_source;
    return std::get<T>(settings->credential);
  }

  std::string root_;
  config::StoreOptions options_;
  std::map<std::string, std::string> variables_;
};

TEST_F(AzureSettingsTest, WithoutAnythingTheMachineSaysWhoItIs) {
  const auto settings = Resolve();
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->container, "lake");
  EXPECT_EQ(settings->account, "acme");
  EXPECT_EQ(settings->endpoint.url, "https://acme.blob.core.windows.net");
  EXPECT_EQ(settings->public_endpoint.url, settings->endpoint.url);
  ASSERT_TRUE(std::holds_alternative<ManagedIdentity>(settings->credential));
  EXPECT_EQ(std::get<ManagedIdentity>(settings->credential).endpoint, "http://169.254.169.254");
  for (const char* tried :
       {"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "managed identity"}) {
    EXPECT_THAT(settings->credential_source, HasSubstr(tried));
  }
}

TEST_F(AzureSettingsTest, ConnectionStringGivesAccountKeyAndEndpoint) {
  variables_["AZURE_STORAGE_CONNECTION_STRING"] = "UseDevelopmentStorage=true";
  const auto settings = Resolve("az://lake");
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->account, "devstoreaccount1");
  EXPECT_EQ(settings->endpoint.url, "http://127.0.0.1:10000/devstoreaccount1");
  EXPECT_TRUE(std::holds_alternative<SharedKey>(settings->credential));
}

TEST_F(AzureSettingsTest, ConnectionStringMayHoldASignature) {
  variables_["AZURE_STORAGE_CONNECTION_STRING"] =
      "BlobEndpoint=https://acme.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=2";
  EXPECT_EQ(Found<SasToken>("az://lake").text.Reveal(), "sv=1&sig=2");
  EXPECT_EQ(Found<SasToken>("az://lake@acme").text.Reveal(), "sv=1&sig=2");
}

TEST_F(AzureSettingsTest, CredentialsOfAnotherAccountAreLeftAlone) {
  variables_["AZURE_STORAGE_CONNECTION_STRING"] = Format("AccountName=other;AccountKey={}", kKey);
  variables_["AZURE_STORAGE_ACCOUNT"] = "other";
  variables_["AZURE_STORAGE_KEY"] = kKey;
  variables_["AZURE_STORAGE_SAS_TOKEN"] = "sv=1&sig=2";
  const auto settings = Resolve("az://lake@acme");
  ASSERT_THAT(settings, IsOk());
  EXPECT_TRUE(std::holds_alternative<ManagedIdentity>(settings->credential));
  EXPECT_THAT(settings->credential_source, HasSubstr("of another account"));
  EXPECT_EQ(settings->endpoint.url, "https://acme.blob.core.windows.net");
  EXPECT_EQ(Found<SharedKey>("az://lake").account(), "other");
}

TEST_F(AzureSettingsTest, KeyOfTheEnvironmentNeedsAnAccount) {
  for (const char* variable : {"AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"}) {
    variables_ = {{variable, kKey}};
    EXPECT_EQ(Found<SharedKey>("az://lake@acme").account(), "acme");
    EXPECT_THAT(Resolve("az://lake"), FailsWith(ErrorCode::kInvalidArgument));
    variables_["AZURE_STORAGE_ACCOUNT_NAME"] = "third";
    EXPECT_EQ(Found<SharedKey>("az://lake").account(), "third");
    variables_["AZURE_STORAGE_ACCOUNT"] = "acme";
    EXPECT_EQ(Found<SharedKey>("az://lake").account(), "acme");
  }
}

TEST_F(AzureSettingsTest, SignatureOfTheEnvironmentGoesToItsAccountAlone) {
  variables_["AZURE_STORAGE_SAS_TOKEN"] = "sv=1&sig=2";
  EXPECT_THAT(Resolve("az://lake@acme"), FailsWith(ErrorCode::kInvalidArgument));
  variables_["AZURE_STORAGE_ACCOUNT"] = "acme";
  EXPECT_EQ(Found<SasToken>("az://lake@acme").text.Reveal(), "sv=1&sig=2");
  EXPECT_EQ(Resolve("az://lake")->account, "acme");
  EXPECT_TRUE(std::holds_alternative<ManagedIdentity>(Resolve("az://lake@evil")->credential));
}

TEST_F(AzureSettingsTest, ApplicationOfTheEnvironmentIsWholeOrRefused) {
  variables_ = {{"AZURE_CLIENT_ID", "app"}, {"AZURE_CLIENT_SECRET", "s3cret"}};
  EXPECT_THAT(Resolve(), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Resolve().error().ToString(), Not(HasSubstr("s3cret")));
  variables_["AZURE_TENANT_ID"] = "tenant";
  const auto application = Found<EntraApplication>();
  EXPECT_EQ(application.authority, "https://login.microsoftonline.com");
  EXPECT_EQ(application.tenant_id, "tenant");
  EXPECT_EQ(application.client_id, "app");
  EXPECT_EQ(application.secret.Reveal(), "s3cret");
  EXPECT_EQ(Found<EntraApplication>("az://lake@acme.core.chinacloudapi.cn").authority,
            "https://login.chinacloudapi.cn");
}

TEST_F(AzureSettingsTest, WorkloadIdentityNamesAFileThatIsThere) {
  variables_ = {{"AZURE_CLIENT_ID", "app"},
                {"AZURE_TENANT_ID", "tenant"},
                {"AZURE_AUTHORITY_HOST", "http://127.0.0.1:8080/"},
                {"AZURE_FEDERATED_TOKEN_FILE", File("token", "jwt")}};
  const auto application = Found<EntraApplication>();
  EXPECT_EQ(application.federated_token_file, root_ + "/token");
  EXPECT_EQ(application.authority, "http://127.0.0.1:8080");
  variables_["AZURE_FEDERATED_TOKEN_FILE"] = root_ + "/gone";
  EXPECT_THAT(Resolve(), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(AzureSettingsTest, SecretsGoToNoAuthorityInTheClear) {
  variables_ = {{"AZURE_CLIENT_ID", "app"},
                {"AZURE_TENANT_ID", "tenant"},
                {"AZURE_CLIENT_SECRET", "s3cret"},
                {"AZURE_AUTHORITY_HOST", "http://login.example.com"}};
  EXPECT_THAT(Resolve(), FailsWith(ErrorCode::kInvalidArgument));
  variables_["AZURE_AUTHORITY_HOST"] = "http://127.0.0.1.example.com";
  EXPECT_THAT(Resolve(), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(AzureSettingsTest, IdentityOfAUserIsNamedByItsClient) {
  variables_ = {{"AZURE_CLIENT_ID", "mine"},
                {"AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:8080/"}};
  EXPECT_EQ(Found<ManagedIdentity>().client_id, "mine");
  EXPECT_EQ(Found<ManagedIdentity>().endpoint, "http://127.0.0.1:8080");
  options_.client_id = "theirs";
  variables_["AZURE_STORAGE_KEY"] = kKey;
  EXPECT_EQ(Found<ManagedIdentity>().client_id, "theirs");
}

TEST_F(AzureSettingsTest, OptionsComeBeforeTheEnvironment) {
  variables_["AZURE_STORAGE_CONNECTION_STRING"] = "UseDevelopmentStorage=true";
  options_.sas_token_file = File("sas", "sv=1&sig=2\n");
  EXPECT_EQ(Found<SasToken>().file, options_.sas_token_file);
  options_ = {.account = "acme", .account_key_file = File("key", kKey)};
  EXPECT_EQ(Found<SharedKey>("az://lake").account(), "acme");
  EXPECT_THAT(Resolve("az://lake@other"), FailsWith(ErrorCode::kInvalidArgument));
  options_ = {.anonymous = true};
  Found<AnonymousAccess>();
  options_ = {.tenant_id = "t", .client_id = "c", .client_secret_file = File("secret", "x")};
  EXPECT_EQ(Found<EntraApplication>().secret_file, root_ + "/secret");
}

TEST_F(AzureSettingsTest, EndpointsOfTheOwnersAreTaken) {
  options_ = {.endpoint = "http://127.0.0.1:10000", .public_endpoint = "https://data.example.com"};
  const auto settings = Resolve("az://lake@acme.unknown.example");
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->endpoint.url, "http://127.0.0.1:10000/acme");
  EXPECT_EQ(settings->public_endpoint.url, "https://data.example.com");
  options_.endpoint = "127.0.0.1:10000";
  EXPECT_THAT(Resolve(), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(AzureSettingsTest, LocationInNoKnownCloudNeedsAnEndpoint) {
  EXPECT_THAT(Resolve("az://lake@acme.unknown.example"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Resolve("az://lake"), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(AzureSettingsTest, OptionsThatContradictOrBelongElsewhereAreRefused) {
  const std::string file = File("file", kKey);
  for (const config::StoreOptions& options :
       std::vector<config::StoreOptions>{{.access_key_id = "AKIA"},
                                         {.role_arn = "arn"},
                                         {.service_account_file = file},
                                         {.requester_pays = true},
                                         {.customer_key_file = file},
                                         {.region = "us-east-1"},
                                         {.account_key_file = file, .sas_token_file = file},
                                         {.account_key_file = file, .anonymous = true},
                                         {.account_key_file = root_ + "/gone"},
                                         {.sas_token_file = File("empty", "")},
                                         {.client_secret_file = file},
                                         {.tenant_id = "t", .client_secret_file = file},
                                         {.tenant_id = "t", .client_id = "c"},
                                         {.tenant_id = "t",
                                         .client_id = "c",
                                         .client_secret_file = file,
                                         .federated_token_file = file},
                                         {.account_key_file = file, .client_id = "c"}}) {
    options_ = options;
    EXPECT_THAT(Resolve(), FailsWith(ErrorCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace sluice::storage::azure
