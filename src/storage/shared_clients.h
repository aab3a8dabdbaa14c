#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/client.h"

namespace sluice::storage {

/// One client for all who want the same of it, so that buckets of one host share its connections.
/// Thread-safe.
class SharedClients {
 public:
  /// Errors: those of http::Client::New.
  Result<std::shared_ptr<http::Client>> Get(const http::Client::Options& options);

 private:
  std::mutex mutex_;  ///< Guards what follows.
  std::vector<std::pair<http::Client::Options, std::shared_ptr<http::Client>>> clients_;
};

}  // namespace sluice::storage
