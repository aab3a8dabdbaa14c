#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "base/result.h"
#include "http/client.h"

namespace sluice::storage {

/// One request that may be sent twice.
struct HedgedRequest {
  /// Sends it; called by two threads at once. A stop gives it up.
  std::function<Result<http::ClientResponse>(std::stop_token stop)> send;
  /// Whether what came is an answer, and not a fault that may pass.
  std::function<bool(const Result<http::ClientResponse>&)> is_answer;
  /// Called before it is sent a second time.
  std::function<void()> on_second;
};

/// Sends a request, and once more if nothing has come of it after `after`: the first answer counts,
/// and the other request is given up. If neither is answered, that is the first one's outcome. Both
/// have ended when this returns.
Result<http::ClientResponse> SendHedged(const HedgedRequest& request,
                                        std::chrono::milliseconds after);

}  // namespace sluice::storage
