// The head of an answer as any store may send it, line by line as libcurl gives it; and the texts
// of its fields where the server reads dates and URLs.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/client_head_internal.h"
#include "http/client_target.h"
#include "http/date.h"
#include "http/networks.h"

using namespace sluice::http;  // NOLINT

namespace {

void CheckHead(const ClientHead& head) {
  CHECK(head.bytes() <= ClientHead::kMaxBytes, "a head stays within its limit");
  CHECK(head.headers().fields().size() <= ClientHead::kMaxFields, "so do its fields");
  if (head.is_whole()) CHECK(head.status() >= 200 && head.status() <= 999, "a final status");
  for (const auto& [name, value] : head.headers().fields()) {
    CHECK(!name.empty(), "a field has a name");
    ParseHttpDate(value);
    static_cast<void>(Networks::Parse({value}));
    const auto url = ParseClientUrl(value);
    if (!url.ok()) continue;
    CHECK(!url->host.empty() && url->target.starts_with('/'), "a URL has a host and a path");
    const auto again = ParseClientUrl(url->origin + url->target);
    CHECK(again.ok() && again->origin == url->origin && again->target == url->target,
          "a URL means the same once it was taken apart");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  ClientHead head;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    if (!head.Take(rest.substr(0, end))) return 0;
    rest.remove_prefix(end);
  }
  CheckHead(head);
  return 0;
}
