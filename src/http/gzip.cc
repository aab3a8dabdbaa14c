#include "http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "base/check.h"
#include "base/encoding.h"

namespace sluice::http {
namespace {

constexpr int kFastestLevel = 1;
constexpr int kGzipWindowBits =
    15 + 16;  // the largest window; 16 asks for gzip's header and trailer
constexpr int kDefaultMemoryLevel = 8;

/// Cuts the text before `separator`, or all of it, off the front of `text`, without spaces around
/// it.
std::string_view TakeUntil(char separator, std::string_view& text) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = TrimAsciiSpace(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

/// True for "q=0", "q=0.0", "q=0.00", "q=0.000".
bool IsZeroWeight(std::string_view parameter) {
  if (parameter.size() < 3 || !EqualsIgnoringAsciiCase(parameter.substr(0, 2), "q=")) return false;
  return parameter.find_first_not_of("0.", 2) == std::string_view::npos;
}

}  // namespace

bool AcceptsGzip(std::string_view accept_encoding) {
  bool by_wildcard = false;
  while (!accept_encoding.empty()) {
    std::string_view element = TakeUntil(',', accept_encoding);
    const std::string_view coding = TakeUntil(';', element);
    const bool allowed = !IsZeroWeight(TakeUntil(';', element));
    if (EqualsIgnoringAsciiCase(coding, "gzip") || EqualsIgnoringAsciiCase(coding, "x-gzip")) {
      return allowed;
    }
    if (coding == "*") by_wildcard = allowed;
  }
  return by_wildcard;
}

bool IsCompressible(std::string_view content_type) {
  const std::string_view type = TakeUntil(';', content_type);
  return EqualsIgnoringAsciiCase(type, "application/json") ||
         EqualsIgnoringAsciiCase(type, "application/x-ndjson") ||
         EqualsIgnoringAsciiCase(type.substr(0, 5), "text/");
}

struct GzipEncoder::State {
  z_stream stream{};

  State() {
    const int status = ::deflateInit2(&stream, kFastestLevel, Z_DEFLATED, kGzipWindowBits,
                                      kDefaultMemoryLevel, Z_DEFAULT_STRATEGY);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    CHECK(status == Z_OK, "zlib refused its own settings");
  }
  ~State() { ::deflateEnd(&stream); }

  void Run(std::string_view bytes, int flush, std::string& out) {
    constexpr std::size_t kStepBytes = 64 << 10;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    do {
      // zlib counts in 32 bits, so a body beyond 4 GiB goes in as several.
      const std::size_t taken =
          static_cast<std::size_t>(reinterpret_cast<const char*>(stream.next_in) - bytes.data());
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size() - taken, 1u << 30));
      const bool is_last_step = taken + stream.avail_in == bytes.size();
      const std::size_t used = out.size();
      out.resize(used + kStepBytes);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream.avail_out = kStepBytes;
      ::deflate(&stream, is_last_step ? flush : Z_NO_FLUSH);
      out.resize(out.size() - stream.avail_out);
    } while (stream.avail_in > 0 || stream.avail_out == 0 || !TookAll(bytes));
  }

  bool TookAll(std::string_view bytes) const {
    return reinterpret_cast<const char*>(stream.next_in) == bytes.data() + bytes.size();
  }
};

GzipEncoder::GzipEncoder() : state_(std::make_unique<State>()) {}
GzipEncoder::~GzipEncoder() = default;

void GzipEncoder::Append(std::string_view bytes, std::string& out) {
  state_->Run(bytes, Z_SYNC_FLUSH, out);
}

void GzipEncoder::Finish(std::string_view bytes, std::string& out) {
  state_->Run(bytes, Z_FINISH, out);
}

}  // namespace sluice::http
