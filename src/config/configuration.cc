#include "config/configuration.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/value.h"
#include "config/yaml.h"

namespace sluice::config {
namespace {

constexpr std::string_view kVariablePrefix = "SLUICE_";
constexpr std::string_view kOwnCatalog = "catalog.yaml";

std::vector<GivenSetting> Together(const ConfigurationSources& sources) {
  std::vector<GivenSetting> given = sources.environment;
  given.insert(given.end(), sources.flags.begin(), sources.flags.end());
  return given;
}

/// --config, else the data directory's catalog if it is there and no folder is shared, else "".
Result<std::string> FileToRead(const ConfigurationSources& sources) {
  if (!sources.file.empty() && !sources.folder.empty()) {
    return InvalidArgument("a folder and --config exclude each other: give one of them");
  }
  if (!sources.file.empty() || !sources.folder.empty()) return sources.file;
  const auto layered = TRY(LayerSettings(ServerSettings(), Together(sources)));
  const std::string own = Format("{}/{}", layered.options.data_dir, kOwnCatalog);
  std::error_code ignored;  // a file that cannot be looked at is as good as none
  return std::filesystem::exists(own, ignored) ? own : std::string();
}

/// Refuses to hand tables to whoever can reach the server, unless the owner said so in words.
Result<void> CheckExposure(const Configuration& configuration) {
  if (!configuration.shares) return {};
  const ShareConfig& shares = *configuration.shares;
  if (shares.bearer_token || shares.allow_anonymous) return {};
  const HostPort listen = TRY(ParseHostPort(configuration.options.listen));
  if (IsLoopback(listen.host)) return {};
  return InvalidArgument(
      "{}: without 'authorization' the server would give its tables to anyone who can reach {}; "
      "add 'authorization: {{bearerToken: ...}}', listen on 127.0.0.1, or set "
      "'allowAnonymous: true'",
      configuration.file, configuration.options.listen);
}

/// The data directory's own catalog cannot say that it lies elsewhere.
Result<void> CheckOwnCatalog(const ShareConfig& shares) {
  for (const GivenSetting& setting : shares.settings) {
    if (setting.name != "data_dir") continue;
    return InvalidArgument("{}: dataDir: cannot be set inside the data directory", setting.where);
  }
  return {};
}

}  // namespace

Result<Configuration> LoadConfiguration(const ConfigurationSources& sources) {
  Configuration configuration;
  configuration.file = TRY(FileToRead(sources));
  std::vector<GivenSetting> given = Together(sources);
  if (!configuration.file.empty()) {
    const YamlDocument document = TRY(ReadYamlFile(configuration.file));
    configuration.shares = TRY(ReadShareConfig(document));
    if (sources.file.empty()) TRY(CheckOwnCatalog(*configuration.shares));
    const std::vector<GivenSetting>& in_file = configuration.shares->settings;
    given.insert(given.end(), in_file.begin(), in_file.end());
  }
  auto layered = TRY(LayerSettings(ServerSettings(), given));
  configuration.options = std::move(layered.options);
  configuration.in_force = std::move(layered.in_force);
  TRY(CheckServerOptions(configuration.options));
  TRY(CheckExposure(configuration));
  return configuration;
}

std::vector<GivenSetting> SettingsInEnvironment(
    const std::map<std::string, std::string>& variables) {
  std::vector<GivenSetting> given;
  for (const SettingRow& row : ServerSettingRows()) {
    const auto found = variables.find(row.EnvironmentVariable());
    if (found == variables.end()) continue;
    given.push_back({.name = std::string(row.name),
                     .layer = Layer::kEnvironment,
                     .where = found->first,
                     .items = {found->second}});
  }
  return given;
}

std::map<std::string, std::string> SluiceEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (!text.starts_with(kVariablePrefix) || equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace sluice::config
