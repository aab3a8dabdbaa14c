#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/store_options.h"

namespace sluice::storage::gcs {

/// Where a store is reached: "https://host[:port]", without a path.
struct Endpoints {
  std::string api;    ///< For the server's own requests.
  std::string links;  ///< For those of recipients.
  /// No credentials are sent: the environment says that it is one, or its bytes would travel
  /// unencrypted.
  bool is_emulator = false;
};

/// `endpoint` of the options, else STORAGE_EMULATOR_HOST ("host:port", or a URL), else Google's
/// own; links by `public_endpoint` where there is one. Errors: kInvalidArgument for one that is not
/// of that form.
Result<Endpoints> EndpointsOf(const config::StoreOptions& options,
                              const std::function<std::string(const std::string&)>& environment);

/// "https://Host:443/" as "https://host:443". Errors: kInvalidArgument, naming `what`.
Result<std::string> ParseOrigin(std::string_view what, std::string_view text);

}  // namespace sluice::storage::gcs
