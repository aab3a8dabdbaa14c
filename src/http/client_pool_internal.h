#pragma once

#include <curl/curl.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace sluice::http {

using SteadyTime = std::chrono::steady_clock::time_point;

template <auto kFree>
struct CurlFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

/// libcurl's state for one request at a time, and the one connection that it keeps afterwards.
struct Line {
  std::unique_ptr<CURLM, CurlFree<&curl_multi_cleanup>> multi;
  std::unique_ptr<CURL, CurlFree<&curl_easy_cleanup>> easy;
  std::string origin;  ///< With whom it last spoke.
  SteadyTime idle_since;
};

/// The lines of a client. Thread-safe.
class LinePool {
 public:
  static constexpr std::chrono::seconds kMaxIdle{60};

  explicit LinePool(std::size_t max_lines) : max_lines_(max_lines) {}

  /// A line that nobody else uses: the one used last of those that last spoke with `origin`, else a
  /// new one, else the one that has been idle longest. Waits while all are in use; nullptr if that
  /// lasts until `deadline` or a stop is asked for, or memory ran out.
  std::unique_ptr<Line> Take(const std::string& origin, SteadyTime deadline,
                             const std::stop_token& stop);
  void GiveBack(std::unique_ptr<Line> line);

 private:
  std::unique_ptr<Line> TakeFree(const std::string& origin);

  const std::size_t max_lines_;
  std::mutex mutex_;
  std::condition_variable_any given_back_;
  std::size_t in_use_ = 0;                   // Guarded by mutex_, like the next.
  std::vector<std::unique_ptr<Line>> free_;  // The one used last at the end.
};

}  // namespace sluice::http
