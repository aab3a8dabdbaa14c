#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/configuration.h"

namespace sluice::server {

/// What a server tells once it listens, for the terminal.
struct StartReport {
  std::string endpoint;       ///< What recipients put into a profile.
  std::string admin_address;  ///< HOST:PORT
  std::size_t share_count = 0;
  std::size_t table_count = 0;
  std::string example_table;  ///< "share.schema.table" that the profile reads; may be empty.
  /// The profile of "me"; empty if the recipients are those of a configuration file.
  std::string profile_path;
  std::string certificate_path;     ///< The one made for itself; empty otherwise.
  bool endpoint_rewritten = false;  ///< The profile was there, with another endpoint.
  bool anonymous = false;           ///< Nobody is asked for a token.
  bool listens_everywhere = false;  ///< On all addresses, and no public URL says which one to use.
};

struct ServeRequest {
  config::ConfigurationSources sources;  ///< Kept, so that a reload reads them again.
  std::function<void(const StartReport&)> on_listening;
};

/// Serves until SIGTERM or SIGINT, then drains. SIGHUP reads the configuration, the folder and the
/// certificate again; a fault in them is logged, and what was in force stays. To be called from the
/// main thread, once, before any other thread was started: it blocks those signals for the process.
/// Errors: whatever keeps the server from starting, for the owner's terminal.
Result<void> Serve(const ServeRequest& request);

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

/// Errors: if the location holds no table or one that cannot be read; a table that is whole but
/// needs what this server lacks is a report that says so. The stores, private networks and allowed
/// roots are those of the configuration.
Result<TableReport> CheckTable(const config::Configuration& configuration,
                               const std::string& location);

}  // namespace sluice::server
