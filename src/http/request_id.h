#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace sluice::http {

/// Makes identifiers that are unique in this process' lifetime and, by chance, across restarts: 24
/// random bits, then a 40-bit counter. They are names, not secrets. Thread-safe.
class RequestIds {
 public:
  RequestIds();
  /// 16 hex characters.
  std::string Next();

 private:
  std::atomic<std::uint64_t> next_;
};

}  // namespace sluice::http
