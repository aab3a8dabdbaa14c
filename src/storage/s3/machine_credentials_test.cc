#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "storage/s3/testing.h"

namespace sluice::storage::s3 {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kRole[] =
    R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"hidden-secret",)"
    R"("Token":"hidden-token","Expiration":"2026-11-21T11:00:00Z"})";

class MachineCredentials : public PlayedAnswers {
 protected:
  ~MachineCredentials() override { std::filesystem::remove(file_); }
  Result<Found> OfContainer() { return FindContainerCredentials(SurroundingsHere()); }
  Result<Found> OfInstance() { return FindInstanceCredentials(SurroundingsHere()); }

  const std::string file_ = Format("{}container-token-{}", testing::TempDir(), getpid());
};

void ExpectRole(const Result<Found>& found) {
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->credentials.has_value()) << found->why_not;
  EXPECT_EQ(found->credentials->value.access_key_id, "ASIA1");
  EXPECT_EQ(found->credentials->value.secret_access_key.Reveal(), "hidden-secret");
  EXPECT_EQ(found->credentials->value.session_token.Reveal(), "hidden-token");
  EXPECT_EQ(found->credentials->expires_at,
            std::chrono::sys_days{std::chrono::November / 21 / 2026} + std::chrono::hours(11));
}

TEST_F(MachineCredentials, ContainerIsAskedWhereItsServiceIs) {
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1";
  client_->Add(200, kRole);
  ExpectRole(OfContainer());
  EXPECT_EQ(Url(0), "http://169.254.170.2/v2/credentials/1");
  EXPECT_EQ(Header(0, "Authorization"), "");
}

TEST_F(MachineCredentials, ContainerIsShownItsToken) {
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "old";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file_;
  std::ofstream(file_) << "new\n";
  client_->Add(200, kRole);
  ExpectRole(OfContainer());
  EXPECT_EQ(Header(0, "Authorization"), "new");
}

TEST_F(MachineCredentials, TokenIsSentToThisMachineOrOverTlsAlone) {
  client_->Add(200, kRole);
  for (const char* uri : {"http://localhost:1/x", "http://127.0.0.9/x", "http://[::1]:80/x",
                          "http://[fd00:ec2::23]/x", "https://any.example.com/x"}) {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = uri;
    ExpectRole(OfContainer());
  }
  const std::size_t asked = client_->asked().size();
  for (const char* uri :
       {"http://any.example.com/x", "http://169.254.169.254/x", "http://127.0.0.1.example.com/x",
        "http://127.0.0.1@example.com/x", "http://10.0.0.1/x", "ftp://localhost/x", "localhost"}) {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = uri;
    EXPECT_THAT(OfContainer(), FailsWith(ErrorCode::kUnavailable)) << uri;
  }
  EXPECT_EQ(client_->asked().size(), asked);
}

TEST_F(MachineCredentials, ContainerThatFailsIsAnError) {
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  for (const char* body : {"", "[]", "{}", R"({"AccessKeyId":"a"})",
                           R"({"AccessKeyId":"a","SecretAccessKey":"hidden","Expiration":"soon"})",
                           R"({"Code":"AssumeRoleUnauthorizedAccess"})"}) {
    client_ = std::make_shared<FakeClient>();
    client_->Add(200, body);
    const auto found = OfContainer();
    ASSERT_THAT(found, FailsWith(ErrorCode::kUnavailable)) << body;
    EXPECT_THAT(found.error().ToString(), Not(HasSubstr("hidden")));
  }
  client_ = std::make_shared<FakeClient>();
  client_->Add(500);
  EXPECT_THAT(OfContainer(), FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(client_->asked().size(), 2U);
}

TEST_F(MachineCredentials, WithoutAVariableThereIsNoContainer) {
  const auto found = OfContainer();
  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->credentials.has_value());
  EXPECT_NE(found->why_not, "");
}

TEST_F(MachineCredentials, InstanceIsAskedWithATokenOfASession) {
  client_->Add(200, "session-token");
  client_->Add(200, "my-role\n");
  client_->Add(200, kRole);
  ExpectRole(OfInstance());
  EXPECT_EQ(Method(0), "PUT");
  EXPECT_EQ(Url(0), "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(Header(0, "X-aws-ec2-metadata-token-ttl-seconds"), "300");
  EXPECT_EQ(Url(1), "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
  EXPECT_EQ(Header(1, "X-aws-ec2-metadata-token"), "session-token");
  EXPECT_EQ(Url(2), "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role");
  EXPECT_EQ(Header(2, "X-aws-ec2-metadata-token"), "session-token");
}

TEST_F(MachineCredentials, InstanceMayBeElsewhere) {
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6";
  client_->Add(404);
  EXPECT_THAT(OfInstance(), IsOk());
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1338/";
  EXPECT_THAT(OfInstance(), IsOk());
  EXPECT_EQ(Url(0), "http://[fd00:ec2::254]/latest/api/token");
  EXPECT_EQ(Url(1), "http://127.0.0.1:1338/latest/api/token");
}

TEST_F(MachineCredentials, MachineThatIsNoInstanceHasNone) {
  client_->Add(FakeClient::Answer(Unavailable("cannot connect to 169.254.169.254")));
  auto found = OfInstance();
  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->credentials.has_value());
  EXPECT_THAT(found->why_not, HasSubstr("cannot connect"));
  EXPECT_EQ(client_->asked().size(), 2U);

  client_ = std::make_shared<FakeClient>();
  client_->Add(200, "session-token");
  client_->Add(404);
  found = OfInstance();
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->why_not, "the instance has no role");
}

TEST_F(MachineCredentials, InstanceWithoutVersionTwoIsNotAskedInAnotherWay) {
  client_->Add(404);
  const auto found = OfInstance();
  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->credentials.has_value());
  EXPECT_EQ(client_->asked().size(), 1U);
}

TEST_F(MachineCredentials, InstanceCanBeLeftOut) {
  variables_["AWS_EC2_METADATA_DISABLED"] = "True";
  const auto found = OfInstance();
  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->credentials.has_value());
  EXPECT_EQ(client_->asked().size(), 0U);
}

}  // namespace
}  // namespace sluice::storage::s3
