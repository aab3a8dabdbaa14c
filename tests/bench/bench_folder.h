#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "audit/journal.h"
#include "audit/system_calls.h"
#include "base/check.h"
#include "base/clock.h"
#include "crypto/signing_key.h"

namespace sluice {

/// A disk whose syncs take longer, as a real one's do.
class SlowDisk final : public audit::SystemCalls {
 public:
  explicit SlowDisk(std::chrono::microseconds delay) : delay_(delay) {}
  int Sync(int fd) const override {
    const int result = SystemCalls::Sync(fd);
    if (delay_.count() > 0) std::this_thread::sleep_for(delay_);
    return result;
  }

 private:
  std::chrono::microseconds delay_;
};

/// A folder with a journal of its own, gone with the object. It lies in the working directory, on
/// the disk of the build folder: /tmp may be memory.
class BenchFolder {
 public:
  explicit BenchFolder(std::chrono::microseconds sync_delay = {}) : disk_(sync_delay) {
    std::string pattern = "./sluice_bench_XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr, "a folder for the benchmark");
    path_ = pattern;
    const auto key = crypto::SigningKey::FromSeed(Secret(std::string(32, 'k'))).value();
    journal_ = audit::Journal::Open(
                   {.directory = path_ + "/audit", .node = "node-1", .calls = &disk_}, key, clock_)
                   .value();
  }
  ~BenchFolder() {
    journal_.reset();
    std::filesystem::remove_all(path_);
  }
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;

  const std::string& path() const { return path_; }
  audit::Journal& journal() { return *journal_; }
  const Clock& clock() const { return clock_; }

 private:
  SystemClock clock_;
  SlowDisk disk_;
  std::string path_;
  std::unique_ptr<audit::Journal> journal_;
};

}  // namespace sluice
