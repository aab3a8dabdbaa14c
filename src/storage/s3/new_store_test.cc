#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "storage/s3/testing.h"
#include "storage/stores.h"

namespace sluice::storage::s3 {
namespace {

using testing::HasSubstr;

class NewS3StoreTest : public PlayedAnswers {
 protected:
  NewS3StoreTest() {
    std::string pattern = testing::TempDir() + "home-XXXXXX";
    home_ = mkdtemp(pattern.data());
    variables_["HOME"] = home_;
  }
  ~NewS3StoreTest() override { std::filesystem::remove_all(home_); }

  std::string Write(std::string_view name, std::string_view text) const {
    const std::string path = Format("{}/{}", home_, name);
    std::ofstream(path) << text;
    return path;
  }
  Result<Store> New() {
    const Surroundings surroundings = SurroundingsHere();
    return NewS3Store(options_, "s3://lake",
                      {.clock = clock_,
                       .environment = surroundings.environment,
                       .identity_client = surroundings.identity_client});
  }
  std::string Url() {
    const auto urls = New()->signer->Prepare(std::chrono::hours(1));
    std::string url;
    if (!urls.ok()) return urls.error().ToString();
    EXPECT_THAT((*urls)->Append("s3://lake/x", url), IsOk());
    return url;
  }

  std::string home_;
  config::StoreOptions options_;
};

TEST_F(NewS3StoreTest, EnvironmentAloneIsEnough) {
  variables_["AWS_ACCESS_KEY_ID"] = "AKIA1";
  variables_["AWS_SECRET_ACCESS_KEY"] = "s";
  variables_["AWS_REGION"] = "eu-west-1";
  const auto store = New();
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(Url(), HasSubstr("https://lake.s3.eu-west-1.amazonaws.com/x?"));
  EXPECT_THAT(Url(), HasSubstr("AKIA1%2F20261121%2Feu-west-1%2Fs3%2F"));
}

TEST_F(NewS3StoreTest, ProfileOfTheSharedFilesSaysWhere) {
  std::filesystem::create_directory(home_ + "/.aws");
  Write(".aws/config", "[profile dev]\nregion = eu-west-2\nendpoint_url = https://h:9000\n");
  Write(".aws/credentials", "[dev]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
  options_.aws_profile = "dev";
  EXPECT_THAT(Url(), HasSubstr("https://h:9000/lake/x?"));
  EXPECT_THAT(Url(), HasSubstr("%2Feu-west-2%2F"));
  Write(".aws/config", "nonsense");
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(NewS3StoreTest, CredentialsAreLookedForAtTheFirstRequest) {
  variables_["AWS_EC2_METADATA_DISABLED"] = "true";
  ASSERT_THAT(New(), IsOk());
  EXPECT_THAT(New()->signer->Prepare(std::chrono::hours(1)), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(New()->objects->Stat("s3://lake/x"), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(NewS3StoreTest, CustomerKeyForbidsUrls) {
  options_.customer_key_file = Write("key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n");
  const auto store = New();
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(store->signer, nullptr);
  options_.endpoint = "http://minio:9000";
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
  options_.endpoint = "";
  options_.kms_key_id = "key";
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
  options_.kms_key_id = "";
  Write("key", "dG9vIHNob3J0");
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
  options_.customer_key_file = home_ + "/gone";
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(NewS3StoreTest, OptionsAreChecked) {
  options_.anonymous = options_.requester_pays = true;
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
  options_ = {};
  options_.account_key_file = Write("key", "x");
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
  options_ = {};
  options_.endpoint = "minio:9000";
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
  options_ = {};
  options_.public_endpoint = "minio:9000";
  EXPECT_THAT(New(), FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::storage::s3
