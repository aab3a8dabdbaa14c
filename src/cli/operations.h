#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "catalog/view.h"
#include "config/configuration.h"
#include "server/backup.h"
#include "server/health_check.h"
#include "server/serve.h"

namespace sluice::cli {

using server::HealthAnswer;
using server::ServeRequest;
using server::StartReport;
using server::TableReport;

/// What the commands set in motion. main() fills them with the server's functions.
struct Operations {
  /// Returns when the server has been told to end and has drained.
  std::function<Result<void>(const ServeRequest& request)> serve;
  /// Whether the stores of a configuration can be made and deliver its tables.
  std::function<Result<void>(const config::Configuration& configuration,
                             std::span<const catalog::SharePtr> shares)>
      check_stores;
  /// Errors: if the location holds no table or one that cannot be read; a table that is whole but
  /// needs what this server lacks is a report that says so.
  std::function<Result<TableReport>(const config::Configuration& configuration,
                                    const std::string& location)>
      check_table;
  /// The URL to ask for the health of the server that uses a data directory.
  std::function<Result<std::string>(const std::string& data_directory)> health_url;
  std::function<Result<HealthAnswer>(const std::string& url)> ask_health;
  std::function<Result<server::BackupReport>(const server::BackupRequest& request,
                                             const Clock& clock)>
      backup;
  std::function<Result<server::RestoreReport>(const std::string& file,
                                              const std::string& data_directory)>
      restore;
};

}  // namespace sluice::cli
