#pragma once

#include <cstddef>
#include <string_view>

#include "http/message.h"

namespace sluice::http {

/// Reads the head of an answer, line by line, with or without interim answers (1xx) before it. What
/// follows its end is passed over: a body's trailer. Source: RFC 9112, sections 4 and 5.
class ClientHead {
 public:
  static constexpr std::size_t kMaxBytes = 64 << 10;  ///< Interim answers and trailer included.
  static constexpr std::size_t kMaxFields = 256;

  /// False if this is no head, or too long.
  bool Take(std::string_view line);

  bool is_whole() const { return is_whole_; }
  int status() const { return status_; }
  const Headers& headers() const { return headers_; }
  std::size_t bytes() const { return bytes_; }

 private:
  bool TakeStatusLine(std::string_view line);
  bool TakeField(std::string_view line);

  bool is_whole_ = false;
  int status_ = 0;
  Headers headers_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::http
