#include "storage/gcs/credential_file.h"

#include <fstream>

#include "base/testing.h"
#include "storage/gcs/testing.h"

namespace sluice::storage::gcs {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(GoogleCredentialFile, ServiceAccountHasAKey) {
  const auto file = ParseCredentialFile(ServiceAccountFile("https://token.example/x"));
  ASSERT_THAT(file, IsOk());
  const auto* account = std::get_if<ServiceAccount>(&*file);
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(account->client_email, kTestEmail);
  EXPECT_EQ(account->key_id, "key-1");
  EXPECT_EQ(account->token_uri, "https://token.example/x");
  const auto verifier = crypto::RsaPublicKey::FromPem(crypto::kTestRsaPublicKey);
  EXPECT_TRUE(verifier->VerifySha256("x", *account->key.SignSha256("x")));
}

TEST(GoogleCredentialFile, PersonHasARefreshToken) {
  const auto file = ParseCredentialFile(
      R"({"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"})");
  ASSERT_THAT(file, IsOk());
  const auto* user = std::get_if<AuthorizedUser>(&*file);
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(user->client_id, "c");
  EXPECT_EQ(user->client_secret.Reveal(), "s");
  EXPECT_EQ(user->refresh_token.Reveal(), "r");
  EXPECT_EQ(user->token_uri, "https://oauth2.googleapis.com/token");
}

TEST(GoogleCredentialFile, OtherTypesAreRefusedByName) {
  for (const char* type : {"external_account", "external_account_authorized_user",
                           "impersonated_service_account", "gdch_service_account"}) {
    const auto file = ParseCredentialFile(Format(R"({{"type":"{}"}})", type));
    ASSERT_THAT(file, FailsWith(ErrorCode::kUnsupported));
    EXPECT_THAT(file.error().message, HasSubstr(type));
  }
  const auto file = ParseCredentialFile(R"({"type":"https://secret"})");
  ASSERT_THAT(file, FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(file.error().ToString(), Not(HasSubstr("secret")));
  EXPECT_THAT(ParseCredentialFile(R"({"type":"service_account","universe_domain":"example.com"})"),
              FailsWith(ErrorCode::kUnsupported));
}

TEST(GoogleCredentialFile, WhatIsMissingIsNamedAndWhatIsThereIsNot) {
  for (const auto& [text, word] :
       {std::pair("", "JSON"), std::pair("[]", "JSON"), std::pair("{}", "type"),
        std::pair(R"({"type":1})", "type"),
        std::pair(R"({"type":"service_account","private_key":"sesame"})", "client_email"),
        std::pair(R"({"type":"service_account","client_email":"e"})", "private_key"),
        std::pair(R"({"type":"service_account","client_email":"e","private_key":"sesame"})",
                  "private_key"),
        std::pair(R"({"type":"service_account","client_email":"e","token_uri":"sesame"})",
                  "token_uri"),
        std::pair(R"({"type":"authorized_user","client_id":"c","client_secret":"sesame"})",
                  "refresh_token")}) {
    const auto file = ParseCredentialFile(text);
    ASSERT_THAT(file, FailsWith(ErrorCode::kInvalidArgument)) << text;
    EXPECT_THAT(file.error().message, HasSubstr(word));
    EXPECT_THAT(file.error().ToString(), Not(HasSubstr("sesame")));
  }
}

TEST(GoogleCredentialFile, FileIsNamedInTheDetail) {
  const std::string path = testing::TempDir() + "google-credentials.json";
  std::ofstream(path) << "{}";
  const auto file = ReadCredentialFile(path);
  ASSERT_THAT(file, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(file.error().detail, path);
  EXPECT_THAT(ReadCredentialFile(path + ".none"), FailsWith(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace sluice::storage::gcs
