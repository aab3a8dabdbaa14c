#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace sluice::http {

/// The Date header's text, made anew once a second. Not thread-safe: one per I/O thread.
class DateCache {
 public:
  /// Such as "Sun, 06 Nov 1994 08:49:37 GMT".
  std::string_view At(std::time_t unix_seconds);

 private:
  std::time_t second_ = -1;
  std::string text_;
};

/// What the server decides about a response, beside what the handler said.
struct ResponseFrame {
  std::optional<std::uint64_t> content_length;  ///< None: chunked, or ended by closing.
  bool chunked = false;
  bool keep_alive = true;
  bool is_http_1_1 = true;
  bool gzip = false;              ///< The body is sent gzip-encoded.
  bool varies_by_coding = false;  ///< It would not be for another Accept-Encoding.
};

/// Appends the status line and all header fields with the empty line after them. Line breaks in a
/// field become spaces, so that no value can begin another field; fields that are the server's are
/// left out.
void AppendResponseHead(const Response& response, const ResponseFrame& frame,
                        std::string_view request_id, std::string_view date, std::string& out);

/// True for a status whose answer never has a body: 1xx, 204, 304.
bool StatusForbidsBody(int status);

}  // namespace sluice::http
