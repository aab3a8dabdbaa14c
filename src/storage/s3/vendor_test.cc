#include "storage/s3/vendor.h"

#include "base/testing.h"
#include "storage/s3/testing.h"

namespace sluice::storage::s3 {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;

constexpr char kRole[] = "arn:aws:iam::1:role/reader";
constexpr char kRoleInForm[] = "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Freader&";

class S3Vendor : public BucketTest {
 protected:
  S3Vendor() {
    variables_ = {{"AWS_ACCESS_KEY_ID", "AKIA1"}, {"AWS_SECRET_ACCESS_KEY", "hidden-secret"}};
    clock_.Advance(hours(10));
  }
  std::unique_ptr<CredentialVendor> New() {
    auto tokens = TokenService::New({.requests = NewRequests(), .clock = clock_},
                                    "https://sts.eu-west-1.amazonaws.com", "eu-west-1");
    auto chain = std::make_shared<const ChainTerms>(
        ChainTerms{.options = options_,
                   .surroundings = SurroundingsHere(),
                   .tokens = std::make_shared<const TokenService>(std::move(tokens).value())});
    return NewVendor(NewBucket(), std::move(chain), clock_);
  }
  const std::string& Form(std::size_t request) const { return client_->asked().at(request).body; }

  config::StoreOptions options_;
};

TEST_F(S3Vendor, SessionIsBoundToTheDirectory) {
  options_.dir_role_arn = kRole;
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));
  const auto vended = New()->Vend("s3://lake/sales/orders", hours(1));
  ASSERT_THAT(vended, IsOk());
  const auto& session = std::get<Credentials>(vended->credentials);
  EXPECT_EQ(session.access_key_id, "ASIA1");
  EXPECT_EQ(session.secret_access_key.Reveal(), "hidden-secret");
  EXPECT_EQ(session.session_token.Reveal(), "hidden-token");
  EXPECT_THAT(Form(0), HasSubstr(kRoleInForm));
  EXPECT_THAT(Form(0), HasSubstr("&DurationSeconds=3600&"));
  EXPECT_THAT(Form(0), HasSubstr("lake%2Fsales%2Forders%2F%2A"));
  EXPECT_THAT(Header(0, "Authorization"), HasSubstr("AKIA1/"));
}

TEST_F(S3Vendor, EndIsNeitherAfterTheServicesNorAfterTheOneAskedFor) {
  options_.dir_role_arn = kRole;
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));  // ends at eleven
  EXPECT_EQ(New()->Vend("s3://lake/t", hours(12))->expires_at, clock_.Now() + hours(1));
  EXPECT_EQ(New()->Vend("s3://lake/t", minutes(20))->expires_at, clock_.Now() + minutes(20));
}

TEST_F(S3Vendor, RoleThatReadsIsAssumedByWhoAssumesItToRead) {
  options_.role_arn = kRole;
  options_.external_id = "e1";
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));
  EXPECT_THAT(New()->Vend("s3://lake/t", hours(1)), IsOk());
  ASSERT_EQ(client_->asked().size(), 1U);
  EXPECT_THAT(Header(0, "Authorization"), HasSubstr("AKIA1/"));
  EXPECT_THAT(Form(0), HasSubstr("&ExternalId=e1&"));
  EXPECT_THAT(Form(0), HasSubstr(kRoleInForm));
}

TEST_F(S3Vendor, RoleOfRecipientsIsAssumedByWhoReads) {
  options_.role_arn = "arn:aws:iam::1:role/server";
  options_.dir_role_arn = kRole;
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));
  client_->Add(200, StsXml("AssumeRole", "ASIA2"));
  const auto vended = New()->Vend("s3://lake/t", hours(1));
  ASSERT_THAT(vended, IsOk());
  EXPECT_EQ(std::get<Credentials>(vended->credentials).access_key_id, "ASIA2");
  EXPECT_THAT(Form(0), Not(HasSubstr("&Policy=")));
  EXPECT_THAT(Header(1, "Authorization"), HasSubstr("ASIA1/"));
  EXPECT_THAT(Form(1), HasSubstr(kRoleInForm));
}

TEST_F(S3Vendor, MinioHasNoRoles) {
  options_.profile = "minio";
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));
  EXPECT_THAT(New()->Vend("s3://lake/t", hours(1)), IsOk());
  EXPECT_THAT(Form(0), Not(HasSubstr("RoleArn")));
}

TEST_F(S3Vendor, ThereIsNoneWithoutARole) {
  EXPECT_EQ(New(), nullptr);
  options_.role_arn = kRole;
  options_.web_identity_token_file = "/token";
  EXPECT_EQ(New(), nullptr);
}

TEST_F(S3Vendor, ThereIsNoneWhereOthersCannotOrNeedNotBeLetIn) {
  options_.dir_role_arn = kRole;
  terms_.customer_key = Secret("0123456789abcdef0123456789abcdef");
  EXPECT_EQ(New(), nullptr);
  terms_.customer_key = Secret();
  terms_.is_anonymous = true;
  EXPECT_EQ(New(), nullptr);
}

TEST_F(S3Vendor, UriIsTheCanonicalPath) {
  options_.dir_role_arn = kRole;
  const auto vendor = New();
  EXPECT_THAT(vendor->UriOf("s3://lake/t"), IsOkAnd(std::string("s3://lake/t")));
  EXPECT_THAT(vendor->UriOf("s3://lake/a*"), FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(vendor->UriOf("s3://lakes/t"), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(vendor->Vend("s3://lake/a*", hours(1)), FailsWith(ErrorCode::kUnsupported));
  EXPECT_TRUE(client_->asked().empty());
}

TEST_F(S3Vendor, RefusalShowsNoSecretAndLetsGoOfTheCaller) {
  options_.dir_role_arn = kRole;
  client_->Add(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
  const auto vendor = New();
  const auto vended = vendor->Vend("s3://lake/t", hours(1));
  ASSERT_THAT(vended, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(vended.error().detail, HasSubstr("AccessDenied"));
  EXPECT_THAT(vended.error().ToString(), Not(HasSubstr("hidden")));
  variables_["AWS_ACCESS_KEY_ID"] = "AKIA2";
  clock_.Advance(minutes(1));
  EXPECT_THAT(vendor->Vend("s3://lake/t", hours(1)), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(vendor->Vend("s3://lake/t", hours(1)), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(Header(2, "Authorization"), HasSubstr("AKIA2/"));
}

}  // namespace
}  // namespace sluice::storage::s3
