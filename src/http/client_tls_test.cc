#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "http/client.h"
#include "http/server_test_support.h"
#include "http/tls.h"

namespace sluice::http {
namespace {

using testing::HasSubstr;

class ClientTlsTest : public ServerTest {
 protected:
  ClientTlsTest() {
    std::string pattern = testing::TempDir() + "client-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    const SelfSigned made = MakeSelfSigned().value();
    std::ofstream(folder_ / "cert.pem") << made.certificate;
    std::ofstream(folder_ / "key.pem") << made.key.Reveal();
    Start({.address = "0.0.0.0:0",
           .tls = TlsContext::Load(
                      {.certificate_file = folder_ / "cert.pem", .key_file = folder_ / "key.pem"})
                      .value()});
  }
  ~ClientTlsTest() override { std::filesystem::remove_all(folder_); }

  Result<ClientResponse> GetHello(const std::string& ca_file, const std::string& host) {
    const auto client =
        Client::New({.ca_file = ca_file, .private_networks = {"127.0.0.0/8"}}).value();
    return client->Send({.url = Url(host, "/hello")}, {});
  }
  std::string Url(const std::string& host, const std::string& path) const {
    return Format("https://{}{}{}", host, address().substr(address().find(':')), path);
  }

  std::filesystem::path folder_;
};

TEST_F(ClientTlsTest, BelievesTheAuthorityOfItsFile) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto response = GetHello(folder_ / "cert.pem", host);
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->body, "hello");
  }
}

TEST_F(ClientTlsTest, BelievesNobodyElse) {
  const auto response = GetHello("", "127.0.0.1");
  ASSERT_THAT(response, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(response.error().message, HasSubstr("certificate"));
}

TEST_F(ClientTlsTest, BelievesACertificateOnlyForItsOwnNames) {
  const auto response = GetHello(folder_ / "cert.pem", "127.0.0.2");
  ASSERT_THAT(response, FailsWith(ErrorCode::kPermissionDenied));
  EXPECT_THAT(response.error().message, HasSubstr("certificate"));
}

TEST_F(ClientTlsTest, StreamsMuchMoreThanItsReaderAsksFor) {
  const std::string big(8 << 20, 'x');
  handler_.On("/big", Execution::kInline, [&](Request&) { return Text(big); });
  const auto client =
      Client::New({.ca_file = folder_ / "cert.pem", .private_networks = {"127.0.0.0/8"}}).value();
  const auto download = client->Start({.url = Url("localhost", "/big")}, {}).value();
  std::string all;
  std::string part(10'007, '\0');
  for (std::size_t count = part.size(); count == part.size();) {
    count = download->Read(part).value();
    all.append(part, 0, count);
  }
  EXPECT_TRUE(all == big);
}

TEST_F(ClientTlsTest, FileWithoutCertificatesIsRefusedByName) {
  std::ofstream(folder_ / "empty.pem") << "nothing\n";
  for (const char* name : {"empty.pem", "missing.pem"}) {
    const auto client = Client::New({.ca_file = folder_ / name});
    ASSERT_THAT(client, FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(client.error().message, HasSubstr(name));
  }
}

}  // namespace
}  // namespace sluice::http
