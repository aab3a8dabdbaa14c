#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/store_options.h"
#include "storage/requests.h"
#include "storage/stores.h"

namespace sluice::storage {

/// What a store sends its requests with: the options' retries and hedges, counted by the options'
/// name, over a client with their authorities, proxy and connections, which stores of one host
/// share. A server that falls silent is given up after a third of `request_timeout`, so that the
/// request can be sent again. `private_hosts` are those that the owner named as endpoints: they may
/// have any address. Errors: those of http::Client::New.
Result<std::shared_ptr<Requests>> NewStoreRequests(const config::StoreOptions& options,
                                                   const CloudContext& context,
                                                   std::vector<std::string> private_hosts = {});

/// What identity services and token endpoints are asked with. Nothing is counted.
std::shared_ptr<Requests> NewIdentityRequests(const CloudContext& context,
                                              const RetryOptions& retries);

}  // namespace sluice::storage
