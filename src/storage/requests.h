#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"
#include "storage/request_metrics.h"

namespace sluice::storage {

struct RetryOptions {
  int max_attempts = 5;
  std::chrono::milliseconds first_delay{100};  ///< Doubled each time; a random part is left out.
  std::chrono::milliseconds max_delay{5'000};
  std::chrono::milliseconds deadline{30'000};  ///< For all attempts together.
  /// A read of a log that has no answer by then is sent a second time, once an attempt, and the
  /// first answer counts. 0: never.
  std::chrono::milliseconds hedge_after{0};
};

/// Sends one store's requests. Those that failed for a reason that may pass are sent again: no
/// connection, an answer cut short, 408, 429, 500, 502, 503 and 504; after `Retry-After` where the
/// answer has one. A certificate that is not to be trusted is as wrong at the next attempt.
/// Thread-safe.
class Requests {
 public:
  /// Makes a request, signed for now: called for every attempt. What it gives must live until the
  /// next call.
  using Make = std::function<Result<http::ClientRequest>()>;
  struct Dependencies {
    std::shared_ptr<http::Client> client;
    const Clock& clock;  ///< Must outlive the requests, like the next.
    /// Waits; a test's only notes how long.
    std::function<void(std::chrono::milliseconds)> sleep;
    std::shared_ptr<RequestMetrics> metrics = nullptr;  ///< nullptr: nothing is counted.
    /// Told at each end whether there was an answer that is not to be asked for again; may be
    /// empty.
    std::function<void(bool has_answered)> on_end = {};
  };
  Requests(Dependencies dependencies, const RetryOptions& options);
  ~Requests();

  /// The last answer, whatever its status. Errors: those of http::Client::Send and of `make`;
  /// kUnavailable for a list past `max_body_bytes`.
  Result<http::ClientResponse> Send(Operation operation, const Make& make,
                                    std::uint64_t max_body_bytes);
  /// The same up to the end of the headers.
  Result<std::unique_ptr<http::Download>> Start(Operation operation, const Make& make);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

/// What a status that a store answered with means for the object at `path`, for statuses other than
/// the one hoped for: 404 kNotFound, 401 and 403 kPermissionDenied, 409 and 412 kAlreadyExists, all
/// others kUnavailable. `detail` is the store's own word, for the log.
Error StatusError(int status, std::string_view path, std::string detail);

/// Why a list could not be had: one that is longer than any list can be is the store's fault, and
/// kUnavailable. `path` is the directory's; the detail begins with it.
Error ListError(Error error, std::string_view path);

}  // namespace sluice::storage
