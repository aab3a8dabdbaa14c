#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "audit/journal.h"
#include "base/check.h"
#include "base/clock.h"
#include "crypto/signing_key.h"

namespace sluice {

/// A folder with a journal of its own, gone with the object. It lies in the working directory, on
/// the disk of the build folder: /tmp may be memory.
class BenchFolder {
 public:
  BenchFolder() {
    std::string pattern = "./sluice_bench_XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr, "a folder for the benchmark");
    path_ = pattern;
    const auto key = crypto::SigningKey::FromSeed(Secret(std::string(32, 'k'))).value();
    journal_ = audit::Journal::Open({.directory = path_ + "/audit", .node = "node-1"}, key, clock_)
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
  std::string path_;
  std::unique_ptr<audit::Journal> journal_;
};

}  // namespace sluice
