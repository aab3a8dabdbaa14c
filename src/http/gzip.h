#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sluice::http {

/// Below this a body is sent as it is: the gain would not pay for the work.
constexpr std::size_t kMinGzipBytes = 1'024;

/// True if an Accept-Encoding header allows gzip: named or matched by '*', with a weight above 0.
/// Source: RFC 9110 section 12.5.3.
bool AcceptsGzip(std::string_view accept_encoding);

/// True for the content types that shrink: JSON, NDJSON and text.
bool IsCompressible(std::string_view content_type);

/// Compresses one body, piece by piece, at the fastest level.
class GzipEncoder {
 public:
  GzipEncoder();
  ~GzipEncoder();

  /// Appends the encoding of `bytes` to `out`, flushed so that the receiver can decode all of it at
  /// once.
  void Append(std::string_view bytes, std::string& out);
  /// Appends the encoding of `bytes` and the end of the gzip member. Nothing may follow.
  void Finish(std::string_view bytes, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::http
