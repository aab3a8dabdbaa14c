// A request as anyone may send it, read exactly as the server reads it. Input: one byte that says
// how the rest is cut into pieces, since what arrives in pieces must mean the same; then the bytes
// of a connection.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/forwarded.h"
#include "http/gzip.h"
#include "http/request_parser.h"

using namespace sluice::http;  // NOLINT

namespace {

constexpr RequestParser::Limits kLimits{.max_header_bytes = 2'000, .max_body_bytes = 1'000};

/// Feeds `bytes` in pieces as a connection would; returns how many the request took.
std::size_t Parse(RequestParser& parser, std::string_view bytes, std::size_t piece_bytes) {
  std::size_t begin = 0;
  std::size_t end = 0;
  while (end < bytes.size() && (parser.state() == RequestParser::State::kHead ||
                                parser.state() == RequestParser::State::kBody)) {
    end = std::min(end + piece_bytes, bytes.size());
    const std::size_t taken = parser.Feed(bytes.substr(begin, end - begin));
    CHECK(taken <= end - begin, "a parser takes no more than it is given");
    begin += taken;
  }
  return begin;
}

void CheckRequest(RequestParser& parser) {
  Request& request = parser.request();
  CHECK(!request.method.empty(), "a request has a method");
  CHECK(request.path == "*" || request.path.starts_with('/'), "a path begins with '/'");
  CHECK(request.body.size() <= kLimits.max_body_bytes, "a body stays within its limit");
  CHECK(request.headers.fields().size() <= kMaxHeaderFields, "fields stay within their limit");

  static const TrustedProxies kProxies = TrustedProxies::Parse({"127.0.0.1", "::1"}).value();
  request.peer_address = "127.0.0.1";
  kProxies.Apply(request);
  CHECK(CanonicalAddress(request.peer_address) == request.peer_address, "a peer has an address");
  const std::string* accepted = request.headers.Find("Accept-Encoding");
  if (accepted != nullptr) AcceptsGzip(*accepted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  RequestParser whole(kLimits);
  const std::size_t taken = Parse(whole, bytes, std::max<std::size_t>(bytes.size(), 1));
  if (whole.state() != RequestParser::State::kDone) return 0;
  CheckRequest(whole);

  // A bound on what must be held at once, as of a chunk's extension, depends on the pieces.
  if (bytes.size() >= kLimits.max_header_bytes) return 0;
  RequestParser pieces(kLimits);
  CHECK(Parse(pieces, bytes, data[0] + std::size_t{1}) == taken, "pieces end where the whole does");
  CHECK(pieces.state() == RequestParser::State::kDone, "pieces make the request");
  CHECK(pieces.request().target == whole.request().target, "pieces make the same target");
  CHECK(pieces.request().body == whole.request().body, "pieces make the same body");
  CHECK(pieces.keep_alive() == whole.keep_alive(), "pieces agree on the connection's end");
  return 0;
}
