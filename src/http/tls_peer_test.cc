#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "http/server_test_support.h"
#include "http/tls.h"
#include "http/tls_test_support.h"

namespace sluice::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

const TestCertificate& TestAuthority() {
  static const TestCertificate authority = TestCertificate::Authority();
  return authority;
}

std::string Describe(const Request& request) {
  if (request.certificate == nullptr) return "nobody";
  std::string text = request.certificate->subject;
  for (const std::string& name : request.certificate->alternative_names) text += "|" + name;
  return text;
}

class TlsPeerTest : public ServerTest {
 protected:
  TlsPeerTest() {
    std::string pattern = testing::TempDir() + "tls-peer-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    const SelfSigned made = MakeSelfSigned().value();
    Write("cert.pem", made.certificate);
    Write("key.pem", made.key.Reveal());
    Write("ca.pem", TestAuthority().Pem());
    handler_.On("/who", Execution::kInline,
                [](Request& request) { return Text(Describe(request)); });
  }
  ~TlsPeerTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  TlsOptions FileOptions(ClientAuthentication authentication) const {
    return {.certificate_file = folder_ / "cert.pem",
            .key_file = folder_ / "key.pem",
            .client_authentication = authentication,
            .client_ca_file = folder_ / "ca.pem"};
  }
  void StartTls(const TlsOptions& tls_options) {
    tls_ = TlsContext::Load(tls_options).value();
    Start({.address = "127.0.0.1:0", .tls = tls_});
  }
  void StartTls(ClientAuthentication authentication) { StartTls(FileOptions(authentication)); }

  /// What the handler sees of a client; empty if the server does not serve it.
  std::string WhoIs(const TlsClient::Options& options) const {
    TlsClient client(address(), options);
    const std::string text = client.ExchangeAndClose(Get("/who", "Connection: close\r\n"));
    return text.empty() ? "" : text.substr(text.find("\r\n\r\n") + 4);
  }
  std::string WhoIs(const TestCertificate& certificate) const {
    return WhoIs({.certificate = &certificate});
  }

  std::filesystem::path folder_;
  std::shared_ptr<TlsContext> tls_;
};

TEST_F(TlsPeerTest, HandlersSeeWhoTheClientIs) {
  StartTls(ClientAuthentication::kOptional);
  const TestCertificate acme = TestAuthority().Issue(
      {.subject = {{"C", "FR"},
                   {"O", "Acme, Inc."},
                   {"CN",
                    "r\xc3\xa9"
                    "ader"}},
       .alternative_names = "DNS:a.example.com,IP:10.0.0.1,URI:spiffe://example.com/acme,"
                            "email:a@example.com"});
  EXPECT_EQ(WhoIs(acme),
            "CN=r\\C3\\A9"
            "ader,O=Acme\\, Inc.,C=FR|DNS:a.example.com|"
            "URI:spiffe://example.com/acme|email:a@example.com");
  EXPECT_EQ(WhoIs({.version = TLS1_2_VERSION, .certificate = &acme}), WhoIs(acme));
}

TEST_F(TlsPeerTest, OptionalServesWhoHasNone) {
  StartTls(ClientAuthentication::kOptional);
  EXPECT_EQ(WhoIs(TlsClient::Options{}), "nobody");
}

TEST_F(TlsPeerTest, RequiredServesNobodyElse) {
  StartTls(ClientAuthentication::kRequired);
  EXPECT_EQ(WhoIs(TlsClient::Options{}), "");
  EXPECT_EQ(WhoIs({.version = TLS1_2_VERSION}), "");
  EXPECT_EQ(WhoIs(TestAuthority().Issue({})), "CN=acme");
}

TEST_F(TlsPeerTest, NobodyIsAskedByDefault) {
  StartTls(ClientAuthentication::kNone);
  EXPECT_EQ(WhoIs(TestAuthority().Issue({})), "nobody");
}

TEST_F(TlsPeerTest, ACertificateThatCannotBeVerifiedEndsTheHandshake) {
  for (const auto authentication :
       {ClientAuthentication::kOptional, ClientAuthentication::kRequired}) {
    StartTls(authentication);
    const TestCertificate stranger = TestCertificate::Authority();
    EXPECT_EQ(WhoIs(stranger), "");
    EXPECT_EQ(WhoIs(stranger.Issue({})), "");
    EXPECT_EQ(WhoIs(TestAuthority().Issue({.lasts_s = -60})), "");
    EXPECT_EQ(WhoIs(TestAuthority().Issue({.extended_usage = "serverAuth"})), "");
    // A client's certificate does not make others.
    const TestCertificate client = TestAuthority().Issue({});
    EXPECT_EQ(WhoIs(client.Issue({})), "");
  }
}

TEST_F(TlsPeerTest, AResumedSessionStillKnowsTheClient) {
  StartTls(ClientAuthentication::kRequired);
  const TestCertificate acme = TestAuthority().Issue({.alternative_names = "DNS:a.example.com"});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first(address(), {.version = version, .certificate = &acme});
    const std::string request = Get("/who", "Connection: close\r\n");
    ASSERT_THAT(first.ExchangeAndClose(request), EndsWith("CN=acme|DNS:a.example.com"));
    TlsClient second(address(), {.version = version, .session = first.session()});
    EXPECT_THAT(second.ExchangeAndClose(request), EndsWith("CN=acme|DNS:a.example.com"));
    EXPECT_TRUE(second.is_resumed());
  }
}

TEST_F(TlsPeerTest, NoSessionOutlivesAReload) {
  StartTls(ClientAuthentication::kRequired);
  const TestCertificate acme = TestAuthority().Issue({});
  const std::string request = Get("/who", "Connection: close\r\n");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Write("ca.pem", TestAuthority().Pem());
    ASSERT_THAT(tls_->Reload(), IsOk());
    TlsClient first(address(), {.version = version, .certificate = &acme});
    ASSERT_THAT(first.ExchangeAndClose(request), EndsWith("CN=acme"));
    Write("ca.pem", TestCertificate::Authority().Pem());
    ASSERT_THAT(tls_->Reload(), IsOk());
    EXPECT_EQ(WhoIs({.version = version, .session = first.session()}), "");
    EXPECT_EQ(WhoIs({.version = version, .certificate = &acme, .session = first.session()}), "");
  }
}

TEST_F(TlsPeerTest, RevokedCertificatesAreRefused) {
  TlsOptions tls_options = FileOptions(ClientAuthentication::kOptional);
  tls_options.client_crl_file = folder_ / "crl.pem";
  const TestCertificate one = TestAuthority().Issue({.serial = 11});
  const TestCertificate two = TestAuthority().Issue({.serial = 12});
  Write("crl.pem", TestAuthority().RevocationPem({12}));
  StartTls(tls_options);
  EXPECT_EQ(WhoIs(one), "CN=acme");
  EXPECT_EQ(WhoIs(two), "");
  Write("crl.pem", TestAuthority().RevocationPem({11}));
  ASSERT_THAT(tls_->Reload(), IsOk());
  EXPECT_EQ(WhoIs(one), "");
  EXPECT_EQ(WhoIs(two), "CN=acme");
  Write("crl.pem", TestAuthority().RevocationPem({}, /*is_out_of_date=*/true));
  ASSERT_THAT(tls_->Reload(), IsOk());
  EXPECT_EQ(WhoIs(two), "");
}

TEST_F(TlsPeerTest, NamesThatCouldBeTakenForOthersAreLeftOut) {
  StartTls(ClientAuthentication::kRequired);
  const TestCertificate odd = TestAuthority().Issue(
      {.subject = {}, .alternative_names = "URI:a b,DNS:good.example.com,RID:1.2.3"});
  EXPECT_EQ(WhoIs(odd), "|DNS:good.example.com");
  const TestCertificate zero =
      TestAuthority().Issue({.subject = {{"CN", std::string("acme\0.evil", 10)}, {"OU", "a\nb"}}});
  EXPECT_EQ(WhoIs(zero), "OU=a\\0Ab,CN=acme\\00.evil");
}

TEST_F(TlsPeerTest, FilesThatCannotBeReadAreNamed) {
  TlsOptions tls_options = FileOptions(ClientAuthentication::kRequired);
  tls_options.client_crl_file = folder_ / "missing-crl.pem";
  auto loaded = TlsContext::Load(tls_options);
  ASSERT_THAT(loaded, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(loaded.error().message, HasSubstr("missing-crl.pem"));
  Write("empty.pem", "nothing\n");
  for (const char* name : {"missing.pem", "empty.pem"}) {
    tls_options.client_ca_file = folder_ / name;
    loaded = TlsContext::Load(tls_options);
    ASSERT_THAT(loaded, FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(loaded.error().message, HasSubstr(name));
  }
}

}  // namespace
}  // namespace sluice::http
