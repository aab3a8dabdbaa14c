#include "storage/gcs/url_signer.h"

#include <fstream>
#include <thread>

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/rsa.h"
#include "storage/gcs/fake_google_test_support.h"
#include "storage/gcs/testing.h"
#include "storage/gcs/v4_signature.h"

namespace sluice::storage::gcs {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr SystemTime kTen{seconds(1'795'255'200)};  // 2026-11-21T10:00:00Z

class GoogleUrlSigner : public testing::Test {
 protected:
  std::unique_ptr<UrlSigner> New(const std::string& file_text, std::size_t max_kept_bytes = 1 << 20,
                                 bool anonymous = false) {
    const std::string path = Format("{}signer-{}.json", testing::TempDir(), ++files_);
    if (!file_text.empty()) std::ofstream(path) << file_text;
    CredentialSources sources = {.service_account_file = file_text.empty() ? "" : path,
                                 .anonymous = anonymous,
                                 .environment = [this](const std::string& name) {
                                   return name == "GCE_METADATA_HOST" ? google_.address() : "";
                                 }};
    const auto requests = FastRequests(clock_, {.max_attempts = 2});
    return NewGoogleUrlSigner(
        {.base_url = "https://storage.googleapis.com",
         .bucket = "bucket",
         .iam_url = google_.url(),
         .max_kept_bytes = max_kept_bytes},
        {.credentials = std::make_shared<Credentials>(std::move(sources), requests, clock_),
         .identity_requests = requests,
         .clock = clock_});
  }
  std::unique_ptr<UrlSigner> OfKey() { return New(ServiceAccountFile("https://unused.example")); }
  std::unique_ptr<UrlSigner> OfMachine() { return New(""); }

  static std::string Url(UrlSigner& signer, seconds lifetime, std::string_view path) {
    const auto urls = signer.Prepare(lifetime);
    if (!urls.ok()) return urls.error().ToString();
    std::string url;
    const Result<void> appended = (*urls)->Append(path, url);
    return appended.ok() ? url : appended.error().ToString();
  }

  /// Whether the link is signed by the test key for that object and time.
  static bool IsSigned(std::string_view url, std::string_view key, SystemTime at,
                       seconds lifetime) {
    const V4Signature request({.base_url = "https://storage.googleapis.com",
                               .bucket = "bucket",
                               .client_email = kTestEmail,
                               .signed_at = at,
                               .lifetime = lifetime});
    const auto verifier = crypto::RsaPublicKey::FromPem(crypto::kTestRsaPublicKey);
    const auto signer = crypto::RsaPrivateKey::FromPem(Secret(crypto::kTestRsaPrivateKey));
    const std::string to_sign = request.StringToSign(key);
    const std::string signature = *signer->SignSha256(to_sign);
    std::string expected;
    request.AppendUrl(key, signature, expected);
    return verifier->VerifySha256(to_sign, signature) && url == expected;
  }

  ManualClock clock_{kTen};
  FakeGoogle google_;
  int files_ = 0;
};

TEST_F(GoogleUrlSigner, KeySignsOnThisMachine) {
  const auto signer = OfKey();
  const auto urls = signer->Prepare(hours(1));
  ASSERT_THAT(urls, IsOk());
  EXPECT_EQ((*urls)->expires_at(), kTen + hours(1));
  std::string url;
  ASSERT_THAT((*urls)->Append("gs://bucket/p=1/a b.parquet", url), IsOk());
  EXPECT_THAT(url, StartsWith("https://storage.googleapis.com/bucket/p%3D1/a%20b.parquet?X-Goog-"));
  EXPECT_TRUE(IsSigned(url, "p=1/a b.parquet", kTen, hours(1))) << url;
  EXPECT_TRUE(google_.seen().empty());
}

TEST_F(GoogleUrlSigner, GoogleSignsForTheMachine) {
  google_.GiveToken("machine");
  const auto signer = OfMachine();
  const std::string url = Url(*signer, hours(1), "gs://bucket/x");
  EXPECT_TRUE(IsSigned(url, "x", kTen, hours(1))) << url;
  EXPECT_EQ(google_.CountOf(
                "/v1/projects/-/serviceAccounts/reader@project.iam.gserviceaccount.com:signBlob"),
            1);
}

TEST_F(GoogleUrlSigner, RepeatedQueryCostsNoRequest) {
  const auto signer = OfMachine();
  const std::string first = Url(*signer, hours(1), "gs://bucket/x");
  clock_.Advance(minutes(29));
  EXPECT_EQ(Url(*signer, hours(1), "gs://bucket/x"), first);
  const auto urls = signer->Prepare(hours(1));
  EXPECT_EQ((*urls)->expires_at(), kTen + hours(1));  // A link never lasts longer than it says.
  EXPECT_EQ(google_.CountOf(":signBlob"), 1);
  clock_.Advance(minutes(1));  // Half of its life is over.
  EXPECT_TRUE(IsSigned(Url(*signer, hours(1), "gs://bucket/x"), "x", kTen + minutes(30), hours(1)));
  EXPECT_EQ(google_.CountOf(":signBlob"), 2);
}

TEST_F(GoogleUrlSigner, EachLifetimeHasItsOwnLinks) {
  const auto signer = OfKey();
  EXPECT_TRUE(IsSigned(Url(*signer, hours(1), "gs://bucket/x"), "x", kTen, hours(1)));
  clock_.Advance(minutes(1));
  EXPECT_TRUE(IsSigned(Url(*signer, hours(2), "gs://bucket/x"), "x", kTen + minutes(1), hours(2)));
  EXPECT_TRUE(IsSigned(Url(*signer, hours(1), "gs://bucket/x"), "x", kTen, hours(1)));
  for (int i = 1; i <= 100; ++i) Url(*signer, seconds(i), "gs://bucket/x");
  EXPECT_TRUE(IsSigned(Url(*signer, hours(2), "gs://bucket/x"), "x", kTen + minutes(1), hours(2)));
}

TEST_F(GoogleUrlSigner, WhatDoesNotFitIsSignedEachTime) {
  const auto signer = New("", /*max_kept_bytes=*/1000);  // Room for two.
  for (int turn = 0; turn < 3; ++turn) {
    for (const char* name : {"a", "b", "c"}) {
      EXPECT_TRUE(
          IsSigned(Url(*signer, hours(1), Format("gs://bucket/{}", name)), name, kTen, hours(1)));
    }
  }
  EXPECT_EQ(google_.CountOf(":signBlob"), 2 + 3);
  clock_.Advance(minutes(30));  // The room is free again.
  Url(*signer, hours(1), "gs://bucket/c");
  Url(*signer, hours(1), "gs://bucket/c");
  EXPECT_EQ(google_.CountOf(":signBlob"), 2 + 3 + 1);
}

TEST_F(GoogleUrlSigner, LinksOutliveTheSigner) {
  auto signer = OfMachine();
  const auto urls = signer->Prepare(hours(1));
  ASSERT_THAT(urls, IsOk());
  signer.reset();
  std::string url;
  EXPECT_THAT((*urls)->Append("gs://bucket/x", url), IsOk());
}

TEST_F(GoogleUrlSigner, GooglesOwnKeyPromisesTwelveHours) {
  const auto signer = OfMachine();
  EXPECT_EQ((*signer->Prepare(hours(24)))->expires_at(), kTen + hours(12));
  EXPECT_EQ((*OfKey()->Prepare(hours(24)))->expires_at(), kTen + hours(24));
}

TEST_F(GoogleUrlSigner, ServiceThatDoesNotSignIsUnavailable) {
  const auto signer = OfMachine();
  google_.SetIntercept([](const http::Request& request) -> std::optional<http::Response> {
    if (!request.path.ends_with(":signBlob")) return std::nullopt;
    return JsonResponse(403, R"({"error":{"code":403,"message":"signBlob denied"}})");
  });
  const auto urls = signer->Prepare(hours(1));
  ASSERT_THAT(urls, IsOk());
  std::string url = "before";
  const Result<void> appended = (*urls)->Append("gs://bucket/x", url);
  ASSERT_THAT(appended, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(appended.error().detail, HasSubstr("signBlob denied"));
  EXPECT_THAT(appended.error().ToString(), Not(HasSubstr("token-1")));
  EXPECT_EQ(url, "before");
  for (const char* body : {"{}", "[]", R"({"signedBlob":""})", R"({"signedBlob":"?"})"}) {
    google_.SetIntercept([body](const http::Request&) { return JsonResponse(200, body); });
    EXPECT_THAT((*urls)->Append("gs://bucket/x", url), FailsWith(ErrorCode::kUnavailable)) << body;
  }
}

TEST_F(GoogleUrlSigner, PersonSignsNothing) {
  const auto urls = New(AuthorizedUserFile("https://unused.example"))->Prepare(hours(1));
  ASSERT_THAT(urls, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(urls.error().detail, HasSubstr("sign no links"));
}

TEST_F(GoogleUrlSigner, LinksOfAPublicStoreArePlain) {
  const auto signer = New("", 1 << 20, /*anonymous=*/true);
  EXPECT_EQ(Url(*signer, hours(1), "gs://bucket/a b/c"),
            "https://storage.googleapis.com/bucket/a%20b/c");
  EXPECT_EQ((*signer->Prepare(hours(1)))->expires_at(), kTen + hours(1));
}

TEST_F(GoogleUrlSigner, LifetimeHasGooglesBounds) {
  const auto signer = OfKey();
  EXPECT_THAT(signer->Prepare(seconds(0)), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(signer->Prepare(seconds(604'801)), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(signer->Prepare(seconds(604'800)), IsOk());
}

TEST_F(GoogleUrlSigner, ThreadsShareTheLinksOfAnAnswer) {
  const auto signer = OfKey();
  const auto urls = signer->Prepare(hours(1));
  ASSERT_THAT(urls, IsOk());
  std::vector<std::string> texts(4);
  std::vector<std::thread> threads;
  for (std::string& text : texts) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        EXPECT_THAT((*urls)->Append(Format("gs://bucket/{}", i), text), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) EXPECT_EQ(text, texts.front());
}

}  // namespace
}  // namespace sluice::storage::gcs
