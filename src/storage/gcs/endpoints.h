#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/store_options.h"

namespace sluice::storage::gcs {

/// A server, without a path.
struct Origin {
  std::string url;   ///< "https://host[:port]"
  std::string host;  ///< In lower case.
};

/// Where Google's services are.
struct Endpoints {
  Origin api;    ///< The store, for the server's own requests.
  Origin links;  ///< The same for those of recipients.
  /// No credentials are sent: the environment says that it is one, or its bytes would travel
  /// unencrypted.
  bool is_emulator = false;
  Origin iam = {};  ///< The service that signs.
  Origin sts = {};  ///< The service that downscopes tokens.
};

/// `endpoint` of the options, else STORAGE_EMULATOR_HOST ("host:port", or a URL), else Google's
/// own; links by `public_endpoint` where there is one; CLOUDSDK_API_ENDPOINT_OVERRIDES_
/// IAMCREDENTIALS for signBlob, as `gcloud` has it, and CLOUDSDK_API_ENDPOINT_OVERRIDES_STS in the
/// same way. Errors: kInvalidArgument for one that is not of that form.
Result<Endpoints> EndpointsOf(const config::StoreOptions& options,
                              const std::function<std::string(const std::string&)>& environment);

/// "https://Host:443/" as "https://host:443". Errors: kInvalidArgument, naming `what`.
Result<Origin> ParseOrigin(std::string_view what, std::string_view text);

}  // namespace sluice::storage::gcs
