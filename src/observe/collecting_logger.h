#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "observe/log.h"
#include "observe/log_format.h"

namespace sluice::observe {

/// Keeps the text of every line, without time and '\n'. For tests.
class CollectingLogger final : public Logger {
 public:
  void Log(const LogRecord& record) override {
    constexpr std::size_t kTimeChars = sizeof("1970-01-01T00:00:00.000Z");
    std::string line;
    AppendLogLine(record, SystemTime{}, LogFormat::kText, line);
    const std::lock_guard lock(mutex_);
    lines_.push_back(line.substr(kTimeChars, line.size() - kTimeChars - 1));
  }

  std::vector<std::string> TakeLines() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace sluice::observe
