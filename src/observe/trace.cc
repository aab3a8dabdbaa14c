// traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
//   version, trace id, span of the caller, flags; all lower-case hex.
// tracestate: "congo=t61rcWkgMzE,tenant@rojo=00f067aa0ba902b7"
//   up to 32 members key=value, spaces and tabs around them, empty ones allowed.

#include "observe/trace.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <random>

#include "base/encoding.h"

namespace sluice::observe {
namespace {

constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kSpanDigits = 16;
constexpr std::size_t kTraceParentChars = 55;
constexpr std::size_t kMaxMembers = 32;
constexpr std::size_t kMaxKeyChars = 256;
constexpr std::size_t kMaxTenantChars = 241;
constexpr std::size_t kMaxSystemChars = 14;
constexpr std::size_t kMaxValueChars = 256;
constexpr std::size_t kDigitsOfWord = 16;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLowerLetter(char c) { return c >= 'a' && c <= 'z'; }
bool IsLowerHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

bool AreLowerHex(std::string_view text) { return std::ranges::all_of(text, IsLowerHex); }

bool IsId(std::string_view text) {
  return AreLowerHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

struct TraceParent {
  std::string_view id;
  std::string_view span;
  bool is_sampled = false;
};

// A version above ours may go on after our fields; version ff is none.
std::optional<TraceParent> ParseTraceParent(std::string_view text) {
  if (text.size() < kTraceParentChars) return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  const bool has_dashes = text[2] == '-' && text[35] == '-' && text[52] == '-';
  if (!has_dashes || !AreLowerHex(version) || version == "ff") return std::nullopt;
  const bool goes_on = text.size() > kTraceParentChars;
  if (goes_on && (version == "00" || text[kTraceParentChars] != '-')) return std::nullopt;
  const std::string_view flags = text.substr(53, 2);
  TraceParent parent{.id = text.substr(3, kIdDigits), .span = text.substr(36, kSpanDigits)};
  if (!IsId(parent.id) || !IsId(parent.span) || !AreLowerHex(flags)) return std::nullopt;
  const int last_digit = IsDigit(flags[1]) ? flags[1] - '0' : flags[1] - 'a' + 10;
  parent.is_sampled = (last_digit & 1) != 0;
  return parent;
}

bool AreKeyChars(std::string_view text) {
  constexpr std::string_view kMarks = "_-*/";
  return std::ranges::all_of(text, [&](char c) {
    return IsDigit(c) || IsLowerLetter(c) || kMarks.find(c) != std::string_view::npos;
  });
}

// "vendor" or "tenant@system".
bool IsKey(std::string_view key) {
  if (key.empty()) return false;
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) {
    return key.size() <= kMaxKeyChars && IsLowerLetter(key.front()) && AreKeyChars(key);
  }
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return !tenant.empty() && tenant.size() <= kMaxTenantChars && !system.empty() &&
         system.size() <= kMaxSystemChars && IsLowerLetter(system.front()) &&
         (IsDigit(tenant.front()) || IsLowerLetter(tenant.front())) && AreKeyChars(tenant) &&
         AreKeyChars(system);
}

bool IsValue(std::string_view value) {
  return !value.empty() && value.size() <= kMaxValueChars && value.back() != ' ' &&
         std::ranges::all_of(value,
                             [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

// As it goes on: without blanks and empty members. Empty if any of it cannot be read.
std::string ReadTraceState(std::string_view text) {
  std::string state;
  std::array<std::string_view, kMaxMembers> keys;
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view member = TrimAsciiSpace(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (member.empty()) continue;
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos || count == kMaxMembers) return {};
    const std::string_view key = member.substr(0, equals);
    const auto known_end = keys.begin() + static_cast<std::ptrdiff_t>(count);
    const bool is_known = std::find(keys.begin(), known_end, key) != known_end;
    if (is_known || !IsKey(key) || !IsValue(member.substr(equals + 1))) return {};
    keys[count++] = key;
    if (!state.empty()) state += ',';
    state += member;
    if (state.size() > kMaxTraceStateBytes) return {};
  }
  return state;
}

// Unlikely to meet another's: that is all that is asked of an id.
void AppendRandomWord(std::string& out) {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint64_t word = 0;
  while (word == 0) word = generator();  // an id of zeros is none
  for (std::size_t i = 0; i < kDigitsOfWord; ++i, word >>= 4) out += kDigits[word & 15];
}

TracePointer& CurrentTraceSlot() {
  thread_local TracePointer current;
  return current;
}

}  // namespace

Trace BeginSpan(const TraceFields& fields) {
  Trace trace;
  AppendRandomWord(trace.span);
  const auto parent = ParseTraceParent(fields.trace_parent);
  if (!parent) {
    AppendRandomWord(trace.id);
    AppendRandomWord(trace.id);
    return trace;
  }
  trace.id = parent->id;
  trace.parent_span = parent->span;
  trace.is_sampled = parent->is_sampled;
  trace.state = ReadTraceState(fields.trace_state);
  return trace;
}

std::string TraceParentOf(const Trace& trace) {
  return "00-" + trace.id + "-" + trace.span + (trace.is_sampled ? "-01" : "-00");
}

const TracePointer& CurrentTrace() { return CurrentTraceSlot(); }

TraceScope::TraceScope(TracePointer trace)
    : before_(std::exchange(CurrentTraceSlot(), std::move(trace))) {}

TraceScope::~TraceScope() { CurrentTraceSlot() = std::move(before_); }

}  // namespace sluice::observe
