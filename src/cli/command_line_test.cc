#include "cli/command_line.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/testing.h"
#include "cli/command.h"
#include "config/server_options.h"
#include "config/store_options.h"

namespace sluice::cli {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    operations_.serve = [this](const ServeRequest& request) -> Result<void> {
      served_.push_back(request.sources);
      if (request.on_listening) request.on_listening(started_);
      return {};
    };
    operations_.check_stores = [this](const config::Configuration&,
                                      std::span<const catalog::SharePtr>) {
      return stores_checked_;
    };
    operations_.check_table = [this](const config::Configuration& configuration,
                                     const std::string& location) -> Result<TableReport> {
      checked_with_ = configuration.file;
      if (location == "/broken") {
        return WithDetail(CorruptData("cannot read the table"), "00000000000000000001.json");
      }
      TableReport report = report_;
      report.location = location;
      return report;
    };
    operations_.health_url = [](const std::string& data_directory) -> Result<std::string> {
      return "of " + data_directory;
    };
    operations_.ask_health = [this](const std::string& url) -> Result<HealthAnswer> {
      asked_ = url;
      return health_;
    };
    std::string pattern = testing::TempDir() + "sluice-cli-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~CommandLineTest() override { std::filesystem::remove_all(folder_); }

  int Run(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    return RunCommandLine(arguments, operations_,
                          {.environment = environment_, .out = out_, .err = err_});
  }

  std::string Write(std::string_view text) {
    const std::string path = folder_ + "/shares.yaml";
    std::ofstream(path) << text;
    return path;
  }

  Operations operations_;
  StartReport started_;
  TableReport report_;
  HealthAnswer health_;
  std::string asked_;
  Result<void> stores_checked_;
  std::string checked_with_;  ///< The configuration file that a table was checked with.
  std::vector<config::ConfigurationSources> served_;
  std::map<std::string, std::string> environment_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::string folder_;
};

TEST_F(CommandLineTest, ServeHandsOnFolderFlagsAndEnvironment) {
  environment_ = {{"SLUICE_WORKERS", "4"}};
  ASSERT_EQ(Run({"serve", "/data", "--listen", "127.0.0.1:0", "--tls-self-signed"}), kSuccess);
  ASSERT_THAT(served_, SizeIs(1));
  EXPECT_EQ(served_[0].folder, "/data");
  const auto loaded = config::LoadConfiguration(served_[0]);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->options.listen, "127.0.0.1:0");
  EXPECT_EQ(loaded->options.workers, 4);
  EXPECT_TRUE(loaded->options.tls_self_signed);
}

TEST_F(CommandLineTest, SwitchCanBeSwitchedOff) {
  environment_ = {{"SLUICE_TLS_SELF_SIGNED", "true"}};
  ASSERT_EQ(Run({"serve", "/data", "--tls-self-signed=false"}), kSuccess);
  EXPECT_FALSE(config::LoadConfiguration(served_[0])->options.tls_self_signed);
}

TEST_F(CommandLineTest, StartPrintsLinesToPaste) {
  started_ = {.endpoint = "http://127.0.0.1:8080/delta-sharing",
              .admin_address = "127.0.0.1:8081",
              .share_count = 1,
              .table_count = 2,
              .example_table = "warehouse.default.weather",
              .profile_path = "/state/me.share"};
  ASSERT_EQ(Run({"serve", "/data"}), kSuccess);
  for (const char* text :
       {"1 share with 2 tables", "http://127.0.0.1:8080/delta-sharing", "/state/me.share",
        "delta_sharing.load_as_pandas(\"/state/me.share#warehouse.default.weather\")",
        "spark.read.format(\"deltaSharing\")", "duckdb.sql("}) {
    EXPECT_THAT(out_.str(), HasSubstr(text));
  }
}

TEST_F(CommandLineTest, StartWithoutProfileSaysWhatOneLooksLike) {
  started_ = {.endpoint = "http://h/delta-sharing", .example_table = "a.b.c"};
  ASSERT_EQ(Run({"serve", "--config", "x.yaml"}), kSuccess);
  EXPECT_THAT(out_.str(), HasSubstr("\"endpoint\":\"http://h/delta-sharing\""));
  EXPECT_THAT(out_.str(), HasSubstr("profile.share#a.b.c"));
}

TEST_F(CommandLineTest, StartWithManagedTablesAloneNamesNoneForTheProfile) {
  started_ = {.endpoint = "http://h/delta-sharing",
              .share_count = 1,
              .table_count = 1,
              .profile_path = "/state/me.share"};
  ASSERT_EQ(Run({"serve"}), kSuccess);
  EXPECT_THAT(out_.str(), HasSubstr("sluice recipient activation-link"));
  EXPECT_EQ(out_.str().find("load_as_pandas"), std::string::npos);
}

TEST_F(CommandLineTest, FailureIsOneLineAndExitCodeOne) {
  operations_.serve = [](const ServeRequest&) -> Result<void> {
    return Unavailable("cannot listen on 127.0.0.1:8080: address in use");
  };
  EXPECT_EQ(Run({"serve", "/data"}), kFailure);
  EXPECT_EQ(err_.str(), "sluice: cannot listen on 127.0.0.1:8080: address in use\n");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CommandLineTest, UsageErrorIsExitCodeTwoAndNamesTheHelp) {
  EXPECT_EQ(Run({"serve", "/data", "--listn", "x"}), kUsageError);
  EXPECT_EQ(
      err_.str(),
      "sluice: unexpected '--listn'; did you mean '--listen'?\n        see: sluice serve --help\n");
  EXPECT_EQ(Run({"srve"}), kUsageError);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean 'serve'?"));
  EXPECT_EQ(Run({"config"}), kUsageError);
  EXPECT_EQ(Run({"table", "check"}), kUsageError);
  EXPECT_THAT(err_.str(), HasSubstr("see: sluice table check --help"));
}

TEST_F(CommandLineTest, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(Run({"--version"}), kSuccess);
  EXPECT_THAT(out_.str(), testing::ContainsRegex("sluice [0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(Run({"--help"}), kSuccess);
  EXPECT_THAT(out_.str(), HasSubstr("Examples:"));
  EXPECT_EQ(Run({}), kSuccess);
  EXPECT_EQ(Run({"serve", "--help"}), kSuccess);
  for (const config::SettingRow& row : config::ServerSettingRows()) {
    EXPECT_THAT(out_.str(), HasSubstr(row.Flag()));
  }
}

TEST_F(CommandLineTest, AGroupsHelpNamesItsCommandsAndNobodyElsesExamples) {
  EXPECT_EQ(Run({"quota", "--help"}), kSuccess);
  EXPECT_THAT(out_.str(),
              testing::AllOf(HasSubstr("drop"), HasSubstr("sluice quota COMMAND --help")));
  EXPECT_THAT(out_.str(), testing::Not(HasSubstr("sluice serve")));
}

TEST_F(CommandLineTest, ConfigCheckAcceptsAGoodFileAndNamesIdleKeys) {
  const std::string file = Write(
      "shares: [{name: s, schemas: [{name: d, tables: [{name: t, location: /x}]}]}]\n"
      "deltaTableCacheSize: 3\n");
  EXPECT_EQ(Run({"config", "check", file}), kSuccess);
  EXPECT_THAT(out_.str(), HasSubstr("1 share, 1 table"));
  EXPECT_THAT(out_.str(), HasSubstr(":2: deltaTableCacheSize has no effect"));
  EXPECT_EQ(Run({"config", "check", "--config", file}), kSuccess);
}

TEST_F(CommandLineTest, ConfigCheckNamesFileAndLine) {
  const std::string file = Write("shares: []\nsharez: []\n");
  EXPECT_EQ(Run({"config", "check", file}), kFailure);
  EXPECT_THAT(err_.str(), HasSubstr(file + ":2: unknown key 'sharez'"));
  Write("shares:\n- name: a b\n  schemas: []\n");
  EXPECT_EQ(Run({"config", "check", file}), kFailure);
  EXPECT_THAT(err_.str(), HasSubstr(file + ":2: share name"));
}

TEST_F(CommandLineTest, ConfigShowTellsWhereValuesComeFrom) {
  environment_ = {{"SLUICE_URL_LIFETIME", "2h"}};
  const std::string file = Write("shares: []\nsluice: {logLevel: debug}\n");
  EXPECT_EQ(Run({"config", "show", file, "--workers", "3"}), kSuccess);
  for (const std::string& text : {std::string("SLUICE_URL_LIFETIME"), file + ":2",
                                  std::string("--workers"), std::string("default")}) {
    EXPECT_THAT(out_.str(), HasSubstr(text));
  }
}

TEST_F(CommandLineTest, ServeOfAUrlSaysWhereTablesOfAStoreAreNamed) {
  EXPECT_NE(Run({"serve", "s3://lake/warehouse"}), kSuccess);
  EXPECT_THAT(err_.str(), HasSubstr("--config"));
}

TEST_F(CommandLineTest, ConfigCheckLooksAtTheStoresToo) {
  stores_checked_ = InvalidArgument("store 'lake': accessKeyId needs secretAccessKeyFile");
  EXPECT_NE(Run({"config", "check", Write("shares: []\n")}), kSuccess);
  EXPECT_THAT(err_.str(), HasSubstr("accessKeyId needs secretAccessKeyFile"));
}

TEST_F(CommandLineTest, ConfigDocsPrintsTheReferencePage) {
  EXPECT_EQ(Run({"config", "docs"}), kSuccess);
  EXPECT_EQ(out_.str(),
            config::SettingsReference(config::ServerSettingRows(), config::StoreSettingRows()));
}

TEST_F(CommandLineTest, TableCheckSaysWhatATableNeeds) {
  report_ = {.can_be_served = true, .version = 7, .min_reader_version = 1, .file_count = 3};
  EXPECT_EQ(Run({"table", "check", "/t"}), kSuccess);
  EXPECT_THAT(out_.str(), HasSubstr("can be served    yes"));
  EXPECT_EQ(Run({"table", "check", "/t", "--json"}), kSuccess);
  EXPECT_EQ(out_.str(),
            "{\"location\":\"/t\",\"canBeServed\":true,\"version\":7,\"minReaderVersion\":1,"
            "\"readerFeatures\":[],\"numFiles\":3,\"size\":0}\n");
}

TEST_F(CommandLineTest, TableCheckTakesTheStoresOfAConfiguration) {
  report_ = {.can_be_served = true};
  const std::string file = Write("shares: []\n");
  EXPECT_EQ(Run({"table", "check", "s3://lake/t", "--config", file}), kSuccess);
  EXPECT_EQ(checked_with_, file);
  EXPECT_EQ(Run({"table", "check", "s3://lake/t"}), kSuccess);
  EXPECT_EQ(checked_with_, "");
}

TEST_F(CommandLineTest, TableCheckTakesRelativeFoldersAndUrls) {
  report_ = {.can_be_served = true};
  EXPECT_EQ(Run({"table", "check", "some/../table"}), kSuccess);
  EXPECT_THAT(out_.str(),
              testing::StartsWith((std::filesystem::current_path() / "table").string() + "\n"));
  EXPECT_EQ(Run({"table", "check", "s3://bucket/a/../b"}), kSuccess);
  EXPECT_THAT(out_.str(), testing::StartsWith("s3://bucket/a/../b\n"));
}

TEST_F(CommandLineTest, TableThatCannotBeServedIsAFailureWithItsReason) {
  report_ = {.reason = "needs the reader feature deletionVectors"};
  EXPECT_EQ(Run({"table", "check", "/t"}), kFailure);
  EXPECT_THAT(out_.str(), HasSubstr("no: needs the reader feature deletionVectors"));
  EXPECT_EQ(Run({"table", "check", "/broken"}), kFailure);
  EXPECT_THAT(err_.str(), HasSubstr("sluice: /broken: cannot read the table"));
  EXPECT_THAT(err_.str(), HasSubstr("00000000000000000001.json"));
}

TEST_F(CommandLineTest, HealthIsTheExitCode) {
  health_ = {.is_ready = true, .text = "ready\n"};
  EXPECT_EQ(Run({"health", "--url", "http://data.example.com/readyz"}), kSuccess);
  EXPECT_EQ(asked_, "http://data.example.com/readyz");
  EXPECT_EQ(out_.str(), "ready\n");
  health_ = {.is_ready = false, .text = "stopping"};
  EXPECT_EQ(Run({"health"}), kFailure);
  EXPECT_EQ(asked_, "of ./sluice-data");
  EXPECT_EQ(out_.str(), "stopping\n");
  EXPECT_EQ(Run({"health", "--data-dir", "/var/lib/sluice"}), kFailure);
  EXPECT_EQ(asked_, "of /var/lib/sluice");
  environment_ = {{"SLUICE_DATA_DIR", "/state"}};
  EXPECT_EQ(Run({"health"}), kFailure);
  EXPECT_EQ(asked_, "of /state");
}

TEST_F(CommandLineTest, CompletionKnowsCommandsAndFlags) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Run({"completion", shell}), kSuccess);
    for (const char* word : {"serve", "completion", "public-url", "json", "check"}) {
      EXPECT_THAT(out_.str(), HasSubstr(word)) << shell;
    }
  }
  EXPECT_EQ(Run({"completion", "tcsh"}), kUsageError);
}

TEST_F(CommandLineTest, CommandOfTheOwnerWithoutAServerSaysWhatToDo) {
  EXPECT_EQ(Run({"share", "list", "--data-dir", folder_ + "/none"}), kFailure);
  EXPECT_EQ(err_.str(), "sluice: there is no data directory " + folder_ +
                            "/none\n        start a server with sluice serve, or name one with "
                            "--data-dir, SLUICE_DATA_DIR or --server\n");
  environment_ = {{"SLUICE_DATA_DIR", folder_}};
  EXPECT_EQ(Run({"share", "list"}), kFailure);
  EXPECT_THAT(err_.str(), HasSubstr("no server is running with the data directory " + folder_));
  EXPECT_THAT(err_.str(), HasSubstr("sluice serve"));
}

TEST_F(CommandLineTest, EveryCommandHasHelpAndItsGroupIsListed) {
  for (const Command& command : AllCommands()) {
    std::istringstream words(command.path);
    std::vector<std::string> arguments;
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.push_back("--help");
    EXPECT_EQ(Run(arguments), kSuccess) << command.path;
    EXPECT_THAT(out_.str(), HasSubstr(command.about));
    EXPECT_THAT(out_.str(), HasSubstr("Usage: sluice " + command.path));
  }
  EXPECT_EQ(Run({"--help"}), kSuccess);
  for (const CommandGroup& group : AllGroups()) {
    EXPECT_THAT(out_.str(), HasSubstr(std::string(group.about)));
  }
}

TEST_F(CommandLineTest, ValueThatIsNoneOfTheChoicesIsAUsageError) {
  EXPECT_EQ(Run({"quota", "set", "reads", "5", "--per", "day"}), kUsageError);
  EXPECT_THAT(err_.str(), HasSubstr("concurrent"));
  EXPECT_EQ(Run({"share", "crate", "x"}), kUsageError);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean 'create'?"));
}

}  // namespace
}  // namespace sluice::cli
