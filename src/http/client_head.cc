#include <charconv>
#include <string>

#include "base/encoding.h"
#include "http/client_head_internal.h"

namespace sluice::http {

bool ClientHead::Take(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxBytes) return false;
  if (is_whole_) return true;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) return TakeStatusLine(line);
  if (!line.empty()) return TakeField(line);
  constexpr int kFirstFinalStatus = 200;
  is_whole_ = status_ >= kFirstFinalStatus;
  return true;
}

// "HTTP/1.1 200 OK"
bool ClientHead::TakeStatusLine(std::string_view line) {
  headers_ = {};
  status_ = 0;
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view code = line.substr(space + 1, 3);
  const auto [stop, failure] = std::from_chars(code.data(), code.data() + code.size(), status_);
  return failure == std::errc() && stop == code.data() + 3 && status_ >= 100;
}

bool ClientHead::TakeField(std::string_view line) {
  const std::size_t colon = line.find(':');
  // One that begins with a space would go on with the field before it: nobody sends that any more.
  const bool is_field = colon != std::string_view::npos && colon > 0 && line.front() > ' ';
  if (!is_field || headers_.fields().size() == kMaxFields) return false;
  headers_.Add(std::string(line.substr(0, colon)),
               std::string(TrimAsciiSpace(line.substr(colon + 1))));
  return true;
}

}  // namespace sluice::http
