#include "storage/s3/credential_chain.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "storage/s3/testing.h"

namespace sluice::storage::s3 {
namespace {

using testing::HasSubstr;
using testing::Not;

class CredentialChain : public PlayedAnswers {
 protected:
  CredentialChain() {
    std::string pattern = testing::TempDir() + "home-XXXXXX";
    home_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(home_ + "/.aws");
    variables_["HOME"] = home_;
    variables_["AWS_EC2_METADATA_DISABLED"] = "true";
  }
  ~CredentialChain() override { std::filesystem::remove_all(home_); }

  std::string Write(std::string_view name, std::string_view text) const {
    const std::string path = Format("{}/{}", home_, name);
    std::ofstream(path) << text;
    return path;
  }

  Result<Expiring<Credentials>> Find() {
    auto tokens = TRY(TokenService::New({.requests = NewRequests(), .clock = clock_},
                                        "https://sts.example.com", "us-east-1"));
    return FindCredentials({.options = options_,
                            .surroundings = SurroundingsHere(),
                            .tokens = std::make_shared<const TokenService>(std::move(tokens))});
  }
  std::string FoundId() {
    const auto found = Find();
    return found.ok() ? found->value.access_key_id : found.error().ToString();
  }
  void ExpectNone(std::string_view why) {
    const auto found = Find();
    ASSERT_THAT(found, FailsWith(ErrorCode::kUnavailable));
    EXPECT_THAT(found.error().detail, HasSubstr(std::string(why)));
    EXPECT_THAT(found.error().ToString(), Not(HasSubstr("hidden")));
  }
  const std::string& Form(std::size_t request) const { return client_->asked().at(request).body; }

  std::string home_;
  config::StoreOptions options_;
};

TEST_F(CredentialChain, OptionsComeFirst) {
  variables_["AWS_ACCESS_KEY_ID"] = "AKIA2";
  variables_["AWS_SECRET_ACCESS_KEY"] = "hidden";
  EXPECT_EQ(FoundId(), "AKIA2");
  options_.access_key_id = "AKIA1";
  options_.secret_access_key_file = Write("secret", "s1\n");
  options_.session_token_file = Write("token", "t1\n");
  const auto found = Find();
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->value.access_key_id, "AKIA1");
  EXPECT_EQ(found->value.secret_access_key.Reveal(), "s1");
  EXPECT_EQ(found->value.session_token.Reveal(), "t1");
  EXPECT_FALSE(found->expires_at.has_value());
}

TEST_F(CredentialChain, EnvironmentComesBeforeTheFiles) {
  Write(".aws/credentials",
        "[default]\naws_access_key_id = AKIA3\naws_secret_access_key = hidden\n");
  EXPECT_EQ(FoundId(), "AKIA3");
  variables_["AWS_ACCESS_KEY_ID"] = "AKIA2";
  variables_["AWS_SECRET_ACCESS_KEY"] = "hidden";
  variables_["AWS_SESSION_TOKEN"] = "t2";
  EXPECT_EQ(Find()->value.session_token.Reveal(), "t2");
}

TEST_F(CredentialChain, HalfAKeyIsAnError) {
  Write(".aws/credentials",
        "[default]\naws_access_key_id = AKIA3\naws_secret_access_key = hidden\n");
  variables_["AWS_ACCESS_KEY_ID"] = "AKIA2";
  ExpectNone("environment: an access key without its secret");
  variables_.erase("AWS_ACCESS_KEY_ID");
  variables_["AWS_SECRET_ACCESS_KEY"] = "hidden";
  ExpectNone("environment: a secret without its access key");
}

TEST_F(CredentialChain, EverySourceSaysWhyItHasNone) {
  ExpectNone(
      "environment: no AWS_ACCESS_KEY_ID; web identity: no AWS_WEB_IDENTITY_TOKEN_FILE; shared "
      "files: no profile 'default'; container: no AWS_CONTAINER_CREDENTIALS_..._URI; instance: "
      "AWS_EC2_METADATA_DISABLED is set");
}

TEST_F(CredentialChain, WebIdentityTakesItsRole) {
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = Write("jwt", "j.w.t\n");
  ExpectNone("not AWS_ROLE_ARN");
  variables_["AWS_ROLE_ARN"] = "arn";
  variables_["AWS_ROLE_SESSION_NAME"] = "me";
  client_->Add(200, StsXml("AssumeRoleWithWebIdentity", "ASIA1"));
  EXPECT_EQ(FoundId(), "ASIA1");
  EXPECT_THAT(Form(0), HasSubstr("RoleArn=arn&RoleSessionName=me&"));
  EXPECT_THAT(Form(0), HasSubstr("WebIdentityToken=j.w.t"));
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = home_ + "/nothing";
  ExpectNone("nothing does not exist");
}

TEST_F(CredentialChain, RoleOfTheOptionsIsTakenOnTop) {
  variables_["AWS_ACCESS_KEY_ID"] = "AKIA2";
  variables_["AWS_SECRET_ACCESS_KEY"] = "hidden";
  options_.role_arn = "arn";
  options_.external_id = "e";
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));
  EXPECT_EQ(FoundId(), "ASIA1");
  EXPECT_THAT(Form(0), HasSubstr("ExternalId=e&RoleArn=arn&"));
  EXPECT_THAT(Header(0, "Authorization"), HasSubstr("AKIA2"));
}

TEST_F(CredentialChain, WebIdentityOfTheOptionsNeedsNoOther) {
  options_.role_arn = "arn";
  options_.web_identity_token_file = Write("jwt", "j.w.t");
  client_->Add(200, StsXml("AssumeRoleWithWebIdentity", "ASIA1"));
  EXPECT_EQ(FoundId(), "ASIA1");
  EXPECT_EQ(client_->asked().size(), 1U);
}

TEST_F(CredentialChain, ProfileThatWasAskedForIsNotPassedOver) {
  variables_["AWS_PROFILE"] = "dev";
  ExpectNone("AWS_PROFILE: no profile 'dev'");
  Write(".aws/config", "[profile dev]\nregion = r\n");
  ExpectNone("profile 'dev' has no credentials");
  variables_.erase("AWS_PROFILE");
  options_.aws_profile = "dev";
  ExpectNone("profile 'dev' has no credentials");
}

TEST_F(CredentialChain, ProfileTakesARoleWithAnothersKey) {
  Write(".aws/config",
        "[profile dev]\nrole_arn = arn:dev\nsource_profile = base\nexternal_id = e\n"
        "role_session_name = me\nduration_seconds = 1800\n"
        "[profile base]\nrole_arn = arn:base\nsource_profile = base\n");
  Write(".aws/credentials", "[base]\naws_access_key_id = AKIA4\naws_secret_access_key = hidden\n");
  options_.aws_profile = "dev";
  client_->Add(200, StsXml("AssumeRole", "ASIA1"));
  client_->Add(200, StsXml("AssumeRole", "ASIA2"));
  EXPECT_EQ(FoundId(), "ASIA2");
  EXPECT_THAT(Form(0), HasSubstr("RoleArn=arn%3Abase&"));
  EXPECT_THAT(Header(0, "Authorization"), HasSubstr("AKIA4"));
  EXPECT_EQ(Form(1),
            "Action=AssumeRole&DurationSeconds=1800&ExternalId=e&RoleArn=arn%3Adev"
            "&RoleSessionName=me&Version=2011-06-15");
  EXPECT_THAT(Header(1, "Authorization"), HasSubstr("ASIA1"));
}

TEST_F(CredentialChain, ProfileTakesARoleWithTheMachinesOwn) {
  Write(".aws/config", "[default]\nrole_arn = arn\ncredential_source = EcsContainer\n");
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://localhost/x";
  client_->Add(200, R"({"AccessKeyId":"ASIA1","SecretAccessKey":"hidden","Token":"hidden"})");
  client_->Add(200, StsXml("AssumeRole", "ASIA2"));
  EXPECT_EQ(FoundId(), "ASIA2");
}

TEST_F(CredentialChain, ProfileTakesARoleWithAWebIdentity) {
  Write(".aws/config",
        Format("[default]\nrole_arn = arn\nweb_identity_token_file = {}\n", Write("jwt", "j.w.t")));
  client_->Add(200, StsXml("AssumeRoleWithWebIdentity", "ASIA1"));
  EXPECT_EQ(FoundId(), "ASIA1");
}

TEST_F(CredentialChain, ProfilesThatCannotBeAreNamed) {
  struct Case {
    const char* config;
    const char* why;
  };
  const Case cases[] = {
      {"role_arn = a", "needs one of source_profile and credential_source"},
      {"role_arn = a\nsource_profile = b\ncredential_source = Environment", "needs one of"},
      {"role_arn = a\nsource_profile = gone", "names a source_profile 'gone'"},
      {"role_arn = a\nsource_profile = dev", "has a role, and nobody to take it"},
      {"role_arn = a\ncredential_source = Moon", "credential_source that is unknown"},
      {"role_arn = a\ncredential_source = Environment", "nobody to take it"},
      {"role_arn = a\nsource_profile = x\nduration_seconds = 1h", "duration_seconds"},
      {"role_arn = a\nweb_identity_token_file = /nothing/there", "there does not exist"},
      {"role_arn = a\nsource_profile = loop", "too many profiles"},
      {"credential_process = /bin/hidden", "credential_process, which is not supported"},
      {"sso_session = s", "sso_session, which is not supported: use an access key"},
      {"sso_start_url = s", "sso_start_url, which is not supported"},
      {"role_arn = a\nsource_profile = x\nmfa_serial = m", "mfa_serial, which is not supported"},
      {"aws_access_key_id = A", "an access key without its secret"},
      {"nonsense", "line 2"},
  };
  options_.aws_profile = "dev";
  for (const Case& each : cases) {
    Write(".aws/config",
          Format("[profile dev]\n{}\n[profile loop]\nrole_arn = l\nsource_profile = pool\n"
                 "[profile pool]\nrole_arn = p\nsource_profile = loop\n",
                 each.config));
    ExpectNone(each.why);
  }
}

TEST_F(CredentialChain, FilesAreReadAnew) {
  options_.access_key_id = "AKIA1";
  options_.secret_access_key_file = Write("secret", "s1");
  EXPECT_EQ(Find()->value.secret_access_key.Reveal(), "s1");
  Write("secret", "s2");
  EXPECT_EQ(Find()->value.secret_access_key.Reveal(), "s2");
}

TEST_F(CredentialChain, OptionsThatContradictEachOtherAreRefused) {
  const std::string file = Write("file", "x");
  using Options = config::StoreOptions;
  const std::function<void(Options&)> cases[] = {
      [](Options& o) { o.access_key_id = "A"; },
      [&](Options& o) { o.secret_access_key_file = file; },
      [&](Options& o) { o.session_token_file = file; },
      [](Options& o) { o.external_id = "e"; },
      [&](Options& o) { o.web_identity_token_file = file; },
      [](Options& o) { o.account = "a"; },
      [&](Options& o) { o.service_account_file = file; },
      [](Options& o) { o.anonymous = true, o.role_arn = "arn"; },
      [](Options& o) { o.anonymous = true, o.dir_role_arn = "arn"; },
      [](Options& o) { o.anonymous = true, o.aws_profile = "dev"; },
      [&](Options& o) {
        o.access_key_id = "A", o.secret_access_key_file = file, o.aws_profile = "dev";
      },
      [&](Options& o) { o.access_key_id = "A", o.secret_access_key_file = file + "-gone"; },
  };
  for (const auto& spoil : cases) {
    Options options;
    spoil(options);
    EXPECT_THAT(CheckCredentialOptions(options), FailsWith(ErrorCode::kInvalidArgument));
  }
  Options good;
  good.access_key_id = "A";
  good.secret_access_key_file = good.session_token_file = file;
  good.role_arn = "arn";
  good.external_id = "e";
  EXPECT_THAT(CheckCredentialOptions(good), IsOk());
  EXPECT_THAT(CheckCredentialOptions({}), IsOk());
}

}  // namespace
}  // namespace sluice::storage::s3
