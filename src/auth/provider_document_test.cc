#include "auth/provider_document.h"

#include "base/testing.h"

namespace sluice::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kIssuer = "https://id.example.com/realm";
constexpr std::string_view kText = R"({
  "issuer": "https://id.example.com/realm",
  "jwks_uri": "https://id.example.com/keys",
  "registration_endpoint": "https://id.example.com/register",
  "authorization_endpoint": "https://id.example.com/authorize",
  "token_endpoint": "https://id.example.com/token",
  "scopes_supported": ["openid", "offline_access"],
  "code_challenge_methods_supported": ["S256"]
})";

TEST(ProviderDocument, IsBelowItsIssuer) {
  const std::string url = "https://id.example.com/realm/.well-known/openid-configuration";
  EXPECT_EQ(ProviderDocumentUrl("https://id.example.com/realm"), url);
  EXPECT_EQ(ProviderDocumentUrl("https://id.example.com/realm/"), url);
}

TEST(ProviderDocument, SaysWhereItsKeysAre) {
  const auto document = ParseProviderDocument(kText, kIssuer);
  ASSERT_THAT(document, IsOk());
  EXPECT_EQ(document->jwks_uri, "https://id.example.com/keys");
}

TEST(ProviderDocument, OfAnotherIssuerIsRefused) {
  for (const std::string_view other : {"https://id.example.com/realm/", "https://id.example.com",
                                       "HTTPS://id.example.com/realm", ""}) {
    EXPECT_THAT(ParseProviderDocument(kText, other), FailsWith(ErrorCode::kPermissionDenied));
  }
  EXPECT_THAT(ParseProviderDocument(R"({"jwks_uri":"https://id.example.com/keys"})", kIssuer),
              FailsWith(ErrorCode::kPermissionDenied));
}

TEST(ProviderDocument, OfAnotherShapeIsRefused) {
  for (const std::string_view text :
       {"", "[]", "null", R"({"issuer":"https://id.example.com/realm"})",
        R"({"issuer":"https://id.example.com/realm","jwks_uri":["x"]})"}) {
    EXPECT_THAT(ParseProviderDocument(text, kIssuer), FailsWith(ErrorCode::kMalformed)) << text;
  }
  EXPECT_THAT(ParseProviderDocument(std::string(kMaxProviderDocumentBytes + 1, ' '), kIssuer),
              FailsWith(ErrorCode::kTooLarge));
}

TEST(ProviderDocument, UrlsAreHttpsUnlessOnThisMachineOrListed) {
  const std::vector<std::string> hosts = {"keycloak"};
  for (const std::string_view url :
       {"https://id.example.com", "http://127.0.0.1:8000/", "http://127.9.9.9", "http://[::1]/",
        "http://localhost/a", "http://keycloak:8080/keys", "http://KeyCloak/"}) {
    EXPECT_THAT(CheckProviderUrl(url, hosts), IsOk()) << url;
  }
  for (const std::string_view url :
       {"http://id.example.com", "http://10.0.0.1/", "http://keycloak.example.com/", "ftp://a/b",
        "http://localhost.example.com/", "http://localhost@example.com/", "keycloak", "",
        "file:///etc/passwd", "http://[2001:db8::1]/", "http://0.0.0.0/"}) {
    EXPECT_THAT(CheckProviderUrl(url, hosts), FailsWith(ErrorCode::kInvalidArgument)) << url;
  }
}

TEST(BrowserDocument, HoldsWhatASignInNeedsAndNothingElse) {
  const auto text = WriteBrowserDocument(ParseProviderDocument(kText, kIssuer).value(), {});
  ASSERT_THAT(text, IsOk());
  EXPECT_EQ(*text,
            R"({"issuer":"https://id.example.com/realm","jwks_uri":"https://id.example.com/keys",)"
            R"("authorization_endpoint":"https://id.example.com/authorize",)"
            R"("token_endpoint":"https://id.example.com/token",)"
            R"("scopes_supported":["openid","offline_access"],)"
            R"("code_challenge_methods_supported":["S256"]})");
  EXPECT_THAT(*text, Not(HasSubstr("registration")));
}

TEST(BrowserDocument, NeedsBothEndpoints) {
  for (const std::string_view members :
       {R"("token_endpoint":"https://a/t")", R"("authorization_endpoint":"https://a/a")",
        R"("token_endpoint":"https://a/t","authorization_endpoint":"http://a.example.com/")",
        R"("token_endpoint":"https://a/t","authorization_endpoint":"javascript:alert`1`")",
        R"("token_endpoint":7,"authorization_endpoint":"https://a/a")"}) {
    const std::string text =
        Format(R"({{"issuer":"{}","jwks_uri":"https://a/k",{}}})", kIssuer, members);
    EXPECT_THAT(WriteBrowserDocument(ParseProviderDocument(text, kIssuer).value(), {}),
                FailsWith(ErrorCode::kNotFound));
  }
}

}  // namespace
}  // namespace sluice::auth
