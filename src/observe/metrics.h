#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace sluice::observe {

/// A number that only grows. A handle: cheap to copy, good as long as its registry. Thread-safe.
class Counter {
 public:
  void Add(std::uint64_t by = 1);

 private:
  friend class MetricRegistry;
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  prometheus::Counter* counter_;
};

/// A number that goes up and down. A handle like Counter. Thread-safe.
class Gauge {
 public:
  void Set(double value);
  void Add(double by);

 private:
  friend class MetricRegistry;
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  prometheus::Gauge* gauge_;
};

/// How often values fell into which range. A handle like Counter. Thread-safe.
class Histogram {
 public:
  void Observe(double value);

 private:
  friend class MetricRegistry;
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  prometheus::Histogram* histogram_;
};

/// What a metric is called, in Prometheus' terms: names end in their unit, counters in "_total".
struct MetricName {
  std::string name;
  std::string help;
  std::map<std::string, std::string> labels;  ///< Never a name chosen by a caller: it must be few.
};

/// All metrics of a server. Registering takes locks and looks labels up: do it once, and keep the
/// handle. The same name and labels give the same metric. Thread-safe.
class MetricRegistry {
 public:
  MetricRegistry();
  ~MetricRegistry();

  Counter AddCounter(const MetricName& name);
  Gauge AddGauge(const MetricName& name);
  /// `bounds` are the upper ends of the ranges, ascending; one more range takes what is above.
  Histogram AddHistogram(const MetricName& name, const std::vector<double>& bounds);
  /// Asks `read` whenever the metrics are rendered; it must be thread-safe. A counter's reading
  /// never goes down.
  void AddCounterReading(const MetricName& name, std::function<double()> read);
  void AddGaugeReading(const MetricName& name, std::function<double()> read);

  /// The text of a scrape: Prometheus exposition format 0.0.4.
  std::string Render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Ranges for durations in seconds, from 0.1 ms to 10 s.
const std::vector<double>& DurationBounds();

/// Adds memory, CPU time, open files and start time of this process under the names that
/// Prometheus' own clients use.
void AddProcessMetrics(MetricRegistry& metrics);

}  // namespace sluice::observe
