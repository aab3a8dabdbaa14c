#include "storage/request_metrics.h"

#include <map>

namespace sluice::storage {
namespace {

/// In the order of Operation.
constexpr const char* kOperations[] = {"list",      "stat",  "read_log",
                                       "read_data", "write", "credentials"};
constexpr const char* kStatusClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx", "none", "given_up"};
constexpr std::size_t kNoAnswerClass = 5;
constexpr std::size_t kGivenUpClass = 6;

std::size_t ClassOf(int status) {
  if (status == RequestMetrics::kGivenUp) return kGivenUpClass;
  const bool is_status = status >= 100 && status < 600;
  return is_status ? static_cast<std::size_t>(status / 100 - 1) : kNoAnswerClass;
}

std::vector<std::vector<observe::Counter>> RequestCounters(observe::MetricRegistry& registry,
                                                           const std::string& store) {
  std::vector<std::vector<observe::Counter>> counters;
  for (const char* operation : kOperations) {
    auto& by_class = counters.emplace_back();
    for (const char* status : kStatusClasses) {
      by_class.push_back(registry.AddCounter(
          {.name = "sluice_store_requests_total",
           .help = "Requests sent to a store, each attempt.",
           .labels = {{"store", store}, {"operation", operation}, {"status", status}}}));
    }
  }
  return counters;
}

std::vector<observe::Histogram> RequestSeconds(observe::MetricRegistry& registry,
                                               const std::string& store) {
  std::vector<observe::Histogram> histograms;
  for (const char* operation : kOperations) {
    histograms.push_back(registry.AddHistogram(
        {.name = "sluice_store_request_seconds",
         .help = "Time to a store's whole answer, or to its head if the rest is relayed.",
         .labels = {{"store", store}, {"operation", operation}}},
        observe::DurationBounds()));
  }
  return histograms;
}

}  // namespace

Operation ObjectOperation(std::string_view method, std::string_view path) {
  if (method == "HEAD") return Operation::kStat;
  if (method != "GET") return Operation::kWrite;
  const bool is_log = path.starts_with("_delta_log/") || path.find("/_delta_log/") != path.npos;
  return is_log ? Operation::kReadLog : Operation::kReadData;
}

RequestMetrics::RequestMetrics(observe::MetricRegistry& registry, const std::string& store) {
  const std::map<std::string, std::string> labels = {{"store", store}};
  const auto counter = [&](const char* name, const char* help) {
    return registry.AddCounter({.name = name, .help = help, .labels = labels});
  };
  handles_ = Handles{
      .requests = RequestCounters(registry, store),
      .seconds = RequestSeconds(registry, store),
      .retries = counter("sluice_store_retries_total", "Requests sent again after a failure."),
      .hedges = counter("sluice_store_hedges_total", "Reads of a log that were sent twice."),
      .failures = counter("sluice_store_failures_total", "Requests given up after all attempts."),
      .received_bytes = counter("sluice_store_received_bytes_total", "Bytes of stores' answers."),
      .in_flight = registry.AddGauge({.name = "sluice_store_requests_in_flight",
                                      .help = "Requests to a store without an end yet.",
                                      .labels = labels})};
}

void RequestMetrics::CountRequest(Operation operation, int status, std::chrono::nanoseconds taken) {
  if (!handles_) return;
  const auto at = static_cast<std::size_t>(operation);
  handles_->requests[at][ClassOf(status)].Add();
  handles_->seconds[at].Observe(std::chrono::duration<double>(taken).count());
}

void RequestMetrics::CountRetry() {
  if (handles_) handles_->retries.Add();
}

void RequestMetrics::CountHedge() {
  if (handles_) handles_->hedges.Add();
}

void RequestMetrics::CountFailure() {
  if (handles_) handles_->failures.Add();
}

void RequestMetrics::CountReceived(std::uint64_t bytes) {
  if (handles_) handles_->received_bytes.Add(bytes);
}

void RequestMetrics::AddInFlight(int change) {
  if (handles_) handles_->in_flight.Add(change);
}

}  // namespace sluice::storage
