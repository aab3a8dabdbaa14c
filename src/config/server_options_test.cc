#include "config/server_options.h"

#include <fstream>
#include <set>
#include <sstream>

#include "base/testing.h"
#include "config/store_options.h"

namespace sluice::config {
namespace {

using testing::HasSubstr;

ServerOptions Defaults() { return LayerSettings(ServerSettings(), {}).value().options; }

TEST(ServerOptions, DefaultsAreWithinTheirBounds) {
  const auto layered = LayerSettings(ServerSettings(), {});
  ASSERT_THAT(layered, IsOk());
  EXPECT_THAT(CheckServerOptions(layered->options), IsOk());
  EXPECT_EQ(layered->options.listen, "127.0.0.1:8080");
  EXPECT_EQ(layered->options.url_lifetime, std::chrono::hours(1));
}

TEST(ServerOptions, EverySettingIsDocumentedAndNamedOnce) {
  std::set<std::string_view> names;
  for (const SettingRow& row : ServerSettingRows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_TRUE(row.kind == SettingKind::kBool || !row.value_name.empty()) << row.name;
  }
}

TEST(StoreOptions, EverySettingIsDocumentedAndNamedOnce) {
  std::set<std::string_view> names;
  for (const SettingRow& row : StoreSettingRows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.doc.empty()) << row.name;
  }
}

TEST(ServerOptions, ReferencePageInTheRepositoryIsTheOneTheTableGives) {
  std::ifstream file(SLUICE_SOURCE_DIR "/docs/reference/settings.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), SettingsReference(ServerSettingRows(), StoreSettingRows()))
      << "run: sluice config docs > docs/reference/settings.md";
}

TEST(ServerOptions, RefusesACertificateWithoutItsKey) {
  ServerOptions options = Defaults();
  options.tls_certificate = "/c.pem";
  const Result<void> result = CheckServerOptions(options);
  ASSERT_THAT(result, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(result.error().message, HasSubstr("tlsKey"));
}

TEST(ServerOptions, ClientsAreAskedForCertificatesByTlsAndAnAuthorityAlone) {
  const auto check = [](const char* ask, const char* authority, const char* revoked, bool tls) {
    ServerOptions options = Defaults();
    options.tls_self_signed = tls;
    options.tls_client_auth = ask;
    options.tls_client_ca = authority;
    options.tls_client_crl = revoked;
    return CheckServerOptions(options);
  };
  EXPECT_THAT(check("required", "/ca.pem", "", true), IsOk());
  EXPECT_THAT(check("optional", "/ca.pem", "/crl.pem", true), IsOk());
  EXPECT_THAT(check("optional", "/ca.pem", "", false), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(check("required", "", "/crl.pem", true), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(check("none", "/ca.pem", "", true), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(check("none", "", "/crl.pem", true), FailsWith(ErrorCode::kInvalidArgument));
}

TEST(ServerOptions, RefusesPrefixesAndUrlsThatCannotBe) {
  for (const char* prefix : {"delta-sharing", "/a/", "/", "/a//b", "/a?b", "/a b"}) {
    ServerOptions options = Defaults();
    options.prefix = prefix;
    EXPECT_THAT(CheckServerOptions(options), FailsWith(ErrorCode::kInvalidArgument)) << prefix;
  }
  for (const char* url : {"example.com", "http://", "ftp://x", "https://x?y", "https:///x"}) {
    ServerOptions options = Defaults();
    options.public_url = url;
    EXPECT_THAT(CheckServerOptions(options), FailsWith(ErrorCode::kInvalidArgument)) << url;
  }
}

TEST(ServerOptions, EndpointIsThePublicUrlOrTheAddress) {
  ServerOptions options = Defaults();
  EXPECT_EQ(EndpointUrl(options, "127.0.0.1:8080"), "http://127.0.0.1:8080/delta-sharing");
  EXPECT_EQ(EndpointUrl(options, "0.0.0.0:8080"), "http://127.0.0.1:8080/delta-sharing");
  options.tls_self_signed = true;
  EXPECT_EQ(EndpointUrl(options, "[::1]:1"), "https://[::1]:1/delta-sharing");
  options.public_url = "https://sharing.example.com/";
  EXPECT_EQ(EndpointUrl(options, "0.0.0.0:8080"), "https://sharing.example.com/delta-sharing");
}

TEST(ServerOptions, TellsAnAddressOfNoInterfaceInParticular) {
  EXPECT_TRUE(ListensEverywhere("0.0.0.0:80"));
  EXPECT_TRUE(ListensEverywhere("[::]:80"));
  EXPECT_FALSE(ListensEverywhere("127.0.0.1:80"));
  EXPECT_FALSE(ListensEverywhere("[::1]:80"));
}

}  // namespace
}  // namespace sluice::config
