#include "storage/azure/blob_service.h"

#include "base/testing.h"
#include "storage/fake_client_test_support.h"

namespace sluice::storage::azure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr SystemTime kTen{std::chrono::seconds(1'795'255'200)};  // 2026-11-21T10:00:00Z

class AzureService : public testing::Test {
 protected:
  BlobService& Service(std::unique_ptr<Authorizer> authorizer) {
    auto requests = std::make_shared<Requests>(
        Requests::Dependencies{
            .client = client_, .clock = clock_, .sleep = [](std::chrono::milliseconds) {}},
        RetryOptions{.max_attempts = 2});
    service_ = std::make_unique<BlobService>(
        BlobService::Parts{.url = "https://acme.blob.core.windows.net",
                           .authorizer = std::move(authorizer),
                           .requests = std::move(requests),
                           .clock = clock_});
    return *service_;
  }
  std::unique_ptr<Authorizer> Tokens() {
    return NewTokenAuthorizer(
        [this]() -> Result<Expiring<Secret>> {
          if (!has_tokens_) return Unavailable("no token today");
          return Expiring<Secret>{.value = Secret(Format("token-{}", ++tokens_)),
                                  .expires_at = clock_.Now() + std::chrono::hours(1)};
        },
        clock_);
  }
  int Get(BlobService& service) {
    const auto answer = service.Send({.path = "/lake/x"}, 100);
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? answer->status : 0;
  }
  std::vector<std::string> Sent(std::string_view header) const {
    std::vector<std::string> values;
    for (const auto& asked : client_->asked()) {
      values.emplace_back(HeaderIn(asked.request.headers, header));
    }
    return values;
  }

  std::shared_ptr<FakeClient> client_ = std::make_shared<FakeClient>();
  ManualClock clock_{kTen};
  bool has_tokens_ = true;
  int tokens_ = 0;
  std::unique_ptr<BlobService> service_;
};

TEST_F(AzureService, RequestsSayTheirTimeAndVersion) {
  client_->Add(200);
  EXPECT_EQ(Get(Service(NewAnonymousAuthorizer())), 200);
  EXPECT_EQ(client_->asked()[0].request.url, "https://acme.blob.core.windows.net/lake/x");
  EXPECT_THAT(Sent("x-ms-date"), ElementsAre("Sat, 21 Nov 2026 10:00:00 GMT"));
  EXPECT_THAT(Sent("x-ms-version"), ElementsAre("2023-11-03"));
  EXPECT_THAT(Sent("Authorization"), ElementsAre(""));
}

TEST_F(AzureService, EveryAttemptIsSignedForItsMoment) {
  client_->Add(503);
  client_->Add(200);
  client_->OnRequest([this] { clock_.Advance(std::chrono::seconds(10)); });
  const auto key = SharedKey::New("acme", Secret("bm8gc2VjcmV0"));
  EXPECT_EQ(Get(Service(NewSharedKeyAuthorizer(*key))), 200);
  EXPECT_THAT(Sent("x-ms-date"),
              ElementsAre("Sat, 21 Nov 2026 10:00:00 GMT", "Sat, 21 Nov 2026 10:00:10 GMT"));
  EXPECT_NE(Sent("Authorization")[0], Sent("Authorization")[1]);
  EXPECT_THAT(Sent("Authorization")[0], testing::StartsWith("SharedKey acme:"));
}

TEST_F(AzureService, TokenIsKeptUntilItEnds) {
  client_->Add(200);
  BlobService& service = Service(Tokens());
  Get(service);
  Get(service);
  clock_.Advance(std::chrono::minutes(56));
  Get(service);
  EXPECT_THAT(Sent("Authorization"),
              ElementsAre("Bearer token-1", "Bearer token-1", "Bearer token-2"));
}

TEST_F(AzureService, RefusedTokenIsReplacedOnce) {
  client_->Add(200);
  client_->Add(401);
  BlobService& service = Service(Tokens());
  Get(service);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(Get(service), 401);
  EXPECT_THAT(Sent("Authorization"),
              ElementsAre("Bearer token-1", "Bearer token-1", "Bearer token-2"));
}

TEST_F(AzureService, RequestWithoutACredentialIsNotSent) {
  has_tokens_ = false;
  const auto answer = Service(Tokens()).Send({.path = "/lake/x"}, 100);
  EXPECT_THAT(answer, FailsWith(ErrorCode::kUnavailable));
  EXPECT_TRUE(client_->asked().empty());
}

TEST_F(AzureService, LearnsTheTimeFromARefusal) {
  client_->Add(
      403, "",
      {{"x-ms-error-code", "AuthenticationFailed"}, {"Date", "Sat, 21 Nov 2026 12:00:00 GMT"}});
  client_->Add(200);
  const auto key = SharedKey::New("acme", Secret("bm8gc2VjcmV0"));
  BlobService& service = Service(NewSharedKeyAuthorizer(*key));
  EXPECT_EQ(Get(service), 200);
  EXPECT_THAT(Sent("x-ms-date"),
              ElementsAre("Sat, 21 Nov 2026 10:00:00 GMT", "Sat, 21 Nov 2026 12:00:00 GMT"));
  EXPECT_EQ(service.Now(), kTen + std::chrono::hours(2));
}

TEST_F(AzureService, TimeIsNotLearntFromOthers) {
  struct Case {
    std::string code;
    std::string date;
  };
  for (const Case& refusal : {Case{"AuthenticationFailed", "Sat, 21 Nov 2026 10:01:00 GMT"},
                              Case{"AuthenticationFailed", "Mon, 23 Nov 2026 10:00:00 GMT"},
                              Case{"AuthenticationFailed", "noon"},
                              Case{"AuthorizationFailure", "Sat, 21 Nov 2026 12:00:00 GMT"}}) {
    client_ = std::make_shared<FakeClient>();
    client_->Add(403, "", {{"x-ms-error-code", refusal.code}, {"Date", refusal.date}});
    BlobService& service = Service(NewAnonymousAuthorizer());
    EXPECT_EQ(Get(service), 403);
    EXPECT_EQ(service.Now(), kTen);
    EXPECT_EQ(client_->asked().size(), 1U);
  }
}

TEST_F(AzureService, SignatureGoesIntoTheQuery) {
  client_->Add(200);
  BlobService& service = Service(NewSasAuthorizer({.text = Secret("?sv=1&sig=a%3D")}, clock_));
  ASSERT_THAT(service.Send({.path = "/lake", .query = "comp=list"}, 100), IsOk());
  ASSERT_THAT(service.Send({.path = "/lake/x"}, 100), IsOk());
  EXPECT_EQ(client_->asked()[0].request.url,
            "https://acme.blob.core.windows.net/lake?comp=list&sv=1&sig=a%3D");
  EXPECT_EQ(client_->asked()[1].request.url,
            "https://acme.blob.core.windows.net/lake/x?sv=1&sig=a%3D");
}

TEST(SasTokenText, TellsItsEnd) {
  const auto sas = ReadSasToken({.text = Secret("sv=1&se=2026-11-21T10%3A00%3A00Z&sig=x")});
  ASSERT_THAT(sas, IsOk());
  EXPECT_EQ(sas->expires_at, kTen);
  EXPECT_EQ(ReadSasToken({.text = Secret("sv=1&sig=x")})->expires_at, std::nullopt);
}

TEST(SasTokenText, IsAQueryOrRefusedWithoutBeingRepeated) {
  for (const char* text : {"", "?", "s3cret", "s3cret=1#x", "s3cret=1\nX: y", "s3cret=1 2",
                           "https://acme/?s3cret=1"}) {
    const auto sas = ReadSasToken({.text = Secret(text)});
    ASSERT_THAT(sas, FailsWith(ErrorCode::kUnavailable)) << text;
    EXPECT_THAT(sas.error().ToString(), Not(HasSubstr("s3cret")));
  }
  EXPECT_THAT(ReadSasToken({.file = "/nowhere/sas"}), FailsWith(ErrorCode::kUnavailable));
}

TEST(AzureRefusal, OfAReaderNeverSaysThatSomethingExists) {
  http::Headers headers;
  headers.Add("x-ms-error-code", "BlobArchived");
  headers.Add("x-ms-request-id", "r-1");
  const Error error = RefusalOf(409, headers, "az://lake@acme/x");
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.detail, HasSubstr("az://lake@acme/x"));
  EXPECT_THAT(error.detail, HasSubstr("BlobArchived, request r-1"));
  EXPECT_EQ(RefusalOf(404, headers, "x").code, ErrorCode::kNotFound);
  http::Headers bad_credential;
  bad_credential.Add("x-ms-error-code", "InvalidAuthenticationInfo");
  EXPECT_EQ(RefusalOf(400, bad_credential, "x").code, ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace sluice::storage::azure
