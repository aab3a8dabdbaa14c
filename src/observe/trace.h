#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::observe {

/// Where a request stands in a trace that may go through many services. Ids are names, not secrets.
/// Source: W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/).
struct Trace {
  std::string id;           ///< 32 lower-case hex digits, never all zero.
  std::string span;         ///< 16 likewise: this request.
  std::string parent_span;  ///< 16 likewise: the caller's part; empty if the trace begins here.
  bool is_sampled = false;  ///< The caller may have recorded its part.
  std::string state;        ///< `tracestate` as it goes on; at most kMaxTraceStateBytes.
};
using TracePointer = std::shared_ptr<const Trace>;

/// As much as everybody must hand on (section 3.3.1.5). What is longer is left out.
inline constexpr std::size_t kMaxTraceStateBytes = 512;

/// The fields of a request, each "" if there is none. Of several `traceparent` none counts; several
/// `tracestate` are joined by commas.
struct TraceFields {
  std::string_view trace_parent;
  std::string_view trace_state;
};

/// A new span: of the caller's trace, or of a new one if there is none or it cannot be read. A
/// state that cannot be read is left out, the trace goes on without it. Thread-safe.
Trace BeginSpan(const TraceFields& fields);

/// `traceparent` for requests made on behalf of this one: "00-ID-SPAN-01".
std::string TraceParentOf(const Trace& trace);

/// The trace on whose behalf this thread works, or nullptr. The HTTP server sets it around handlers
/// and around the making of bodies, the HTTP client reads it, so that nobody between has to hand it
/// on. A thread that works for another begins with InCurrentTrace.
const TracePointer& CurrentTrace();

/// Sets CurrentTrace() of this thread until it goes.
class TraceScope {
 public:
  explicit TraceScope(TracePointer trace);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  TracePointer before_;
};

/// The same work on behalf of the caller's trace, whichever thread runs it.
template <typename Work>
auto InCurrentTrace(Work work) {
  return [trace = CurrentTrace(), work = std::move(work)]() mutable {
    const TraceScope scope(trace);
    return work();
  };
}

}  // namespace sluice::observe
