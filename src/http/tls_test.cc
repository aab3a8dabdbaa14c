#include "http/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "http/server_test_support.h"
#include "http/tls_test_support.h"

namespace sluice::http {
namespace {

using testing::HasSubstr;

std::string SerialOf(const CertificatePtr& certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate.get());
  return std::string(reinterpret_cast<const char*>(serial->data),
                     static_cast<std::size_t>(serial->length));
}

std::string Encrypted(const Secret& key_pem, const std::string& password) {
  const auto free_bio = [](BIO* bio) { BIO_free(bio); };
  const std::shared_ptr<BIO> plain(BIO_new_mem_buf(key_pem.Reveal().data(), -1), free_bio);
  const std::shared_ptr<BIO> encrypted(BIO_new(BIO_s_mem()), free_bio);
  const std::shared_ptr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(plain.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  PEM_write_bio_PrivateKey(encrypted.get(), key.get(), EVP_aes_128_cbc(),
                           reinterpret_cast<const unsigned char*>(password.data()),
                           static_cast<int>(password.size()), nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(encrypted.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

const std::string kClosing = Get("/hello", "Connection: close\r\n");

class TlsTest : public ServerTest {
 protected:
  TlsTest() {
    char pattern[] = "/tmp/sluice_tls_XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  std::string InFolder(const std::string& name) const { return folder_ + "/" + name; }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(InFolder(name)) << text;
  }
  /// Writes a new certificate and key; the key is encrypted if `password` is not empty.
  void WriteFiles(const std::string& password = "") {
    const SelfSigned made = MakeSelfSigned().value();
    Write("cert.pem", made.certificate);
    Write("key.pem", password.empty() ? made.key.Reveal() : Encrypted(made.key, password));
  }
  TlsOptions FileOptions() const {
    return {.certificate_file = InFolder("cert.pem"), .key_file = InFolder("key.pem")};
  }
  void StartTls() {
    WriteFiles();
    tls_ = TlsContext::Load(FileOptions()).value();
    Start({.address = "127.0.0.1:0", .tls = tls_});
  }

  std::string folder_;
  std::shared_ptr<TlsContext> tls_;
};

TEST_F(TlsTest, ServesOverTls13And12ButNothingOlder) {
  StartTls();
  TlsClient modern(address());
  EXPECT_EQ(modern.protocol(), "TLSv1.3");
  EXPECT_THAT(modern.ExchangeAndClose(kClosing), HasSubstr("\r\n\r\nhello"));
  TlsClient older(address(), TLS1_2_VERSION);
  EXPECT_EQ(older.protocol(), "TLSv1.2");
  EXPECT_THAT(older.ExchangeAndClose(kClosing), HasSubstr("\r\n\r\nhello"));
  EXPECT_FALSE(TlsClient(address(), TLS1_1_VERSION).connected());
}

TEST_F(TlsTest, TheHandlerKnowsThatItIsTls) {
  handler_.On("/tls", Execution::kInline,
              [](Request& request) { return Text(request.over_tls ? "yes" : "no"); });
  StartTls();
  EXPECT_THAT(TlsClient(address()).ExchangeAndClose(Get("/tls", "Connection: close\r\n")),
              HasSubstr("\r\n\r\nyes"));
}

TEST_F(TlsTest, TheSelfSignedCertificateIsForThisMachine) {
  StartTls();
  const CertificatePtr certificate = TlsClient(address()).certificate();
  EXPECT_EQ(X509_check_host(certificate.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "example.com", 0, 0, nullptr), 0);
}

TEST_F(TlsTest, ASelfSignedCertificateLastsAYear) {
  StartTls();
  const auto left = tls_->ExpiresAt() - std::chrono::system_clock::now();
  EXPECT_GT(left, std::chrono::hours(364 * 24));
  EXPECT_LT(left, std::chrono::hours(366 * 24));
}

TEST_F(TlsTest, BigBodiesAndFilesArriveWhole) {
  const std::string big(5'000'000, 'b');
  handler_.On("/big", Execution::kWorker, [&big](Request&) { return Text(big); });
  handler_.On("/file", Execution::kWorker, [&big, this](Request&) {
    std::FILE* file = std::fopen(InFolder("data").c_str(), "w+");
    std::fwrite(big.data(), 1, big.size(), file);
    std::fflush(file);
    Response response;
    response.body = FileBody{.file = FileDescriptor(::dup(::fileno(file))),
                             .offset_bytes = 1,
                             .length_bytes = big.size() - 1};
    std::fclose(file);
    return response;
  });
  handler_.On("/relay", Execution::kWorker, [&big](Request&) {
    const auto next = [&big](int turn, std::string& out) -> Result<void> {
      if (turn < 2) out = big;
      return {};
    };
    return Stream(next, /*destroyed=*/nullptr, 2 * big.size());
  });
  StartTls();
  const std::string closing = "Connection: close\r\n";
  const std::string text = TlsClient(address()).ExchangeAndClose(Get("/big", closing));
  EXPECT_TRUE(text.ends_with("\r\n\r\n" + big));
  const std::string file = TlsClient(address()).ExchangeAndClose(Get("/file", closing));
  EXPECT_TRUE(file.ends_with("\r\n\r\n" + big.substr(1)));
  const std::string relayed = TlsClient(address()).ExchangeAndClose(Get("/relay", closing));
  EXPECT_TRUE(relayed.ends_with("\r\n\r\n" + big + big));
}

TEST_F(TlsTest, AfterAReloadNewConnectionsGetTheNewCertificate) {
  StartTls();
  TlsClient before(address());
  WriteFiles();
  ASSERT_TRUE(tls_->Reload().ok());
  TlsClient after(address());
  EXPECT_NE(SerialOf(before.certificate()), SerialOf(after.certificate()));
  EXPECT_THAT(before.ExchangeAndClose(kClosing), HasSubstr("hello"));
  EXPECT_THAT(after.ExchangeAndClose(kClosing), HasSubstr("hello"));
}

TEST_F(TlsTest, AFailedReloadKeepsTheCertificate) {
  StartTls();
  std::filesystem::remove(InFolder("key.pem"));
  EXPECT_FALSE(tls_->Reload().ok());
  EXPECT_THAT(TlsClient(address()).ExchangeAndClose(kClosing), HasSubstr("hello"));
}

TEST_F(TlsTest, AnEncryptedKeyNeedsItsPassword) {
  WriteFiles("open sesame");
  TlsOptions options = FileOptions();
  EXPECT_FALSE(TlsContext::Load(options).ok());
  options.password_file = InFolder("password");
  EXPECT_FALSE(TlsContext::Load(options).ok());
  Write("password", "open sesame\n");
  EXPECT_TRUE(TlsContext::Load(options).ok());
}

TEST_F(TlsTest, ErrorsNameTheFile) {
  const auto missing = TlsContext::Load(FileOptions());
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().message, HasSubstr("cert.pem"));

  WriteFiles();
  std::filesystem::rename(InFolder("cert.pem"), InFolder("first.pem"));
  WriteFiles();
  TlsOptions mixed = FileOptions();
  mixed.certificate_file = InFolder("first.pem");
  const auto unfit = TlsContext::Load(mixed);
  ASSERT_FALSE(unfit.ok());
  EXPECT_EQ(unfit.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unfit.error().message, HasSubstr("key.pem"));
}

TEST_F(TlsTest, WhoSpeaksPlainHttpIsClosed) {
  StartTls();
  TestClient plain(address());
  EXPECT_EQ(plain.Exchange(Get("/hello")).status, 0);
}

TEST_F(TlsTest, HalfARecordIsWaitedForAndTimedOut) {
  options_.idle_timeout = std::chrono::milliseconds(100);
  StartTls();
  TlsClient client(address());
  constexpr std::string_view kHalfRecord("\x17\x03\x03\x00\x50half", 9);
  ASSERT_TRUE(client.socket().Send(kHalfRecord));
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(TlsTest, AHandshakeThatDoesNotEndIsClosed) {
  options_.header_timeout = std::chrono::milliseconds(100);
  StartTls();
  TestClient silent(address());
  EXPECT_TRUE(silent.IsClosedByServer());
}

}  // namespace
}  // namespace sluice::http
