#include "base/testing.h"
#include "storage/s3/s3_store.h"
#include "storage/s3/testing.h"

namespace sluice::storage::s3 {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

class S3UrlSigner : public BucketTest {
 protected:
  std::string UrlOf(std::string_view path) {
    const auto urls = NewUrlSigner(NewBucket())->Prepare(hours(1));
    if (!urls.ok()) return urls.error().ToString();
    std::string url;
    const auto appended = (*urls)->Append(path, url);
    return appended.ok() ? url : appended.error().ToString();
  }
};

TEST_F(S3UrlSigner, SignsForThePublicEndpoint) {
  EXPECT_THAT(UrlOf("s3://lake/a b"), StartsWith("http://store:9000/lake/a%20b?X-Amz-Algorithm="));
  terms_.service.public_endpoint = "https://data.example.com";
  EXPECT_THAT(UrlOf("s3://lake/a b"), StartsWith("https://data.example.com/lake/a%20b?X-Amz-"));
}

TEST_F(S3UrlSigner, LifetimeIsFromASecondToSevenDays) {
  const auto signer = NewUrlSigner(NewBucket());
  const auto lives = [&](seconds lifetime) {
    return (*signer->Prepare(lifetime))->expires_at() - clock_.Now();
  };
  EXPECT_EQ(lives(seconds(-1)), seconds(1));
  EXPECT_EQ(lives(hours(2)), hours(2));
  EXPECT_EQ(lives(kMaxUrlLifetime), kMaxUrlLifetime);
  EXPECT_EQ(lives(kMaxUrlLifetime + seconds(1)), kMaxUrlLifetime);
}

TEST_F(S3UrlSigner, UrlDoesNotClaimToOutliveItsCredential) {
  credentials_ = KeyNamed("ASIA1", clock_.Now() + minutes(20));
  const auto signer = NewUrlSigner(NewBucket());
  const auto urls = signer->Prepare(hours(1));
  ASSERT_THAT(urls, IsOk());
  EXPECT_EQ((*urls)->expires_at(), clock_.Now() + minutes(20));
  std::string url;
  EXPECT_THAT((*urls)->Append("s3://lake/x", url), IsOk());
  EXPECT_THAT(url, HasSubstr("&X-Amz-Expires=1200&"));
}

TEST_F(S3UrlSigner, ExpiredCredentialSignsNothing) {
  credentials_ = KeyNamed("ASIA1", clock_.Now());
  EXPECT_THAT(NewUrlSigner(NewBucket())->Prepare(hours(1)), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(S3UrlSigner, PublicObjectsHavePlainUrls) {
  terms_.is_anonymous = true;
  EXPECT_EQ(UrlOf("s3://lake/a b"), "http://store:9000/lake/a%20b");
  EXPECT_EQ(fetches_, 0);
}

TEST_F(S3UrlSigner, RequesterPaysIsPartOfTheUrl) {
  terms_.requester_pays = true;
  EXPECT_THAT(UrlOf("s3://lake/x"), HasSubstr("&x-amz-request-payer=requester&X-Amz-Signature="));
}

TEST_F(S3UrlSigner, OtherBucketsAreRefused) {
  EXPECT_THAT(UrlOf("s3://other/x"), StartsWith("invalid_argument"));
}

TEST_F(S3UrlSigner, UrlsAreSignedForWhatTheAnswersTaught) {
  client_->Add(400, ErrorXml("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"));
  client_->Add(200);
  const auto bucket = NewBucket();
  ASSERT_THAT(bucket->Send({.key = "x"}, 0), IsOk());
  const auto urls = NewUrlSigner(bucket)->Prepare(hours(1));
  std::string url;
  ASSERT_THAT((*urls)->Append("s3://lake/x", url), IsOk());
  EXPECT_THAT(url, HasSubstr("%2Feu-west-1%2Fs3%2F"));
}

}  // namespace
}  // namespace sluice::storage::s3
