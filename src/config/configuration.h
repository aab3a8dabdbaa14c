#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/server_options.h"
#include "config/setting.h"
#include "config/share_config.h"

namespace sluice::config {

/// All that a start was told, kept so that a reload can read it again.
struct ConfigurationSources {
  std::string folder;  ///< A folder of tables to share; empty: none.
  std::string file;    ///< Of --config; empty: none. Not together with `folder`.
  std::vector<GivenSetting> environment;
  std::vector<GivenSetting> flags;
};

/// What a server is to do.
struct Configuration {
  ServerOptions options;
  std::vector<SettingInForce> in_force;  ///< Every setting with its origin.
  std::string file;                      ///< The file that was read, if any.
  std::optional<ShareConfig> shares;     ///< That file's; none for a folder or an empty catalog.
};

/// Reads the file, layers all settings and checks them. With neither a folder nor a file,
/// DATA_DIR/catalog.yaml is read if it exists. Errors: kInvalidArgument, kMalformed or kNotFound,
/// with a message for the owner's terminal that names file and line, variable or flag.
Result<Configuration> LoadConfiguration(const ConfigurationSources& sources);

/// The settings among `variables` (name to value). Other SLUICE_ names are ignored: an
/// orchestrator may make such names from a service called "sluice".
std::vector<GivenSetting> SettingsInEnvironment(
    const std::map<std::string, std::string>& variables);
/// The SLUICE_ variables of this process.
std::map<std::string, std::string> SluiceEnvironment();

}  // namespace sluice::config
