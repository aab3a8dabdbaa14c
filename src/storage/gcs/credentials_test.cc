#include "storage/gcs/credentials.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/encoding.h"
#include "base/testing.h"
#include "storage/gcs/fake_google_test_support.h"
#include "storage/gcs/testing.h"

namespace sluice::storage::gcs {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class GoogleCredentials : public testing::Test {
 protected:
  GoogleCredentials() {
    std::string pattern = testing::TempDir() + "google-XXXXXX";
    root_ = mkdtemp(pattern.data());
    environment_["GCE_METADATA_HOST"] = google_.address();
  }
  ~GoogleCredentials() override { std::filesystem::remove_all(root_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = std::filesystem::path(root_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  CredentialSources Sources(const std::string& file = "") {
    return {.service_account_file = file,
            .environment = [this](const std::string& name) { return environment_[name]; }};
  }
  std::unique_ptr<Credentials> New(const CredentialSources& sources) {
    return std::make_unique<Credentials>(sources, FastRequests(clock_, {.max_attempts = 2}),
                                         clock_);
  }
  std::string TokenUri() const { return google_.url() + "/token"; }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  FakeGoogle google_;
  std::string root_;
  std::map<std::string, std::string> environment_;
};

TEST_F(GoogleCredentials, ServiceAccountAsksByASignedClaim) {
  const auto credentials = New(Sources(Write("key.json", ServiceAccountFile(TokenUri()))));
  const auto authorization = credentials->Authorization();
  ASSERT_THAT(authorization, IsOk());
  EXPECT_EQ(authorization->Reveal(), "Bearer token-1");
  ASSERT_EQ(google_.seen().size(), 1U);
  const std::string body = google_.seen().front().body;
  const std::string jwt = body.substr(body.find("assertion=") + 10);
  EXPECT_EQ(*Base64UrlDecode(jwt.substr(0, jwt.find('.'))),
            R"({"alg":"RS256","typ":"JWT","kid":"key-1"})");
  const std::string claims = jwt.substr(jwt.find('.') + 1, jwt.rfind('.') - jwt.find('.') - 1);
  EXPECT_EQ(
      *Base64UrlDecode(claims),
      Format(R"({{"iss":"{}","scope":"https://www.googleapis.com/auth/devstorage.read_write",)"
             R"("aud":"{}","iat":1795255200,"exp":1795258800}})",
             kTestEmail, TokenUri()));
}

TEST_F(GoogleCredentials, TokenToBeDownscopedHasTheBroadScope) {
  const auto credentials = New(Sources(Write("key.json", ServiceAccountFile(TokenUri()))));
  const auto token = credentials->PlatformToken();
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->value.Reveal(), "token-1");
  EXPECT_EQ(token->expires_at, clock_.Now() + std::chrono::hours(1));
  const std::string body = google_.seen().front().body;
  const std::size_t claims = body.find('.') + 1;
  EXPECT_THAT(*Base64UrlDecode(body.substr(claims, body.rfind('.') - claims)),
              HasSubstr(R"("scope":"https://www.googleapis.com/auth/cloud-platform")"));
}

TEST_F(GoogleCredentials, PersonAsksByARefreshToken) {
  const auto credentials = New(Sources(Write("user.json", AuthorizedUserFile(TokenUri()))));
  EXPECT_EQ(credentials->Authorization()->Reveal(), "Bearer token-1");
  EXPECT_EQ(google_.seen().front().body,
            "grant_type=refresh_token&client_id=client&client_secret=sec%26ret"
            "&refresh_token=1%2F%2Frefresh");
}

TEST_F(GoogleCredentials, MachineIsAskedWithGooglesHeader) {
  const auto credentials = New(Sources());
  EXPECT_EQ(credentials->Authorization()->Reveal(), "Bearer token-1");
  EXPECT_THAT(credentials->MachineEmail(), IsOkAnd(std::string(kTestEmail)));
  EXPECT_THAT(credentials->MachineEmail(), IsOk());
  EXPECT_EQ(google_.seen().size(), 2U);
  EXPECT_EQ(*google_.seen().front().headers.Find("Metadata-Flavor"), "Google");
}

TEST_F(GoogleCredentials, OtherServerInTheMachinesPlaceIsRefused) {
  google_.SetIntercept([](const http::Request&) {
    return JsonResponse(200, R"({"access_token":"forged","expires_in":3600})");
  });
  const auto authorization = New(Sources())->Authorization();
  ASSERT_THAT(authorization, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(authorization.error().detail, HasSubstr("not Google's metadata server"));
}

TEST_F(GoogleCredentials, TheFirstSourceCounts) {
  const std::string account = ServiceAccountFile(TokenUri());
  const std::string user = AuthorizedUserFile(TokenUri());
  const auto is_person = [](const Result<FoundAccount>& found) {
    return std::holds_alternative<AuthorizedUser>(found->account);
  };
  environment_["HOME"] = root_;
  EXPECT_TRUE(std::holds_alternative<MachineAccount>(FindAccount(Sources())->account));
  Write(".config/gcloud/application_default_credentials.json", user);
  EXPECT_TRUE(is_person(FindAccount(Sources())));
  environment_["CLOUDSDK_CONFIG"] = root_ + "/other";
  EXPECT_FALSE(is_person(FindAccount(Sources())));
  Write("other/application_default_credentials.json", user);
  EXPECT_TRUE(is_person(FindAccount(Sources())));
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = Write("named.json", account);
  EXPECT_FALSE(is_person(FindAccount(Sources())));
  EXPECT_TRUE(is_person(FindAccount(Sources(Write("user.json", user)))));
}

TEST_F(GoogleCredentials, FileThatIsNamedMustBeOfUse) {
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = root_ + "/none.json";
  EXPECT_THAT(FindAccount(Sources()), FailsWith(ErrorCode::kNotFound));
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] =
      Write("external.json", R"({"type":"external_account","audience":"x"})");
  const auto authorization = New(Sources())->Authorization();
  ASSERT_THAT(authorization, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(authorization.error().detail,
              AllOf(HasSubstr("external_account are not supported"), HasSubstr("external.json")));
  environment_["GOOGLE_APPLICATION_CREDENTIALS"] = "";
  environment_["CLOUDSDK_CONFIG"] = root_;
  Write("application_default_credentials.json", "{}");
  EXPECT_THAT(FindAccount(Sources()), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(GoogleCredentials, NobodyAsksForAPublicStoreOrAnEmulator) {
  CredentialSources sources = Sources();
  sources.anonymous = true;
  EXPECT_TRUE(New(sources)->Authorization()->empty());
  sources = Sources(Write("key.json", ServiceAccountFile(TokenUri())));
  sources.is_emulator = true;
  EXPECT_TRUE(New(sources)->Authorization()->empty());
  EXPECT_TRUE(std::holds_alternative<ServiceAccount>(FindAccount(sources)->account));
  sources.service_account_file = Write("user.json", AuthorizedUserFile(TokenUri()));
  EXPECT_TRUE(std::holds_alternative<Anonymous>(FindAccount(sources)->account));
  EXPECT_TRUE(google_.seen().empty());
}

TEST_F(GoogleCredentials, ErrorListsWhatWasTriedWithoutSecrets) {
  environment_["HOME"] = root_;
  google_.SetIntercept([](const http::Request&) { return JsonResponse(404, "no such machine"); });
  const auto machine = New(Sources())->Authorization();
  ASSERT_THAT(machine, FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(machine.error().message, "the store's credentials cannot be had");
  EXPECT_THAT(machine.error().detail,
              AllOf(HasSubstr("service_account_file: not set"),
                    HasSubstr("GOOGLE_APPLICATION_CREDENTIALS: not set"),
                    HasSubstr("application_default_credentials.json: not there"),
                    HasSubstr(google_.address()), HasSubstr("status 404")));
  google_.SetIntercept([](const http::Request&) {
    return JsonResponse(400, R"({"error":"invalid_grant","error_description":"expired"})");
  });
  for (const auto& file : {AuthorizedUserFile(TokenUri()), ServiceAccountFile(TokenUri())}) {
    const auto refused = New(Sources(Write("x.json", file)))->Authorization();
    ASSERT_THAT(refused, FailsWith(ErrorCode::kUnavailable));
    EXPECT_THAT(refused.error().detail, HasSubstr("invalid_grant expired"));
    EXPECT_THAT(refused.error().ToString(), AllOf(Not(HasSubstr("refresh")), Not(HasSubstr("sec")),
                                                  Not(HasSubstr("assertion"))));
  }
}

TEST_F(GoogleCredentials, TokenIsRenewedBeforeItEnds) {
  const auto credentials = New(Sources());
  EXPECT_EQ(credentials->Authorization()->Reveal(), "Bearer token-1");
  google_.GiveToken("token-2");
  clock_.Advance(std::chrono::minutes(54));
  EXPECT_EQ(credentials->Authorization()->Reveal(), "Bearer token-1");
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(credentials->Authorization()->Reveal(), "Bearer token-2");
}

TEST_F(GoogleCredentials, TokenThatHoldsOutlastsAServiceThatFails) {
  const auto credentials = New(Sources());
  EXPECT_EQ(credentials->Authorization()->Reveal(), "Bearer token-1");
  google_.SetIntercept([](const http::Request&) { return JsonResponse(500, ""); });
  clock_.Advance(std::chrono::minutes(58));
  EXPECT_EQ(credentials->Authorization()->Reveal(), "Bearer token-1");
  clock_.Advance(std::chrono::minutes(3));
  EXPECT_THAT(credentials->Authorization(), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(GoogleCredentials, NewKeyIsFound) {
  const auto credentials = New(Sources(Write("key.json", ServiceAccountFile(TokenUri()))));
  EXPECT_TRUE(std::holds_alternative<ServiceAccount>((*credentials->Find())->value.account));
  Write("key.json", AuthorizedUserFile(TokenUri()));
  clock_.Advance(std::chrono::minutes(6));
  EXPECT_TRUE(std::holds_alternative<AuthorizedUser>((*credentials->Find())->value.account));
}

TEST_F(GoogleCredentials, MachineWithoutAServiceAccountCannotTellItsAddress) {
  google_.SetIntercept([](const http::Request&) {
    http::Response response = JsonResponse(200, "project.svc.id.goog");
    response.headers.Add("Metadata-Flavor", "Google");
    return response;
  });
  EXPECT_THAT(New(Sources())->MachineEmail(), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::storage::gcs
