// Commands about a server itself: those that start one, ask it how it is, or look at what it would
// be given.

#include <algorithm>
#include <filesystem>
#include <utility>

#include "admin/openapi.h"
#include "catalog/view.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/values.h"
#include "config/configuration.h"
#include "config/server_options.h"
#include "config/setting.h"
#include "config/store_options.h"
#include "config/yaml_fields.h"
#include "sharing/openapi.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

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
    "  sluice serve\n"
    "      Shares what sluice share, sluice recipient and sluice grant say while it runs.\n"
    "Every setting can also stand below `sluice:` in the file or in a variable SLUICE_NAME.\n";

/// The doc up to its first full stop, on one line.
std::string FirstSentence(std::string_view doc) {
  std::string sentence(doc);
  std::ranges::replace(sentence, '\n', ' ');
  const std::size_t stop = sentence.find(". ");
  if (stop != std::string::npos) sentence.resize(stop + 1);
  return sentence;
}

/// A parameter for each setting, behind `first`.
std::vector<Parameter> WithSettings(std::vector<Parameter> first) {
  for (const config::SettingRow& row : config::ServerSettingRows()) {
    std::string help = FirstSentence(row.doc);
    if (!row.fallback.empty()) help += Format(" [{}]", row.fallback);
    const bool is_switch = row.kind == config::SettingKind::kBool;
    first.push_back({.name = row.Flag(),
                     .help = std::move(help),
                     .kind = is_switch ? Kind::kSwitch : Kind::kOptional,
                     .value_name = std::string(row.value_name),
                     .group = "Settings"});
  }
  return first;
}

config::ConfigurationSources SourcesOf(const Session& session) {
  const Arguments& given = session.arguments;
  config::ConfigurationSources sources{
      .folder = given.Text("FOLDER"),
      .file = given.Text("--config"),
      .environment = config::SettingsInEnvironment(session.terminal.environment)};
  for (const config::SettingRow& row : config::ServerSettingRows()) {
    if (!given.Has(row.Flag())) continue;
    sources.flags.push_back({.name = std::string(row.name),
                             .layer = config::Layer::kFlag,
                             .where = row.Flag(),
                             .items = {given.Text(row.Flag())}});
  }
  return sources;
}

Result<int> Serve(const Session& session) {
  const auto report = [&session](const StartReport& started) {
    StartReport absolute = started;
    for (std::string* path : {&absolute.profile_path, &absolute.certificate_path})
      if (!path->empty()) *path = AbsolutePath(*path);
    session.terminal.out << StartText(absolute) << std::flush;
  };
  config::ConfigurationSources sources = SourcesOf(session);
  if (config::IsUrl(sources.folder)) {
    return InvalidArgument(
        "{}: only folders of this machine are searched; tables in a store are named in a "
        "configuration, see --config",
        sources.folder);
  }
  TRY(session.operations.serve({.sources = std::move(sources), .on_listening = report}));
  return kSuccess;
}

Result<int> CheckConfig(const Session& session) {
  std::ostream& out = session.terminal.out;
  const config::Configuration loaded = TRY(config::LoadConfiguration(SourcesOf(session)));
  if (!loaded.shares) {
    out << "the settings are right; no configuration file was named\n";
    return kSuccess;
  }
  const auto view =
      catalog::View::Of({.file_shares = TRY(catalog::View::MakeShares(loaded.shares->shares))});
  TRY(session.operations.check_stores(loaded, view->shares()));
  for (const std::string& note : loaded.shares->without_effect) out << note << '\n';
  out << Format("{} is right: {}, {}; sluice table check looks into a table\n", loaded.file,
                Counted(view->shares().size(), "share"), Counted(view->table_count(), "table"));
  return kSuccess;
}

Result<int> ShowConfig(const Session& session) {
  const config::Configuration loaded = TRY(config::LoadConfiguration(SourcesOf(session)));
  session.terminal.out << SettingsText(loaded);
  return kSuccess;
}

Result<int> PrintSettings(const Session& session) {
  session.terminal.out << config::SettingsReference(config::ServerSettingRows(),
                                                    config::StoreSettingRows());
  return kSuccess;
}

Result<int> CheckTable(const Session& session) {
  const std::string location = AbsoluteLocation(session.arguments.Text("LOCATION"));
  const config::Configuration loaded = TRY(config::LoadConfiguration(SourcesOf(session)));
  const Result<TableReport> report = session.operations.check_table(loaded, location);
  if (!report.ok()) {  // its message is made for recipients, who must not learn the location
    Error error = report.error();
    error.message = Format("{}: {}", location, error.message);
    return error;
  }
  const bool as_json = session.arguments.IsSet("--json");
  session.terminal.out << (as_json ? TableJson(*report) : TableText(*report));
  return report->can_be_served ? kSuccess : kFailure;
}

Result<int> AskHealth(const Session& session) {
  std::string url = session.arguments.Text("--url");
  if (url.empty()) {
    const config::Configuration loaded = TRY(config::LoadConfiguration(SourcesOf(session)));
    url = TRY(session.operations.health_url(loaded.options.data_dir));
  }
  const HealthAnswer answer = TRY(session.operations.ask_health(url));
  session.terminal.out << answer.text << (answer.text.ends_with('\n') ? "" : "\n");
  return answer.is_ready ? kSuccess : kFailure;
}

Result<int> PrintOpenApi(const Session& session) {
  const bool is_owners = session.arguments.IsSet("--owner");
  session.terminal.out << (is_owners ? admin::OwnerOpenApiDocument() : sharing::OpenApiDocument());
  return kSuccess;
}

Parameter ConfigFile(std::string names, std::string help = "A configuration file in YAML") {
  return {.name = std::move(names), .help = std::move(help), .value_name = "FILE"};
}

}  // namespace

std::vector<Command> ServerCommands() {
  return {
      {.path = "serve",
       .about = "Share tables until told to stop.",
       .notes = kServeExamples,
       .parameters =
           WithSettings({{.name = "FOLDER", .help = "Share every Delta table below this folder"},
                         ConfigFile("--config")}),
       .run = Serve},
      {.path = "config check",
       .about = "Say whether a configuration is right.",
       .parameters = WithSettings({ConfigFile("FILE,--config")}),
       .run = CheckConfig},
      {.path = "config show",
       .about = "Print every setting and where it comes from.",
       .parameters = WithSettings({ConfigFile("FILE,--config")}),
       .run = ShowConfig},
      {.path = "config docs",
       .about = "Print the reference page of all settings.",
       .run = PrintSettings},
      {.path = "table check",
       .about = "Say what a table needs and whether it can be served.",
       .parameters = {{.name = "LOCATION",
                       .help = "A folder with a _delta_log, or a URL",
                       .kind = Kind::kRequired},
                      ConfigFile("--config",
                                 "A configuration file: its stores, with their credentials, and "
                                 "its settings"),
                      {.name = "--json", .help = "Print one JSON object", .kind = Kind::kSwitch}},
       .run = CheckTable},
      {.path = "health",
       .about = "Ask a running server whether it is ready.",
       .notes = "The exit code is 0 if the server is ready.",
       .parameters = {{.name = "--url",
                       .help = "A server's /readyz; else that of the data directory"},
                      ConfigFile("--config"),
                      {.name = "--data-dir",
                       .help = "Where the server keeps its state",
                       .value_name = "FOLDER"}},
       .run = AskHealth},
      {.path = "openapi",
       .about = "Print the recipients' surface as an OpenAPI document.",
       .parameters = {{.name = "--owner",
                       .help = "The owner's surface instead",
                       .kind = Kind::kSwitch}},
       .run = PrintOpenApi},
  };
}

}  // namespace sluice::cli
