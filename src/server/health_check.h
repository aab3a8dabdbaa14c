#pragma once

#include <string>

#include "base/result.h"

namespace sluice::server {

/// What a server answered when it was asked whether it is ready.
struct HealthAnswer {
  bool is_ready = false;
  std::string text;  ///< Its own words.
};

/// Where the server that uses `data_directory` says how its parts are: on this machine, so that no
/// token is asked for. Errors: kUnavailable if none runs.
Result<std::string> HealthUrl(const std::string& data_directory);

/// Asks any server, by the URL of its `/readyz`; the answer must come within five seconds. Errors:
/// kUnavailable if there is none; kInvalidArgument for a URL that is none.
Result<HealthAnswer> AskHealth(const std::string& url);

}  // namespace sluice::server
