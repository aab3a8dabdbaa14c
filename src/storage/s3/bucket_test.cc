#include "storage/s3/bucket.h"

#include "base/testing.h"
#include "storage/s3/testing.h"

namespace sluice::storage::s3 {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::uint64_t kPlenty = 1 << 20;

TEST_F(BucketTest, RequestsAreSignedForTheObject) {
  client_->Add(200, "bytes");
  const auto answer = NewBucket()->Send({.key = "a b/c"}, kPlenty);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "bytes");
  EXPECT_EQ(Url(0), "http://store:9000/lake/a%20b/c");
  EXPECT_THAT(Header(0, "Authorization"),
              StartsWith("AWS4-HMAC-SHA256 Credential=AKIA1/20261121/us-east-1/s3/aws4_request, "
                         "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="));
}

TEST_F(BucketTest, AnonymousRequestsAreNotSigned) {
  terms_.is_anonymous = true;
  client_->Add(200);
  EXPECT_THAT(NewBucket()->Send({.key = "x"}, kPlenty), IsOk());
  EXPECT_EQ(Header(0, "Authorization"), "");
  EXPECT_EQ(fetches_, 0);
}

TEST_F(BucketTest, RequesterPaysEverywhere) {
  terms_.requester_pays = true;
  client_->Add(200);
  EXPECT_THAT(NewBucket()->Send({.query = {{"list-type", "2"}}}, kPlenty), IsOk());
  EXPECT_EQ(Header(0, "x-amz-request-payer"), "requester");
  EXPECT_THAT(Header(0, "Authorization"), HasSubstr("x-amz-request-payer"));
}

TEST_F(BucketTest, CustomerKeyGoesWithObjectsAlone) {
  terms_.customer_key = Secret("0123456789abcdef0123456789abcdef");
  client_->Add(200);
  const auto bucket = NewBucket();
  EXPECT_THAT(bucket->Send({.method = "HEAD", .key = "x"}, kPlenty), IsOk());
  EXPECT_THAT(bucket->Send({.query = {{"list-type", "2"}}}, kPlenty), IsOk());
  EXPECT_EQ(Header(0, "x-amz-server-side-encryption-customer-algorithm"), "AES256");
  EXPECT_EQ(Header(0, "x-amz-server-side-encryption-customer-key"),
            "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  // md5sum of the key, as base64.
  EXPECT_EQ(Header(0, "x-amz-server-side-encryption-customer-key-MD5"), "hRasmdxgYDKV3nvbahU1MA==");
  EXPECT_EQ(Header(1, "x-amz-server-side-encryption-customer-key"), "");
}

TEST_F(BucketTest, KmsKeyGoesWithWhatIsWritten) {
  terms_.kms_key_id = "key-1";
  client_->Add(200);
  const auto bucket = NewBucket();
  EXPECT_THAT(bucket->Send({.method = "PUT", .key = "x"}, kPlenty), IsOk());
  EXPECT_THAT(bucket->Send({.key = "x"}, kPlenty), IsOk());
  EXPECT_EQ(Header(0, "x-amz-server-side-encryption"), "aws:kms");
  EXPECT_EQ(Header(0, "x-amz-server-side-encryption-aws-kms-key-id"), "key-1");
  EXPECT_EQ(Header(1, "x-amz-server-side-encryption"), "");
}

TEST_F(BucketTest, RegionIsLearnedOnce) {
  client_->Add(400, ErrorXml("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"));
  client_->Add(200);
  const auto bucket = NewBucket();
  EXPECT_EQ(bucket->Send({.key = "x"}, kPlenty)->status, 200);
  EXPECT_EQ(bucket->Send({.key = "x"}, kPlenty)->status, 200);
  ASSERT_EQ(client_->asked().size(), 3U);
  EXPECT_THAT(Header(0, "Authorization"), HasSubstr("/us-east-1/s3/"));
  EXPECT_THAT(Header(1, "Authorization"), HasSubstr("/eu-west-1/s3/"));
  EXPECT_THAT(Header(2, "Authorization"), HasSubstr("/eu-west-1/s3/"));
  EXPECT_EQ(Url(1), "http://store:9000/lake/x");
}

TEST_F(BucketTest, RedirectLeadsToAmazonsHostOfTheRegionAndNowhereElse) {
  terms_.service.endpoint.clear();
  client_->Add(301, ErrorXml("PermanentRedirect",
                             "<Endpoint>lake.s3-eu-west-1.amazonaws.com"
                             "</Endpoint>"));
  client_->Add(307, "", {{"Location", "https://evil.example.com/s3.eu-west-2.amazonaws.com"}});
  const auto answer = NewBucket()->Send({.key = "x"}, kPlenty);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->status, 307);
  ASSERT_EQ(client_->asked().size(), 2U);
  EXPECT_EQ(Url(0), "https://lake.s3.us-east-1.amazonaws.com/x");
  EXPECT_EQ(Url(1), "https://lake.s3.eu-west-1.amazonaws.com/x");
}

TEST_F(BucketTest, RegionThatIsNoneIsNotFollowed) {
  client_->Add(301, "", {{"x-amz-bucket-region", "evil.example.com/"}});
  EXPECT_EQ(NewBucket()->Send({.key = "x"}, kPlenty)->status, 301);
  EXPECT_EQ(client_->asked().size(), 1U);
}

TEST_F(BucketTest, RegionsThatContradictEachOtherComeToAnEnd) {
  for (int i = 0; i < 10; ++i) {
    client_->Add(301, "", {{"x-amz-bucket-region", i % 2 == 0 ? "eu-west-1" : "us-east-1"}});
  }
  EXPECT_EQ(NewBucket()->Send({.key = "x"}, kPlenty)->status, 301);
  EXPECT_EQ(client_->asked().size(), 4U);
}

TEST_F(BucketTest, ClockOfTheStoreCountsIfItSaysSo) {
  client_->Add(403, ErrorXml("RequestTimeTooSkewed"), {{"Date", "Sat, 21 Nov 2026 05:00:00 GMT"}});
  client_->Add(200);
  const auto bucket = NewBucket();
  EXPECT_EQ(bucket->Send({.key = "x"}, kPlenty)->status, 200);
  EXPECT_EQ(Header(0, "X-Amz-Date"), "20261121T000000Z");
  EXPECT_EQ(Header(1, "X-Amz-Date"), "20261121T050000Z");
  EXPECT_EQ(bucket->Now() - clock_.Now(), std::chrono::hours(5));
}

TEST_F(BucketTest, ClockIsNotCorrectedByMoreThanADayOrToWhereItIs) {
  for (const char* date :
       {"Fri, 27 Nov 2026 00:00:00 GMT", "Sat, 21 Nov 2026 00:00:10 GMT", "no"}) {
    client_ = std::make_shared<FakeClient>();
    client_->Add(403, ErrorXml("RequestTimeTooSkewed"), {{"Date", date}});
    const auto bucket = NewBucket();
    const auto answer = bucket->Send({.key = "x"}, kPlenty);
    EXPECT_EQ(answer->status, 403);
    EXPECT_EQ(client_->asked().size(), 1U) << date;
  }
}

TEST_F(BucketTest, WrongClockIsNamedInTheDetail) {
  client_->Add(403, ErrorXml("RequestTimeTooSkewed"), {{"Date", "Thu, 19 Nov 2026 00:00:00 GMT"}});
  const auto bucket = NewBucket();
  const auto answer = bucket->Send({.key = "x"}, kPlenty);
  EXPECT_THAT(bucket->RefusalError(*answer, "x").detail,
              HasSubstr("clock is 172800 s ahead of the store's"));
}

TEST_F(BucketTest, RefusedCredentialsAreFetchedAnew) {
  client_->Add(200);
  client_->Add(400, ErrorXml("ExpiredToken"));
  client_->Add(200);
  const auto bucket = NewBucket();
  EXPECT_EQ(bucket->Send({.key = "x"}, kPlenty)->status, 200);
  clock_.Advance(std::chrono::minutes(1));
  credentials_ = KeyNamed("AKIA2");
  EXPECT_EQ(bucket->Send({.key = "x"}, kPlenty)->status, 200);
  ASSERT_EQ(client_->asked().size(), 3U);
  EXPECT_THAT(Header(2, "Authorization"), HasSubstr("AKIA2"));
}

TEST_F(BucketTest, CredentialsThatDoNotChangeAreNotTriedAgain) {
  client_->Add(403, ErrorXml("InvalidAccessKeyId"));
  const auto bucket = NewBucket();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket->Send({.key = "x"}, kPlenty)->status, 403);
  EXPECT_EQ(client_->asked().size(), 3U);
  EXPECT_EQ(fetches_, 1);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(bucket->Send({.key = "x"}, kPlenty)->status, 403);
  EXPECT_EQ(client_->asked().size(), 4U);
  EXPECT_EQ(fetches_, 2);
}

TEST_F(BucketTest, RefusedHeadIsAskedForItsReason) {
  client_->Add(403);
  client_->Add(403, ErrorXml("AccessDenied"));
  const auto bucket = NewBucket();
  const auto answer = bucket->Send({.method = "HEAD", .key = "x"}, 0);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(Method(1), "GET");
  EXPECT_EQ(Header(1, "Range"), "bytes=0-0");
  const Error error = bucket->RefusalError(*answer, "x");
  EXPECT_EQ(error.code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(error.detail, HasSubstr("s3://lake/x"));
  EXPECT_THAT(error.detail, HasSubstr("AccessDenied: because"));
  EXPECT_THAT(error.message, Not(HasSubstr("lake")));
}

TEST_F(BucketTest, MissingObjectsAreNotAskedForAReasonOnceTheStoreKnowsUs) {
  client_->Add(200);
  client_->Add(404);
  const auto bucket = NewBucket();
  EXPECT_EQ(bucket->Send({.query = {{"list-type", "2"}}}, kPlenty)->status, 200);
  EXPECT_EQ(bucket->Send({.method = "HEAD", .key = "x"}, 0)->status, 404);
  EXPECT_EQ(client_->asked().size(), 2U);
}

TEST_F(BucketTest, StoreThatIsDownIsNotAskedForAReason) {
  client_->Add(503);
  EXPECT_EQ(NewBucket()->Send({.method = "HEAD", .key = "x"}, 0)->status, 503);
  EXPECT_EQ(client_->asked().size(), 5U);  // the attempts of one request
}

TEST_F(BucketTest, UnknownUserIsNotAMissingObject) {
  client_->Add(404);
  client_->Add(404, ErrorXml("XAdminUserNotFound"));
  const auto bucket = NewBucket();
  const auto answer = bucket->Send({.method = "HEAD", .key = "x"}, 0);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(bucket->RefusalError(*answer, "x").code, ErrorCode::kPermissionDenied);
}

TEST_F(BucketTest, RefusalTellsWhatIsMissing) {
  const auto bucket = NewBucket();
  for (const char* code : {"NoSuchKey", "NoSuchBucket"}) {
    const Error error = bucket->RefusalError({.status = 404, .body = ErrorXml(code)}, "x");
    EXPECT_EQ(error.code, ErrorCode::kNotFound);
    EXPECT_THAT(error.detail, HasSubstr(code));
  }
}

TEST_F(BucketTest, RefusalsOfDownloadsAreReadAndLearnedFrom) {
  client_->Add(400, ErrorXml("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"));
  client_->Add(403, ErrorXml("AccessDenied"), {{"x-amz-request-id", "R1"}});
  const auto bucket = NewBucket();
  const auto answer = bucket->Start({.key = "x"});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->download, nullptr);
  EXPECT_THAT(Header(1, "Authorization"), HasSubstr("/eu-west-1/s3/"));
  EXPECT_THAT(bucket->RefusalError(answer->refusal, "x").detail, HasSubstr("request R1"));
}

TEST_F(BucketTest, FailureNamesThePathToTheLogAlone) {
  client_->Add(FakeClient::Answer(Unavailable("cannot connect to store")));
  const auto answer = NewBucket()->Send({.key = "x"}, kPlenty);
  ASSERT_THAT(answer, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(answer.error().detail, HasSubstr("s3://lake/x"));
}

TEST_F(BucketTest, KeysAreOfThisBucketAlone) {
  const auto bucket = NewBucket();
  EXPECT_THAT(bucket->KeyOf("s3://lake/a/b"), IsOkAnd(std::string_view("a/b")));
  EXPECT_THAT(bucket->KeyOf("s3://lake"), IsOkAnd(std::string_view()));
  for (const char* path : {"s3://lakeside/a", "s3://other/a", "/lake/a", ""}) {
    EXPECT_THAT(bucket->KeyOf(path), FailsWith(ErrorCode::kInvalidArgument)) << path;
  }
}

}  // namespace
}  // namespace sluice::storage::s3
