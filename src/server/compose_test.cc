#include "server/compose.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/testing.h"
#include "delta/testing.h"
#include "http/test_client.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;
using config::ConfigurationSources;
using testing::HasSubstr;
using testing::Not;

constexpr char kToken[] = "a-token-of-the-test-0123456789";

/// Servers on free ports of this machine, below one temporary folder.
class AppTest : public testing::Test {
 protected:
  AppTest() {
    std::string pattern = testing::TempDir() + "app-XXXXXX";
    top_ = fs::canonical(mkdtemp(pattern.data()));
    AddTable("warehouse/orders");
  }
  ~AppTest() override { fs::remove_all(top_); }

  void Write(const std::string& name, std::string_view text) {
    fs::create_directories((top_ / name).parent_path());
    std::ofstream(top_ / name) << text;
  }
  std::string Read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(top_ / name).rdbuf();
    return text.str();
  }
  void AddTable(const std::string& name) {
    Write(name + "/_delta_log/00000000000000000000.json", delta::FirstCommit());
  }

  /// Flags by name, over those that every server of these tests has.
  using Flags = std::map<std::string, std::string>;
  ConfigurationSources Sources(const Flags& more = {}) const {
    Flags flags = {{"listen", "127.0.0.1:0"},
                   {"admin_listen", "127.0.0.1:0"},
                   {"data_dir", top_ / "data"},
                   {"log_file", top_ / "log"}};
    for (const auto& [name, value] : more) flags[name] = value;
    ConfigurationSources sources;
    for (const auto& [name, value] : flags) {
      sources.flags.push_back(
          {.name = name, .layer = config::Layer::kFlag, .where = "--" + name, .items = {value}});
    }
    return sources;
  }
  ConfigurationSources OfFolder(const Flags& more = {}) const {
    ConfigurationSources sources = Sources(more);
    sources.folder = top_ / "warehouse";
    return sources;
  }
  /// A file that shares orders under the name `share`.
  ConfigurationSources OfFile(const std::string& share) {
    WriteConfig(share);
    ConfigurationSources sources = Sources();
    sources.file = top_ / "sluice.yaml";
    return sources;
  }
  void WriteConfig(const std::string& share) {
    Write("sluice.yaml", "version: 1\nauthorization: {bearerToken: " + std::string(kToken) +
                             "}\nshares:\n- name: " + share +
                             "\n  schemas:\n  - name: sales\n    tables:\n"
                             "    - {name: orders, location: " +
                             (top_ / "warehouse/orders").string() + "}\n");
  }

  static std::unique_ptr<App> Start(const ConfigurationSources& sources) {
    auto app = App::Start(sources);
    EXPECT_THAT(app, IsOk());
    return app.ok() ? std::move(app).value() : nullptr;
  }
  /// Where recipients reach the server: "127.0.0.1:PORT".
  static std::string AddressOf(const App& app) {
    const std::string& url = app.report().endpoint;
    const std::size_t begin = url.find("//") + 2;
    return url.substr(begin, url.find('/', begin) - begin);
  }
  static http::ReceivedResponse Get(const std::string& address, const std::string& path,
                                    const std::string& token = kToken) {
    http::TestClient client(address);
    return client.Exchange("GET " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                           token + "\r\n\r\n");
  }
  static std::string SharesOf(const App& app, const std::string& token = kToken) {
    return Get(AddressOf(app), "/delta-sharing/shares", token).body;
  }

  fs::path top_;
};

TEST_F(AppTest, ServesAFolderToTheRecipientOfItsProfile) {
  const auto app = Start(OfFolder());
  const StartReport& report = app->report();
  EXPECT_EQ(report.share_count, 1u);
  EXPECT_EQ(report.table_count, 1u);
  EXPECT_EQ(report.example_table, "warehouse.default.orders");
  EXPECT_FALSE(report.anonymous);
  const std::string profile = Read("data/me.share");
  EXPECT_THAT(profile, HasSubstr(report.endpoint));
  const std::string marker = R"("bearerToken":")";
  ASSERT_THAT(profile, HasSubstr("bearerToken"));
  std::string compact = profile;
  std::erase(compact, ' ');
  const std::size_t begin = compact.find(marker) + marker.size();
  const std::string token = compact.substr(begin, compact.find('"', begin) - begin);
  EXPECT_THAT(SharesOf(*app, token), HasSubstr(R"("name":"warehouse")"));
  EXPECT_EQ(Get(AddressOf(*app), "/delta-sharing/shares", "wrong").status, 401);
}

TEST_F(AppTest, OwnersSurfaceIsOnItsOwnAddressAndSocket) {
  const auto app = Start(OfFolder());
  EXPECT_EQ(Get(AddressOf(*app), "/metrics").status, 404);
  EXPECT_EQ(Get(app->report().admin_address, "/delta-sharing/shares").status, 404);
  for (const std::string& address :
       {app->report().admin_address, "unix:" + (top_ / "data/admin.sock").string()}) {
    const auto metrics = Get(address, "/metrics");
    EXPECT_EQ(metrics.status, 200) << address;
    EXPECT_THAT(metrics.body, HasSubstr("sluice_table_cache_bytes"));
    EXPECT_EQ(Get(address, "/readyz").status, 200);
  }
}

TEST_F(AppTest, RescanFindsNewTablesAndForgetsRemovedOnes) {
  const auto app = Start(OfFolder());
  AddTable("warehouse/refunds");
  EXPECT_EQ(app->report().table_count, 1u);
  app->Rescan();
  EXPECT_EQ(app->report().table_count, 2u);
  fs::remove_all(top_ / "warehouse/orders");
  app->Rescan();
  EXPECT_EQ(app->report().table_count, 1u);
  EXPECT_EQ(app->report().example_table, "warehouse.default.refunds");
}

TEST_F(AppTest, RescanOfAFolderThatIsAwayKeepsWhatWasShared) {
  auto app = Start(OfFolder());
  fs::rename(top_ / "warehouse", top_ / "away");
  app->Rescan();
  EXPECT_EQ(app->report().table_count, 1u);
  fs::rename(top_ / "away", top_ / "warehouse");
  app.reset();
  EXPECT_THAT(Read("log"), HasSubstr("the old shares stay"));
}

TEST_F(AppTest, ReloadTakesAChangedFile) {
  const auto app = Start(OfFile("retail"));
  EXPECT_THAT(SharesOf(*app), HasSubstr(R"("name":"retail")"));
  WriteConfig("finance");
  app->Reload();
  EXPECT_THAT(SharesOf(*app), HasSubstr(R"("name":"finance")"));
}

TEST_F(AppTest, ReloadOfABrokenFileKeepsWhatWasInForceAndSaysSo) {
  auto app = Start(OfFile("retail"));
  for (const char* broken : {"shares: [", "shares: []\nunknownKey: 1\n", "shares: 7\n", ""}) {
    Write("sluice.yaml", broken);
    app->Reload();
    EXPECT_THAT(SharesOf(*app), HasSubstr(R"("name":"retail")")) << broken;
  }
  fs::remove(top_ / "sluice.yaml");
  app->Reload();
  EXPECT_THAT(SharesOf(*app), HasSubstr(R"("name":"retail")"));
  app.reset();
  EXPECT_THAT(Read("log"), HasSubstr("reload failed"));
  EXPECT_THAT(Read("log"), HasSubstr("sluice.yaml:2"));
}

TEST_F(AppTest, AStoreThatCannotBeMadeEndsTheStartByItsNameAndTheFilesSpelling) {
  const ConfigurationSources sources = OfFile("retail");
  const std::string shares = Read("sluice.yaml");
  const std::pair<const char*, const char*> wrong[] = {
      {"{name: lake, prefix: s3://lake, accessKeyId: A}",
       "store 'lake': accessKeyId needs secretAccessKeyFile"},
      {"{name: web, prefix: 'https://data.example.com', accessKeyId: A}",
       "store 'web': accessKeyId is not for a web server"},
      {"{name: az, prefix: 'az://lake@acme', roleArn: r}", "store 'az': roleArn is no option"}};
  for (const auto& [store, message] : wrong) {
    Write("sluice.yaml", Format("{}stores:\n- {}\n", shares, store));
    const auto app = App::Start(sources);
    ASSERT_THAT(app, FailsWith(ErrorCode::kInvalidArgument)) << store;
    EXPECT_THAT(app.error().message, HasSubstr(message));
  }
}

TEST_F(AppTest, ReloadSaysThatStoresAreFixed) {
  auto app = Start(OfFile("retail"));
  Write("sluice.yaml", Read("sluice.yaml") + "stores:\n- {name: lake, prefix: s3://lake}\n");
  app->Reload();
  app.reset();
  EXPECT_THAT(Read("log"), HasSubstr("setting takes effect at the next start setting=stores"));
}

TEST_F(AppTest, DataDirectoryServesOneServerAtATime) {
  auto first = Start(OfFolder());
  EXPECT_THAT(App::Start(OfFolder()), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(SharesOf(*first, "any"), HasSubstr("UNAUTHENTICATED"));
  first.reset();
  EXPECT_NE(Start(OfFolder()), nullptr);
}

TEST_F(AppTest, PortInUseIsNamed) {
  const auto first = Start(OfFolder());
  const std::string taken = AddressOf(*first);
  const Flags flags = {{"listen", taken}, {"data_dir", top_ / "other"}};
  const auto second = App::Start(OfFolder(flags));
  ASSERT_THAT(second, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(second.error().message, HasSubstr(taken));
  // What failed holds nothing back.
  EXPECT_NE(Start(OfFolder({{"data_dir", top_ / "other"}})), nullptr);
}

TEST_F(AppTest, StartFailsWhereTheLogCannotBeWritten) {
  EXPECT_THAT(App::Start(OfFolder({{"log_file", top_ / "nowhere/log"}})),
              FailsWith(ErrorCode::kUnavailable));
}

TEST_F(AppTest, ReloadOpensTheLogFileAgain) {
  auto app = Start(OfFolder());
  fs::rename(top_ / "log", top_ / "log.1");
  app->Reload();
  app->Drain();
  app.reset();
  EXPECT_THAT(Read("log"), HasSubstr(" reloaded "));
  EXPECT_THAT(Read("log"), HasSubstr(" stopped"));
  EXPECT_THAT(Read("log.1"), Not(HasSubstr(" reloaded ")));
  EXPECT_THAT(Read("log.1") + Read("log"), HasSubstr(" listening ")) << "no line is lost";
}

TEST_F(AppTest, LogFileIsOpenedAgainEvenIfTheRestOfAReloadFails) {
  auto app = Start(OfFile("retail"));
  fs::rename(top_ / "log", top_ / "log.1");
  Write("sluice.yaml", "shares: [");
  app->Reload();
  app.reset();
  EXPECT_THAT(Read("log"), HasSubstr("reload failed"));
}

TEST_F(AppTest, LogThatCannotBeOpenedAgainGoesOnWhereItIs) {
  auto app = Start(OfFolder());
  fs::rename(top_ / "log", top_ / "log.1");
  fs::create_directory(top_ / "log");
  app->Reload();
  app.reset();
  EXPECT_THAT(Read("log.1"), HasSubstr("cannot open the log file again"));
  EXPECT_THAT(Read("log.1"), HasSubstr(" reloaded "));
}

TEST_F(AppTest, DrainTellsBalancersAndEndsService) {
  auto app = Start(OfFolder());
  const std::string address = AddressOf(*app);
  EXPECT_EQ(Get(address, "/readyz").status, 200);
  app->Drain();
  app.reset();
  EXPECT_FALSE(fs::exists(top_ / "data/ports.json"));
}

TEST_F(AppTest, ItsOwnCertificateIsKeptWhileItIsUsable) {
  const ConfigurationSources sources = OfFolder({{"tls_self_signed", "true"}});
  Start(sources).reset();
  const std::string first = Read("data/tls.crt");
  EXPECT_THAT(first, HasSubstr("BEGIN CERTIFICATE"));
  Start(sources).reset();
  EXPECT_EQ(Read("data/tls.crt"), first);
  Write("data/tls.key", "not a key");
  const auto app = Start(sources);
  EXPECT_NE(Read("data/tls.crt"), first);
  EXPECT_EQ(fs::status(top_ / "data/tls.key").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(app->report().certificate_path, top_ / "data/tls.crt");
}

}  // namespace
}  // namespace sluice::server
