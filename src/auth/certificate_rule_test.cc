#include "auth/certificate_rule.h"

#include "base/testing.h"

namespace sluice::auth {
namespace {

using testing::HasSubstr;

const http::PeerCertificate kAcme = {
    .subject = "CN=acme,O=Example",
    .alternative_names = {"DNS:a.Example.com", "URI:spiffe://example.com/acme",
                          "email:a@example.com"}};

TEST(CertificateRule, NamesASubjectOrAnAlternativeName) {
  EXPECT_THAT(CheckCertificateRule({.subject = "CN=acme"}), IsOk());
  for (const char* name : {"DNS:a", "URI:spiffe://a", "email:a@b"}) {
    EXPECT_THAT(CheckCertificateRule({.alternative_name = name}), IsOk()) << name;
  }
  for (const std::string& name :
       {std::string("a.example.com"), std::string("DNS:"), std::string("dns:a"),
        std::string("IP:10.0.0.1"), std::string("CN=acme"), "URI:" + std::string(1025, 'a')}) {
    EXPECT_THAT(CheckCertificateRule({.alternative_name = name}),
                FailsWith(ErrorCode::kInvalidArgument))
        << name;
    EXPECT_FALSE(MatchesCertificateRule({.alternative_name = name},
                                        {.subject = name, .alternative_names = {name}}));
  }
  EXPECT_THAT(CheckCertificateRule({}), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(CheckCertificateRule({.subject = std::string(4097, 'a')}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST(CertificateRule, FitsIfEachThatItNamesDoes) {
  EXPECT_TRUE(MatchesCertificateRule({.subject = "CN=acme,O=Example"}, kAcme));
  EXPECT_TRUE(MatchesCertificateRule({.alternative_name = "DNS:A.example.com"}, kAcme));
  EXPECT_TRUE(MatchesCertificateRule({.alternative_name = "email:a@example.com"}, kAcme));
  EXPECT_TRUE(MatchesCertificateRule(
      {.subject = "CN=acme,O=Example", .alternative_name = "DNS:a.example.com"}, kAcme));
  EXPECT_FALSE(MatchesCertificateRule({.subject = "CN=acme"}, kAcme));
  EXPECT_FALSE(MatchesCertificateRule({.subject = "cn=acme,O=Example"}, kAcme));
  EXPECT_FALSE(MatchesCertificateRule({.alternative_name = "email:A@example.com"}, kAcme));
  EXPECT_FALSE(MatchesCertificateRule({.alternative_name = "DNS:*.example.com"}, kAcme));
  EXPECT_FALSE(MatchesCertificateRule({.alternative_name = "DNS:example.com"}, kAcme));
  EXPECT_FALSE(MatchesCertificateRule(
      {.subject = "CN=acme,O=Example", .alternative_name = "DNS:b.example.com"}, kAcme));
}

TEST(CertificateRule, NothingFitsACertificateWithoutNames) {
  EXPECT_FALSE(MatchesCertificateRule({}, {}));
  EXPECT_FALSE(MatchesCertificateRule({.subject = "CN=acme"}, {}));
}

TEST(CertifiedRecipients, AreFoundByTheirRules) {
  const CertifiedRecipients recipients(
      {{.recipient = "none", .rule = {}},
       {.recipient = "acme", .rule = {.alternative_name = "DNS:a.example.com"}},
       {.recipient = "umbrella", .rule = {.subject = "CN=umbrella"}}});
  EXPECT_THAT(recipients.Find(kAcme), IsOkAnd("acme"));
  EXPECT_THAT(recipients.Find({.subject = "CN=umbrella"}), IsOkAnd("umbrella"));
  EXPECT_THAT(recipients.Find({}), FailsWith(ErrorCode::kUnauthenticated));
  const http::PeerCertificate posing = {.subject = "DNS:a.example.com",
                                        .alternative_names = {"URI:subject:CN=umbrella"}};
  EXPECT_THAT(recipients.Find(posing), FailsWith(ErrorCode::kUnauthenticated));
}

TEST(CertifiedRecipients, ACertificateThatFitsTwoOpensNeither) {
  const CertifiedRecipients recipients(
      {{.recipient = "a", .rule = {.subject = "CN=acme,O=Example"}},
       {.recipient = "b", .rule = {.alternative_name = "DNS:a.example.com"}}});
  const auto found = recipients.Find(kAcme);
  ASSERT_THAT(found, FailsWith(ErrorCode::kUnauthenticated));
  EXPECT_THAT(found.error().detail, HasSubstr("both fit"));
}

}  // namespace
}  // namespace sluice::auth
