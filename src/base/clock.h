#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace sluice {

using SystemTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Milliseconds since the Unix epoch, as the wire has them.
inline std::int64_t UnixMillis(SystemTime time) { return time.time_since_epoch().count(); }

/// Appends "2026-11-21T10:00:00.123Z". Years 0 to 9999.
void AppendUtc(SystemTime time, std::string& out);

/// What time it is. Code that compares times takes one, so that tests need not sleep. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SystemTime Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  SystemTime Now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
};

/// A clock that a test moves by hand.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(SystemTime start) : millis_(UnixMillis(start)) {}
  SystemTime Now() const override { return SystemTime(std::chrono::milliseconds(millis_.load())); }
  void Advance(std::chrono::milliseconds by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_;
};

}  // namespace sluice
