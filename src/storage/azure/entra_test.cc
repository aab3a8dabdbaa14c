#include "storage/azure/entra.h"

#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "storage/fake_client_test_support.h"

namespace sluice::storage::azure {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kToken[] = R"({"token_type":"Bearer","expires_in":3599,"access_token":"e.y.J"})";

class Entra : public testing::Test {
 protected:
  Result<Expiring<Secret>> Fetch(const EntraApplication& application) {
    return FetchToken(application, requests_, clock_);
  }
  Result<Expiring<Secret>> Fetch(const ManagedIdentity& identity) {
    return FetchToken(identity, requests_, clock_);
  }
  Requests::Dependencies Dependencies() const {
    return {.client = client_, .clock = clock_, .sleep = [](std::chrono::milliseconds) {}};
  }
  static EntraApplication Application() {
    return {.authority = "https://login.example.com",
            .tenant_id = "tenant 1",
            .client_id = "app",
            .secret = Secret("s3cret&=")};
  }

  std::shared_ptr<FakeClient> client_ = std::make_shared<FakeClient>();
  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  Requests requests_{Dependencies(), {.max_attempts = 2}};
};

TEST_F(Entra, GivesAnApplicationATokenForItsSecret) {
  client_->Add(200, kToken);
  const auto token = Fetch(Application());
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->value.Reveal(), "e.y.J");
  EXPECT_EQ(token->expires_at, clock_.Now() + std::chrono::seconds(3599));
  const auto& asked = client_->asked()[0];
  EXPECT_EQ(asked.request.method, "POST");
  EXPECT_EQ(asked.request.url, "https://login.example.com/tenant%201/oauth2/v2.0/token");
  EXPECT_EQ(asked.body,
            "grant_type=client_credentials&client_id=app&scope=https%3A%2F%2Fstorage.azure.com%2F"
            ".default&client_secret=s3cret%26%3D");
}

TEST_F(Entra, GivesAnApplicationATokenForItsFederatedOne) {
  const std::string path = testing::TempDir() + "federated";
  std::ofstream(path) << "first.jwt\n";
  EntraApplication application = Application();
  application.federated_token_file = path;
  client_->Add(200, kToken);
  ASSERT_THAT(Fetch(application), IsOk());
  EXPECT_THAT(client_->asked()[0].body,
              HasSubstr("&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                        "client-assertion-type%3Ajwt-bearer&client_assertion=first.jwt"));
  EXPECT_THAT(client_->asked()[0].body, Not(HasSubstr("client_secret")));
  std::ofstream(path) << "second.jwt\n";
  ASSERT_THAT(Fetch(application), IsOk());
  EXPECT_THAT(client_->asked()[1].body, HasSubstr("client_assertion=second.jwt"));
  std::filesystem::remove(path);
  EXPECT_THAT(Fetch(application), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(Entra, RefusalIsTheCodeAlone) {
  client_->Add(
      401,
      R"({"error":"invalid_client","error_description":"AADSTS7000215: Bad s3cret.\nTrace ID"})");
  const auto token = Fetch(Application());
  ASSERT_THAT(token, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(token.error().detail, HasSubstr("HTTP 401, invalid_client AADSTS7000215"));
  EXPECT_THAT(token.error().ToString(), Not(HasSubstr("s3cret")));
}

TEST_F(Entra, IsAskedAgainIfItIsBusy) {
  client_->Add(429, "", {{"Retry-After", "1"}});
  client_->Add(200, kToken);
  EXPECT_THAT(Fetch(Application()), IsOk());
}

TEST_F(Entra, MetadataServiceGivesTheMachinesToken) {
  client_->Add(200, R"({"access_token":"e.y.J","expires_in":"86399","resource":"x"})");
  ManagedIdentity identity{.endpoint = "http://169.254.169.254"};
  const auto token = Fetch(identity);
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->expires_at, clock_.Now() + std::chrono::seconds(86399));
  const auto& request = client_->asked()[0].request;
  EXPECT_EQ(request.url,
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
            "&resource=https%3A%2F%2Fstorage.azure.com%2F");
  ASSERT_NE(request.headers.Find("Metadata"), nullptr);
  EXPECT_EQ(*request.headers.Find("Metadata"), "true");
  identity.client_id = "mine";
  ASSERT_THAT(Fetch(identity), IsOk());
  EXPECT_THAT(client_->asked()[1].request.url, testing::EndsWith("&client_id=mine"));
}

TEST_F(Entra, AnswerThatHoldsNoTokenIsRefusedWithoutBeingRepeated) {
  for (const char* body :
       {"", "[]", "s3cret", R"({"access_token":"s3cret"})", R"({"expires_in":1})",
        R"({"access_token":"","expires_in":1})", R"({"access_token":7,"expires_in":1})",
        R"({"access_token":"s3cret","expires_in":0})",
        R"({"access_token":"s3cret","expires_in":"x"})",
        R"({"access_token":"s3cret\r\nX: y","expires_in":9})"}) {
    const auto token = ParseTokenAnswer(body, clock_.Now());
    ASSERT_THAT(token, FailsWith(ErrorCode::kUnavailable)) << body;
    EXPECT_THAT(token.error().ToString(), Not(HasSubstr("s3cret")));
  }
}

TEST_F(Entra, TokenThatNeverEndsStillHasAnEnd) {
  const auto token =
      ParseTokenAnswer(R"({"access_token":"t","expires_in":9223372036854775807})", clock_.Now());
  ASSERT_THAT(token, IsOk());
  EXPECT_GT(token->expires_at, clock_.Now());
}

}  // namespace
}  // namespace sluice::storage::azure
