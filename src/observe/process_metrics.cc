// Memory, CPU time and open files of this process, as proc(5) and getrusage(2) tell them.

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "observe/metrics.h"

namespace sluice::observe {
namespace {

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenFiles() {
  constexpr double kMaxCounted = 1e6;
  std::error_code failed;
  double count = 0;
  std::filesystem::directory_iterator entry("/proc/self/fd", failed);
  while (!failed && entry != std::filesystem::directory_iterator() && count < kMaxCounted) {
    ++count;
    entry.increment(failed);
  }
  return count;
}

}  // namespace

void AddProcessMetrics(MetricRegistry& metrics) {
  metrics.AddGaugeReading({"process_resident_memory_bytes", "Memory in use.", {}}, ResidentBytes);
  metrics.AddCounterReading({"process_cpu_seconds_total", "CPU time used.", {}}, CpuSeconds);
  metrics.AddGaugeReading({"process_open_fds", "Open file descriptors.", {}}, OpenFiles);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  metrics.AddGauge({"process_start_time_seconds", "When it started, Unix time.", {}})
      .Set(std::chrono::duration<double>(now).count());
}

}  // namespace sluice::observe
