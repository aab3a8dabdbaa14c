#include "observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace sluice::observe {
namespace {

using testing::HasSubstr;

TEST(Metrics, RendersInPrometheusTextFormat) {
  MetricRegistry metrics;
  metrics.AddCounter({"requests_total", "Requests answered.", {{"route", "/shares"}}}).Add(3);
  metrics.AddGauge({"cache_bytes", "Bytes in the cache.", {}}).Set(7);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("# HELP requests_total Requests answered.\n"
                              "# TYPE requests_total counter\n"
                              "requests_total{route=\"/shares\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE cache_bytes gauge\ncache_bytes 7\n"));
}

TEST(Metrics, SameNameAndLabelsAreTheSameMetric) {
  MetricRegistry metrics;
  metrics.AddCounter({"n_total", "N.", {{"a", "1"}}}).Add();
  metrics.AddCounter({"n_total", "N.", {{"a", "1"}}}).Add();
  metrics.AddCounter({"n_total", "N.", {{"a", "2"}}}).Add();
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("n_total{a=\"1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("n_total{a=\"2\"} 1\n"));
  EXPECT_EQ(text.find("# TYPE n_total"), text.rfind("# TYPE n_total"));
}

TEST(Metrics, HistogramCountsByRange) {
  MetricRegistry metrics;
  Histogram seconds = metrics.AddHistogram({"seconds", "Time.", {}}, {0.1, 1});
  for (const double value : {0.05, 0.5, 0.6, 20.0}) seconds.Observe(value);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"0.1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("seconds_count 4\n"));
}

TEST(Metrics, ReadingsAreTakenWhenRendered) {
  MetricRegistry metrics;
  double value = 1;
  metrics.AddGaugeReading({"level", "Level.", {}}, [&] { return value; });
  metrics.AddCounterReading({"hits_total", "Hits.", {}}, [&] { return value; });
  EXPECT_THAT(metrics.Render(), HasSubstr("level 1\n"));
  value = 5;
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("level 5\n"));
  EXPECT_THAT(text, HasSubstr("hits_total 5\n"));
}

TEST(Metrics, LabelsCannotForgeALine) {
  MetricRegistry metrics;
  metrics.AddGauge({"g", "G.", {{"share", "x\"} 1\nforged 1"}}}).Set(1);
  EXPECT_EQ(metrics.Render().find("\nforged"), std::string::npos);
}

TEST(Metrics, ThreadsLoseNoCount) {
  MetricRegistry metrics;
  Counter counter = metrics.AddCounter({"n_total", "N.", {}});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = counter]() mutable {
      for (int n = 0; n < 10'000; ++n) copy.Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.Render(), HasSubstr("n_total 40000\n"));
}

TEST(Metrics, ProcessTellsOfItself) {
  MetricRegistry metrics;
  AddProcessMetrics(metrics);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("\nprocess_resident_memory_bytes "));
  EXPECT_THAT(text, HasSubstr("\n# TYPE process_cpu_seconds_total counter\n"));
  EXPECT_EQ(text.find("process_open_fds 0\n"), std::string::npos);
}

}  // namespace
}  // namespace sluice::observe
