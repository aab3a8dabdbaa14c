#include "observe/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace sluice::observe {

struct MetricRegistry::State {
  prometheus::Registry registry;

  std::mutex mutex;
  std::vector<std::function<void()>>
      readings;  // Guarded by mutex. Each brings one metric up to date.
};

namespace {

template <typename Builder>
auto& FamilyOf(const MetricName& name, Builder builder, prometheus::Registry& registry) {
  return builder.Name(name.name).Help(name.help).Register(registry);
}

}  // namespace

void Counter::Add(std::uint64_t by) { counter_->Increment(static_cast<double>(by)); }
void Gauge::Set(double value) { gauge_->Set(value); }
void Gauge::Add(double by) { gauge_->Increment(by); }
void Histogram::Observe(double value) { histogram_->Observe(value); }

MetricRegistry::MetricRegistry() : state_(std::make_unique<State>()) {}
MetricRegistry::~MetricRegistry() = default;

Counter MetricRegistry::AddCounter(const MetricName& name) {
  return Counter(FamilyOf(name, prometheus::BuildCounter(), state_->registry).Add(name.labels));
}

Gauge MetricRegistry::AddGauge(const MetricName& name) {
  return Gauge(FamilyOf(name, prometheus::BuildGauge(), state_->registry).Add(name.labels));
}

Histogram MetricRegistry::AddHistogram(const MetricName& name, const std::vector<double>& bounds) {
  return Histogram(
      FamilyOf(name, prometheus::BuildHistogram(), state_->registry).Add(name.labels, bounds));
}

void MetricRegistry::AddCounterReading(const MetricName& name, std::function<double()> read) {
  prometheus::Counter* const counter = AddCounter(name).counter_;
  const std::lock_guard lock(state_->mutex);
  state_->readings.push_back([counter, read = std::move(read)] {
    counter->Increment(std::max(0.0, read() - counter->Value()));
  });
}

void MetricRegistry::AddGaugeReading(const MetricName& name, std::function<double()> read) {
  prometheus::Gauge* const gauge = AddGauge(name).gauge_;
  const std::lock_guard lock(state_->mutex);
  state_->readings.push_back([gauge, read = std::move(read)] { gauge->Set(read()); });
}

std::string MetricRegistry::Render() const {
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& bring_up_to_date : state_->readings) bring_up_to_date();
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

const std::vector<double>& DurationBounds() {
  static const std::vector<double> bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                             0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                             1,      2.5,     5,      10};
  return bounds;
}

}  // namespace sluice::observe
