#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include "catalog/view.h"
#include "cli/completion.h"
#include "cli/report.h"
#include "config/configuration.h"
#include "config/server_options.h"
#include "config/setting.h"
#include "config/store_options.h"
#include "config/value.h"
#include "config/yaml_fields.h"
#include "sharing/openapi.h"

namespace sluice::cli {
namespace {

constexpr char kAbout[] =
    "Sluice shares Delta tables with anyone, without copying them: a Delta Sharing server.";

constexpr char kExamples[] =
    "Examples:\n"
    "  sluice serve /data/warehouse               share every Delta table below a folder\n"
    "  sluice serve --config shares.yaml          share what a configuration file names\n"
    "  sluice config check shares.yaml            find mistakes without starting\n"
    "  sluice table check /data/warehouse/orders  see whether a table can be shared\n"
    "  sluice COMMAND --help                      all there is to say about a command\n";

constexpr char kServeExamples[] =
    "Examples:\n"
    "  sluice serve /data/warehouse\n"
    "      Shares each table as FOLDER.SUBFOLDERS.TABLE and writes a profile for you, "
    "sluice-data/me.share.\n"
    "  sluice serve /data/warehouse --listen 0.0.0.0:8080 --public-url "
    "http://data.example.com:8080\n"
    "      The same for others on the network.\n"
    "  sluice serve --config shares.yaml\n"
    "      Reads the reference server's YAML. SIGHUP reads it again, SIGTERM ends after the last "
    "answer.\n"
    "Every setting can also stand below `sluice:` in the file or in a variable SLUICE_NAME.\n";

/// The doc up to its first full stop, on one line.
std::string FirstSentence(std::string_view doc) {
  std::string sentence(doc);
  std::ranges::replace(sentence, '\n', ' ');
  const std::size_t stop = sentence.find(". ");
  if (stop != std::string::npos) sentence.resize(stop + 1);
  return sentence;
}

/// The flags of one subcommand that come from the table of settings.
class SettingFlags {
 public:
  void AddTo(CLI::App& command) {
    for (const config::SettingRow& row : config::ServerSettingRows()) {
      Given& given = given_.emplace_back(Given{row, {}, nullptr});
      std::string help = FirstSentence(row.doc);
      if (!row.fallback.empty()) help += Format(" [{}]", row.fallback);
      // A flag without a value reads as "true"; --flag=false works too.
      given.option = row.kind == config::SettingKind::kBool
                         ? command.add_flag(row.Flag(), given.text, help)
                         : command.add_option(row.Flag(), given.text, help);
      if (!row.value_name.empty()) given.option->type_name(std::string(row.value_name));
      given.option->group("Settings");
    }
  }

  std::vector<config::GivenSetting> Settings() const {
    std::vector<config::GivenSetting> settings;
    for (const Given& given : given_) {
      if (given.option->count() == 0) continue;
      settings.push_back({.name = std::string(given.row.name),
                          .layer = config::Layer::kFlag,
                          .where = given.row.Flag(),
                          .items = {given.text}});
    }
    return settings;
  }

 private:
  struct Given {
    config::SettingRow row;
    std::string text;
    CLI::Option* option;
  };
  std::deque<Given> given_;  // CLI11 keeps pointers into it
};

/// A path as it is found from anywhere; one that cannot be made absolute stays.
std::string Absolute(const std::string& path) {
  std::error_code fault;
  const std::filesystem::path absolute = std::filesystem::absolute(path, fault);
  return fault ? path : absolute.lexically_normal().string();
}

class CommandLine {
 public:
  CommandLine(const Operations& operations, const Terminal& terminal)
      : operations_(operations), terminal_(terminal) {
    app_.footer(kExamples);
    app_.set_version_flag("--version", "sluice " SLUICE_VERSION);
    app_.require_subcommand(0, 1);  // that there is one, Run() checks after the spelling
    AddServe();
    AddConfig();
    AddTable();
    AddHealth();
    AddOpenApi();
    AddCompletion();
  }

  int Run(std::vector<std::string> arguments) {
    if (arguments.empty()) arguments = {"--help"};
    std::ranges::reverse(arguments);  // as CLI11 takes them
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::Success& help) {
      app_.exit(help, terminal_.out, terminal_.err);
      return kSuccess;
    } catch (const CLI::ExtrasError&) {
      return UsageError(UnexpectedArgument());
    } catch (const CLI::ParseError& fault) {
      return UsageError(fault.what());
    }
    if (!action_) return UsageError("a command is missing");
    const Result<int> code = action_();
    if (code.ok()) return *code;
    terminal_.err << ErrorText(code.error());
    return kFailure;
  }

 private:
  void AddServe() {
    CLI::App* serve =
        AddCommand(app_, "serve", "Share tables until told to stop.", [this] { return Serve(); });
    serve->add_option("FOLDER", sources_.folder, "Share every Delta table below this folder");
    AddConfigOption(*serve, "--config");
    serve->footer(kServeExamples);
    serve_flags_.AddTo(*serve);
  }

  void AddConfig() {
    CLI::App* config = app_.add_subcommand("config", "Look at a configuration without serving it.");
    config->require_subcommand(0, 1);
    CLI::App* check = AddCommand(*config, "check", "Say whether a configuration is right.",
                                 [this] { return CheckConfig(); });
    AddConfigOption(*check, "FILE,--config");
    check_flags_.AddTo(*check);
    CLI::App* show = AddCommand(*config, "show", "Print every setting and where it comes from.",
                                [this] { return ShowConfig(); });
    AddConfigOption(*show, "FILE,--config");
    show_flags_.AddTo(*show);
    AddCommand(*config, "docs", "Print the reference page of all settings.", [this] {
      terminal_.out << config::SettingsReference(config::ServerSettingRows(),
                                                 config::StoreSettingRows());
      return kSuccess;
    });
  }

  void AddTable() {
    CLI::App* table = app_.add_subcommand("table", "Look at a table without sharing it.");
    table->require_subcommand(0, 1);
    CLI::App* check =
        AddCommand(*table, "check", "Say what a table needs and whether it can be served.",
                   [this] { return CheckTable(); });
    check->add_option("LOCATION", location_, "A folder with a _delta_log, or a URL")->required();
    check
        ->add_option("--config", sources_.file,
                     "A configuration file: its stores, with their credentials, and its settings")
        ->type_name("FILE");
    check->add_flag("--json", as_json_, "Print one JSON object");
  }

  void AddHealth() {
    CLI::App* health = AddCommand(app_, "health", "Ask a running server whether it is ready.",
                                  [this] { return AskHealth(); });
    health->add_option("--url", health_url_, "A server's /readyz; else that of the data directory");
    AddConfigOption(*health, "--config");
    health->add_option("--data-dir", health_data_dir_, "Where the server keeps its state")
        ->type_name("FOLDER");
    health->footer("The exit code is 0 if the server is ready.");
  }

  void AddOpenApi() {
    AddCommand(app_, "openapi", "Print the recipients' surface as an OpenAPI document.",
               [this]() -> Result<int> {
                 terminal_.out << sharing::OpenApiDocument();
                 return kSuccess;
               });
  }

  void AddCompletion() {
    CLI::App* completion =
        AddCommand(app_, "completion", "Print a completion script: source it in your shell.",
                   [this] { return Complete(); });
    completion->add_option("SHELL", shell_, "bash, zsh or fish")->required();
  }

  CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& about,
                       std::function<Result<int>()> action) {
    CLI::App* command = parent.add_subcommand(name, about);
    command->callback([this, action = std::move(action)] { action_ = action; });
    return command;
  }

  void AddConfigOption(CLI::App& command, const std::string& names) {
    command.add_option(names, sources_.file, "A configuration file in YAML")->type_name("FILE");
  }

  config::ConfigurationSources Sources(const SettingFlags& flags) {
    sources_.environment = config::SettingsInEnvironment(terminal_.environment);
    sources_.flags = flags.Settings();
    return sources_;
  }

  Result<int> Serve() {
    const auto report = [this](const StartReport& started) {
      StartReport absolute = started;
      for (std::string* path : {&absolute.profile_path, &absolute.certificate_path})
        if (!path->empty()) *path = Absolute(*path);
      terminal_.out << StartText(absolute) << std::flush;
    };
    if (config::IsUrl(sources_.folder)) {
      return InvalidArgument(
          "{}: only folders of this machine are searched; tables in a store are named in a "
          "configuration, see --config",
          sources_.folder);
    }
    TRY(operations_.serve({.sources = Sources(serve_flags_), .on_listening = report}));
    return kSuccess;
  }

  Result<int> CheckConfig() {
    const config::Configuration loaded = TRY(config::LoadConfiguration(Sources(check_flags_)));
    if (!loaded.shares) {
      terminal_.out << "the settings are right; no configuration file was named\n";
      return kSuccess;
    }
    const auto view =
        catalog::View::Of({.file_shares = TRY(catalog::View::MakeShares(loaded.shares->shares))});
    TRY(operations_.check_stores(loaded, view->shares()));
    for (const std::string& note : loaded.shares->without_effect) terminal_.out << note << '\n';
    terminal_.out << Format("{} is right: {}, {}; sluice table check looks into a table\n",
                            loaded.file, Counted(view->shares().size(), "share"),
                            Counted(view->table_count(), "table"));
    return kSuccess;
  }

  Result<int> ShowConfig() {
    const config::Configuration loaded = TRY(config::LoadConfiguration(Sources(show_flags_)));
    terminal_.out << SettingsText(loaded);
    return kSuccess;
  }

  Result<int> CheckTable() {
    const std::string location = config::IsUrl(location_) ? location_ : Absolute(location_);
    const config::Configuration loaded = TRY(config::LoadConfiguration(Sources(SettingFlags())));
    const Result<TableReport> report = operations_.check_table(loaded, location);
    if (!report.ok()) {  // its message is made for recipients, who must not learn the location
      Error error = report.error();
      error.message = Format("{}: {}", location, error.message);
      return error;
    }
    terminal_.out << (as_json_ ? TableJson(*report) : TableText(*report));
    return report->can_be_served ? kSuccess : kFailure;
  }

  Result<int> AskHealth() {
    if (health_url_.empty()) {
      config::ConfigurationSources sources = Sources(SettingFlags());
      if (!health_data_dir_.empty()) {
        sources.flags.push_back({.name = "data_dir",
                                 .layer = config::Layer::kFlag,
                                 .where = "--data-dir",
                                 .items = {health_data_dir_}});
      }
      const config::Configuration loaded = TRY(config::LoadConfiguration(sources));
      health_url_ = TRY(operations_.health_url(loaded.options.data_dir));
    }
    const HealthAnswer answer = TRY(operations_.ask_health(health_url_));
    terminal_.out << answer.text;
    return answer.is_ready ? kSuccess : kFailure;
  }

  Result<int> Complete() {
    std::vector<CommandWords> commands;
    CollectWords(app_, "", commands);
    const Result<std::string> script = CompletionScript(shell_, commands);
    if (!script.ok()) return UsageError(script.error().message);
    terminal_.out << *script;
    return kSuccess;
  }

  static void CollectWords(const CLI::App& command, const std::string& path,
                           std::vector<CommandWords>& commands) {
    CommandWords found{.path = path};
    for (const CLI::App* below : command.get_subcommands({})) {
      found.words.push_back(below->get_name());
    }
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) found.words.push_back("--" + name);
    }
    if (command.get_name() == "completion") found.words = {"bash", "zsh", "fish", "--help"};
    commands.push_back(std::move(found));
    for (const CLI::App* below : command.get_subcommands({})) {
      CollectWords(*below, path.empty() ? below->get_name() : path + " " + below->get_name(),
                   commands);
    }
  }

  /// The command that was given, its own name last.
  std::vector<const CLI::App*> ChosenCommands() const {
    std::vector<const CLI::App*> chosen = {&app_};
    while (!chosen.back()->get_subcommands().empty()) {
      chosen.push_back(chosen.back()->get_subcommands().front());
    }
    return chosen;
  }

  std::string UnexpectedArgument() const {
    const CLI::App& command = *ChosenCommands().back();
    std::vector<CommandWords> known;
    CollectWords(command, "", known);
    const std::vector<std::string>& words = known.front().words;
    std::vector<std::string> extras = app_.remaining(/*recurse=*/true);
    const auto is_flag = [](const std::string& text) { return text.starts_with('-'); };
    const auto flag = std::ranges::find_if(extras, is_flag);
    const std::string unexpected = flag == extras.end() ? extras.back() : *flag;
    const std::string_view nearest = config::NearestName(unexpected, {words.begin(), words.end()});
    return Format("unexpected '{}'{}", unexpected,
                  nearest.empty() ? "" : Format("; did you mean '{}'?", nearest));
  }

  int UsageError(const std::string& message) const {
    std::string command;
    for (const CLI::App* chosen : ChosenCommands()) {
      command += (command.empty() ? "" : " ") + chosen->get_name();
    }
    terminal_.err << "sluice: " << message << "\n        see: " << command << " --help\n";
    return kUsageError;
  }

  const Operations& operations_;
  const Terminal& terminal_;
  CLI::App app_{kAbout, "sluice"};
  std::function<Result<int>()> action_;
  config::ConfigurationSources sources_;
  SettingFlags serve_flags_;
  SettingFlags check_flags_;
  SettingFlags show_flags_;
  std::string location_;
  bool as_json_ = false;
  std::string health_url_;
  std::string health_data_dir_;
  std::string shell_;
};

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments, const Operations& operations,
                   const Terminal& terminal) {
  return CommandLine(operations, terminal).Run(arguments);
}

}  // namespace sluice::cli
