#include "config/configuration.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing.h"

namespace sluice::config {
namespace {

using testing::HasSubstr;

class ConfigurationTest : public testing::Test {
 protected:
  ConfigurationTest() {
    std::string pattern = testing::TempDir() + "sluice-config-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ConfigurationTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  std::string folder_;
};

GivenSetting Flag(std::string name, std::string text) {
  return {.name = std::move(name),
          .layer = Layer::kFlag,
          .where = "--flag",
          .items = {std::move(text)}};
}

std::string WhereOf(const Configuration& configuration, std::string_view name) {
  for (const SettingInForce& setting : configuration.in_force) {
    if (setting.name == name) return setting.where;
  }
  return "nowhere";
}

TEST_F(ConfigurationTest, LayersFileEnvironmentAndFlags) {
  const std::string file = Write("s.yaml",
                                 "shares: []\nport: 1001\nrequestTimeoutSeconds: 9\nsluice:\n"
                                 "  workers: 3\n  urlLifetime: 2h\n  logLevel: debug\n");
  const auto loaded = LoadConfiguration(
      {.file = file,
       .environment = SettingsInEnvironment({{"SLUICE_WORKERS", "4"},
                                             {"SLUICE_URL_LIFETIME", "3h"},
                                             {"SLUICE_PORT", "tcp://10.0.0.1:80"}}),
       .flags = {Flag("workers", "5")}});
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->options.workers, 5);
  EXPECT_EQ(loaded->options.url_lifetime, std::chrono::hours(3));
  EXPECT_EQ(loaded->options.log_level, "debug");
  EXPECT_EQ(loaded->options.listen, "127.0.0.1:1001");
  EXPECT_EQ(loaded->options.request_timeout, std::chrono::seconds(9));
  EXPECT_EQ(WhereOf(*loaded, "workers"), "--flag");
  EXPECT_EQ(WhereOf(*loaded, "url_lifetime"), "SLUICE_URL_LIFETIME");
  EXPECT_EQ(WhereOf(*loaded, "log_level"), file + ":7");
  EXPECT_EQ(WhereOf(*loaded, "listen"), file + ":2");
  EXPECT_EQ(WhereOf(*loaded, "prefix"), "default");
}

TEST_F(ConfigurationTest, OpenServerMustStayOnThisMachine) {
  const std::string open = Write("open.yaml", "shares: []\nhost: 0.0.0.0\n");
  const auto refused = LoadConfiguration({.file = open});
  ASSERT_THAT(refused, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(refused.error().message, HasSubstr("anyone who can reach 0.0.0.0:8080"));

  EXPECT_THAT(LoadConfiguration({.file = open, .flags = {Flag("listen", "127.0.0.1:0")}}), IsOk());
  EXPECT_THAT(LoadConfiguration({.file = Write("b.yaml",
                                               "shares: []\nhost: 0.0.0.0\n"
                                               "authorization: {bearerToken: t}\n")}),
              IsOk());
  EXPECT_THAT(LoadConfiguration({.file = Write("c.yaml",
                                               "shares: []\nhost: 0.0.0.0\n"
                                               "allowAnonymous: true\n")}),
              IsOk());
}

TEST_F(ConfigurationTest, ServesTheDataDirectorysCatalogIfThereIsOne) {
  const std::vector<GivenSetting> flags = {Flag("data_dir", folder_)};
  const auto empty = LoadConfiguration({.flags = flags});
  ASSERT_THAT(empty, IsOk());
  EXPECT_FALSE(empty->shares.has_value());

  const std::string file = Write("catalog.yaml", "shares: [{name: a, schemas: []}]\n");
  const auto found = LoadConfiguration({.flags = flags});
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->file, file);
  ASSERT_TRUE(found->shares.has_value());

  const auto folder = LoadConfiguration({.folder = "/data", .flags = flags});
  ASSERT_THAT(folder, IsOk());
  EXPECT_FALSE(folder->shares.has_value());
}

TEST_F(ConfigurationTest, DataDirectorysCatalogCannotMoveIt) {
  Write("catalog.yaml", "shares: []\nsluice: {dataDir: /elsewhere}\n");
  EXPECT_THAT(LoadConfiguration({.flags = {Flag("data_dir", folder_)}}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(ConfigurationTest, FolderAndFileExcludeEachOther) {
  EXPECT_THAT(LoadConfiguration({.folder = "/data", .file = "/f.yaml"}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(ConfigurationTest, MissingFileIsNamed) {
  const auto missing = LoadConfiguration({.file = folder_ + "/none.yaml"});
  ASSERT_THAT(missing, FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(missing.error().message, HasSubstr("none.yaml"));
}

}  // namespace
}  // namespace sluice::config
