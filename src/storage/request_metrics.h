#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observe/metrics.h"

namespace sluice::storage {

/// What a request to a store is for.
enum class Operation : std::uint8_t { kList, kStat, kReadLog, kReadData, kWrite, kCredentials };

/// What a request of `method` for the object at `path` is for. A log is what lies below a folder
/// `_delta_log`.
Operation ObjectOperation(std::string_view method, std::string_view path);

/// Counts the requests to all stores of one name, as `sluice_store_...`. Thread-safe.
class RequestMetrics {
 public:
  /// Counts nothing.
  RequestMetrics() = default;
  /// `registry` must outlive the metrics. Those of the same name count into the same.
  RequestMetrics(observe::MetricRegistry& registry, const std::string& store);

  static constexpr int kNoAnswer = 0;  ///< In place of a status.
  static constexpr int kGivenUp = -1;  ///< The same: another was faster.
  void CountRequest(Operation operation, int status, std::chrono::nanoseconds taken);
  void CountRetry();
  void CountHedge();
  void CountFailure();
  void CountReceived(std::uint64_t bytes);
  void AddInFlight(int change);

 private:
  struct Handles {
    std::vector<std::vector<observe::Counter>> requests;  ///< By operation and status' class.
    std::vector<observe::Histogram> seconds;              ///< By operation.
    observe::Counter retries;
    observe::Counter hedges;
    observe::Counter failures;
    observe::Counter received_bytes;
    observe::Gauge in_flight;
  };
  std::optional<Handles> handles_;
};

}  // namespace sluice::storage
