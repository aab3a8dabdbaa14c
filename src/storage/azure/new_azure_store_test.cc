// What a store is made of, and, where the environment names a service (SLUICE_TEST_AZURE as in
// object_store_contract_test.cc), whether that service takes what is signed. Tokens are tried if
// the variables of an identity are set too, such as AZURE_AUTHORITY_HOST and AZURE_CLIENT_SECRET;
// the service must then speak TLS.

#include <stdlib.h>

#include <fstream>
#include <map>

#include "base/testing.h"
#include "crypto/random.h"
#include "storage/fake_client_test_support.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace {

using testing::HasSubstr;
using testing::Not;

class NewAzureStoreTest : public testing::Test {
 protected:
  Result<Store> New(const config::StoreOptions& options,
                    const std::string& bucket = "az://lake@acme") {
    return NewAzureStore(
        options, bucket,
        {.clock = clock_,
         .environment = [this](const std::string& name) { return variables_[name]; },
         .identity_client = identity_,
         .sleep = [](std::chrono::milliseconds) {}});
  }
  static std::string File(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "new-azure-" + name;
    std::ofstream(path) << text;
    return path;
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  std::map<std::string, std::string> variables_;
  std::shared_ptr<FakeClient> identity_ = std::make_shared<FakeClient>();
};

TEST_F(NewAzureStoreTest, SignsByTheAccountsKey) {
  const auto store = New({.name = "mine", .account_key_file = File("key", "bm8gc2VjcmV0\n")});
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(store->name, "mine");
  EXPECT_TRUE(store->objects->is_remote());
  ASSERT_NE(store->signer, nullptr);
  std::string url;
  const auto urls = store->signer->Prepare(std::chrono::hours(1));
  ASSERT_THAT(urls, IsOk());
  ASSERT_THAT((*urls)->Append("az://lake@acme/x", url), IsOk());
  EXPECT_THAT(url, testing::StartsWith("https://acme.blob.core.windows.net/lake/x?sv="));
}

TEST_F(NewAzureStoreTest, AGivenSignatureReachesNoRecipient) {
  auto store = New({.name = "mine", .sas_token_file = File("sas", "sv=1&sig=x")});
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(store->signer, nullptr);
  EXPECT_EQ(store->name, "mine");
  store = New({.anonymous = true});
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(store->signer, nullptr);
}

TEST_F(NewAzureStoreTest, MissingIdentityIsFoundOutAtTheFirstRequestAndTellsWhatWasTried) {
  identity_->Add(400, R"({"error":"invalid_request","error_description":"Identity not found"})");
  const auto store = New({});
  ASSERT_THAT(store, IsOk());
  EXPECT_TRUE(identity_->asked().empty());
  const auto info = store->objects->Stat("az://lake@acme/x");
  ASSERT_THAT(info, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(info.error().detail, HasSubstr("AZURE_STORAGE_KEY is not set"));
  EXPECT_THAT(info.error().detail, HasSubstr("HTTP 400, invalid_request"));
  ASSERT_NE(store->signer, nullptr);
  EXPECT_THAT(store->signer->Prepare(std::chrono::hours(1)), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(NewAzureStoreTest, ContradictionsAreRefusedAtOnce) {
  EXPECT_THAT(New({.account_key_file = "/nowhere"}), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(New({}, "az://lake"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(New({.ca_file = "/nowhere"}), FailsWith(ErrorCode::kInvalidArgument));
}

/// A service that runs, with a blob in it.
class RunningAzure : public testing::Test {
 protected:
  void SetUp() override {
    if (Variable("SLUICE_TEST_AZURE").empty()) GTEST_SKIP() << "SLUICE_TEST_AZURE is not set";
    store_ = NewAzureStore(Options(), bucket_, Context(KeyVariables())).value();
    path_ = Format("{}/{}/a b+c=%.bin", bucket_, crypto::RandomToken(12));
    ASSERT_THAT(store_.objects->PutIfAbsent(path_, "0123456789"), IsOk());
  }

  static std::string Variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? "" : value;
  }
  static config::StoreOptions Options() {
    return {.endpoint = Variable("SLUICE_TEST_AZURE"), .ca_file = Variable("SLUICE_TEST_AZURE_CA")};
  }
  std::map<std::string, std::string> KeyVariables() const {
    return {{"AZURE_STORAGE_ACCOUNT", account_},
            {"AZURE_STORAGE_KEY", Variable("SLUICE_TEST_AZURE_KEY")}};
  }
  static std::shared_ptr<http::Client> Client() {
    return http::Client::New(
               {.ca_file = Variable("SLUICE_TEST_AZURE_CA"), .private_networks = {"127.0.0.0/8"}})
        .value();
  }
  CloudContext Context(std::map<std::string, std::string> variables) const {
    return {.clock = clock_,
            .environment =
                [variables](const std::string& name) {
                  const auto found = variables.find(name);
                  return found == variables.end() ? "" : found->second;
                },
            .identity_client = Client()};
  }
  std::string Sign(UrlSigner& signer, std::chrono::seconds lifetime = std::chrono::hours(1)) const {
    std::string url;
    const auto urls = signer.Prepare(lifetime);
    EXPECT_THAT(urls, IsOk());
    if (!urls.ok()) return url;
    EXPECT_THAT((*urls)->Append(path_, url), IsOk());
    return url;
  }
  static http::ClientResponse Ask(const std::string& url, const std::string& method = "GET",
                                  const std::string& range = "") {
    http::ClientRequest request{.method = method, .url = url};
    if (!range.empty()) request.headers.Add("Range", range);
    if (method == "PUT") request.headers.Add("x-ms-blob-type", "BlockBlob");
    auto answer = Client()->Send(request, {});
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? *answer : http::ClientResponse{};
  }
  static std::string Replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  }
  static void ExpectReadsThisAlone(const std::string& url) {
    EXPECT_EQ(Ask(url).body, "0123456789");
    EXPECT_EQ(Ask(url, "HEAD").status, 200);
    const auto part = Ask(url, "GET", "bytes=2-4");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "234");
    EXPECT_EQ(Ask(url, "PUT").status, 403);
    EXPECT_EQ(Ask(url, "DELETE").status, 403);
    EXPECT_EQ(Ask(Replaced(url, "sp=r", "sp=rw")).status, 403);
    EXPECT_EQ(Ask(Replaced(url, "a%20b", "a%20c")).status, 403);
    EXPECT_EQ(Ask(Replaced(url, "se=20", "se=21")).status, 403);
  }

  const SystemClock clock_;
  const std::string account_ = Variable("SLUICE_TEST_AZURE_ACCOUNT");
  const std::string bucket_ = Format("az://{}@{}", Variable("SLUICE_TEST_AZURE_BUCKET"), account_);
  Store store_;
  std::string path_;
};

TEST_F(RunningAzure, TakesUrlsSignedByTheAccountsKey) {
  ExpectReadsThisAlone(Sign(*store_.signer));
}

TEST_F(RunningAzure, RefusesUrlsThatHaveEnded) {
  const ManualClock yesterday(clock_.Now() - std::chrono::hours(24));
  const CloudContext context = Context(KeyVariables());
  const auto store =
      NewAzureStore(Options(), bucket_, {.clock = yesterday, .environment = context.environment});
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(Ask(Sign(*store->signer)).status, 403);
  EXPECT_EQ(Ask(Sign(*store->signer, std::chrono::hours(25))).status, 200);
}

TEST_F(RunningAzure, RefusesAWrongKeyByName) {
  auto variables = KeyVariables();
  variables["AZURE_STORAGE_KEY"] = "bm8gc2VjcmV0";
  const auto store = NewAzureStore(Options(), bucket_, Context(variables));
  ASSERT_THAT(store, IsOk());
  const auto info = store->objects->Stat(path_);
  ASSERT_THAT(info, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(store->objects->List({.directory = bucket_}),
              FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(RunningAzure, MissingContainerIsNotFound) {
  const std::string bucket = Format("az://{}@{}", "no-such-container", account_);
  const auto store = NewAzureStore(Options(), bucket, Context(KeyVariables()));
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(store->objects->List({.directory = bucket}), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store->objects->Stat(bucket + "/x"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(RunningAzure, IsReadByASignatureThatWasGiven) {
  const std::string url = Sign(*store_.signer);
  const auto store =
      NewAzureStore(Options(), bucket_,
                    Context({{"AZURE_STORAGE_ACCOUNT", account_},
                             {"AZURE_STORAGE_SAS_TOKEN", url.substr(url.find('?'))}}));
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(store->objects->ReadAll(path_, 100), IsOkAnd(std::string("0123456789")));
  EXPECT_THAT(store->objects->Stat(path_ + "2"), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(RunningAzure, IsReadByATokenAndTakesUrlsOfTheUsersKey) {
  std::map<std::string, std::string> variables;
  bool has_identity = false;
  for (const char* name :
       {"AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE", "AZURE_POD_IDENTITY_AUTHORITY_HOST"}) {
    variables[name] = Variable(name);
    has_identity = has_identity || !variables[name].empty();
  }
  if (!has_identity) GTEST_SKIP() << "no identity is set";
  const auto store = NewAzureStore(Options(), bucket_, Context(variables));
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(store->objects->ReadAll(path_, 100), IsOkAnd(std::string("0123456789")));
  const std::string url = Sign(*store->signer);
  EXPECT_THAT(url, HasSubstr("&skoid="));
  ExpectReadsThisAlone(url);
}

}  // namespace
}  // namespace sluice::storage
