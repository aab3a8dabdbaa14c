#include "storage/s3/sts.h"

#include "base/json.h"
#include "base/testing.h"
#include "storage/s3/testing.h"

namespace sluice::storage::s3 {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Sts : public PlayedAnswers {
 protected:
  TokenService NewService(std::string_view url = "https://sts.eu-west-1.amazonaws.com") {
    return TokenService::New({.requests = NewRequests(), .clock = clock_}, url, "eu-west-1")
        .value();
  }
  const std::string& Form(std::size_t request) const { return client_->asked().at(request).body; }

  const Credentials caller_ = KeyNamed("AKIA1").value;
};

TEST_F(Sts, RoleIsAssumedByASignedForm) {
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));
  const auto found = NewService().AssumeRole(
      caller_, {.role_arn = "arn:aws:iam::1:role/r", .external_id = "e&1", .duration = hours(2)});
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->value.access_key_id, "ASIA1");
  EXPECT_EQ(found->value.session_token.Reveal(), "hidden-token");
  EXPECT_TRUE(found->expires_at.has_value());
  EXPECT_EQ(Method(0), "POST");
  EXPECT_EQ(Url(0), "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(Form(0),
            "Action=AssumeRole&DurationSeconds=7200&ExternalId=e%261"
            "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=sluice"
            "&Version=2011-06-15");
  EXPECT_THAT(Header(0, "Authorization"),
              HasSubstr("AKIA1/20261121/eu-west-1/sts/aws4_request, "
                        "SignedHeaders=content-type;host;x-amz-date, "));
}

TEST_F(Sts, WebIdentityIsNotSigned) {
  client_->Add(200, StsXml("AssumeRoleWithWebIdentity", "ASIA1"));
  const auto found = NewService("http://minio:9000")
                         .AssumeRoleWithWebIdentity(Secret("j.w.t"), {.role_arn = "arn"});
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(Url(0), "http://minio:9000/");
  EXPECT_EQ(Header(0, "Authorization"), "");
  EXPECT_THAT(Form(0), HasSubstr("&WebIdentityToken=j.w.t"));
}

TEST_F(Sts, RefusalIsToldWithoutTheToken) {
  client_->Add(403,
               "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message>"
               "</Error></ErrorResponse>");
  const auto found = NewService().AssumeRoleWithWebIdentity(Secret("j.w.t"), {.role_arn = "arn"});
  ASSERT_THAT(found, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(found.error().detail, HasSubstr("403 AccessDenied: not you"));
  EXPECT_THAT(found.error().ToString(), Not(HasSubstr("j.w.t")));
}

TEST_F(Sts, ServiceThatCannotBeReachedIsNamed) {
  client_->Add(FakeClient::Answer(PermissionDenied("10.0.0.1 is in a network")));
  const auto found = NewService().AssumeRole(caller_, {.role_arn = "arn"});
  ASSERT_THAT(found, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(found.error().detail, HasSubstr("https://sts.eu-west-1.amazonaws.com"));
}

TEST_F(Sts, EndpointThatIsNoneIsRefused) {
  EXPECT_THAT(TokenService::New({.requests = NewRequests(), .clock = clock_}, "sts", "r"),
              FailsWith(ErrorCode::kInvalidArgument));
}

PrefixGrant Grant(std::string_view prefix) {
  return {.bucket = "lake",
          .prefix = prefix,
          .region = "eu-west-1",
          .role_arn = "arn:aws:iam::1:role/r",
          .external_id = ""};
}

TEST_F(Sts, PrefixPolicyAllowsWhatLiesBelowAndNothingBeside) {
  EXPECT_THAT(PrefixPolicy(Grant("sales/orders")),
              IsOkAnd(std::string(
                  R"({"Version":"2012-10-17","Statement":[)"
                  R"({"Effect":"Allow","Action":"s3:GetObject",)"
                  R"("Resource":"arn:aws:s3:::lake/sales/orders/*"},)"
                  R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake",)"
                  R"("Condition":{"StringLike":{"s3:prefix":"sales/orders/*"}}}]})")));
  EXPECT_THAT(PrefixPolicy(Grant("with \"quotes\"")), IsOk());
  EXPECT_THAT(ParseJson(*PrefixPolicy(Grant("with \"quotes\""))), IsOk());
  EXPECT_THAT(*PrefixPolicy(Grant("")), HasSubstr("arn:aws:s3:::lake/*"));
}

TEST_F(Sts, PrefixPolicyIsOfTheBucketsPartition) {
  PrefixGrant grant = Grant("t");
  grant.region = "cn-north-1";
  EXPECT_THAT(*PrefixPolicy(grant), HasSubstr("arn:aws-cn:s3:::lake/t/*"));
}

TEST_F(Sts, PrefixThatAPolicyWouldReadAsAPatternIsRefused) {
  for (const char* prefix : {"a*", "a?b", "${aws:username}"}) {
    EXPECT_THAT(PrefixPolicy(Grant(prefix)), FailsWith(ErrorCode::kUnsupported)) << prefix;
  }
  EXPECT_THAT(PrefixPolicy(Grant(std::string(1000, 'x'))), FailsWith(ErrorCode::kUnsupported));
}

TEST_F(Sts, GrantIsAskedForWithinTheBoundsOfSessions) {
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));
  const TokenService service = NewService();
  for (const seconds duration : {seconds(1), seconds(hours(100))}) {
    PrefixGrant grant = Grant("t");
    grant.duration = duration;
    EXPECT_THAT(AssumeRoleForPrefix(service, caller_, grant), IsOk());
  }
  EXPECT_THAT(Form(0), HasSubstr("&DurationSeconds=900&Policy=%7B%22Version"));
  EXPECT_THAT(Form(1), HasSubstr("&DurationSeconds=43200&"));
}

}  // namespace
}  // namespace sluice::storage::s3
