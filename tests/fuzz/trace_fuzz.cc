// The first line is a `traceparent`, the rest a `tracestate`, as anybody may send them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "observe/trace.h"

using namespace sluice::observe;  // NOLINT

namespace {

bool IsHex(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), size);
  const TraceFields fields{.trace_parent = text.substr(0, end),
                           .trace_state = text.substr(std::min(end + 1, size))};
  const Trace trace = BeginSpan(fields);
  CHECK(IsHex(trace.id, 32) && IsHex(trace.span, 16), "there is always a span of a trace");
  CHECK(trace.state.size() <= kMaxTraceStateBytes, "the state is bounded");
  for (const char c : trace.state) CHECK(c >= ' ' && c <= '~', "it cannot break a header");
  if (trace.parent_span.empty()) {
    CHECK(trace.state.empty() && !trace.is_sampled, "a new trace takes nothing over");
    return 0;
  }
  CHECK(IsHex(trace.parent_span, 16), "the caller's span is one");
  CHECK(text.find(trace.id) != std::string_view::npos, "the trace is the caller's");
  const Trace next = BeginSpan({.trace_parent = TraceParentOf(trace), .trace_state = trace.state});
  CHECK(next.id == trace.id && next.parent_span == trace.span &&
            next.is_sampled == trace.is_sampled && next.state == trace.state,
        "what goes on can be read");
  return 0;
}
