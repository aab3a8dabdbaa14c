#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/configuration.h"

namespace sluice::cli {

/// What a server tells once it listens, for the terminal.
struct StartReport {
  std::string endpoint;       ///< What recipients put into a profile.
  std::string admin_address;  ///< HOST:PORT
  std::size_t share_count = 0;
  std::size_t table_count = 0;
  std::string example_table;  ///< "share.schema.table"; empty if nothing is shared.
  /// The profile of "me"; empty if the recipients are those of a configuration file.
  std::string profile_path;
  bool endpoint_rewritten = false;  ///< The profile was there, with another endpoint.
  bool anonymous = false;           ///< Nobody is asked for a token.
};

struct ServeRequest {
  config::ConfigurationSources sources;  ///< Kept, so that a reload reads them again.
  std::function<void(const StartReport&)> on_listening;
};

/// What a table needs of its reader, and whether this server can be that reader.
struct TableReport {
  std::string location;
  bool can_be_served = false;
  std::string reason;  ///< Why not.
  std::int64_t version = 0;
  int min_reader_version = 0;
  std::vector<std::string> reader_features;
  std::int64_t file_count = 0;
  std::int64_t size_bytes = 0;
};

/// What the commands set in motion. main() fills them with the server's functions.
struct Operations {
  /// Returns when the server has been told to end and has drained.
  std::function<Result<void>(const ServeRequest& request)> serve;
  /// Errors: if the location holds no table or one that cannot be read; a table that is whole but
  /// needs what this server lacks is a report that says so.
  std::function<Result<TableReport>(const std::string& location)> check_table;
};

}  // namespace sluice::cli
