#include "base/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/encoding.h"

namespace sluice {
namespace {

// How many bytes at `p` form one character that may be copied as it is; 0 if they need an escape or
// are broken.
std::size_t PlainLength(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const std::uint8_t lead = byte(at);
  std::size_t length = 0;
  if (lead < 0x80) return lead >= 0x20 && lead != '"' && lead != '\\' ? 1 : 0;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0 || at + length > text.size()) return 0;
  if (!IsValidUtf8(text.substr(at, length))) return 0;
  const bool next_line = length == 2 && lead == 0xC2 && byte(at + 1) == 0x85;
  const bool separator =
      length == 3 && lead == 0xE2 && byte(at + 1) == 0x80 && (byte(at + 2) | 1) == 0xA9;
  return next_line || separator ? 0 : length;
}

// Appends the escape for what stands at `at` and returns how many bytes it took.
std::size_t AppendEscape(std::string_view text, std::size_t at, std::string& out) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  switch (lead) {
    case '"': out += "\\\""; return 1;
    case '\\': out += "\\\\"; return 1;
    case '\b': out += "\\b"; return 1;
    case '\f': out += "\\f"; return 1;
    case '\n': out += "\\n"; return 1;
    case '\r': out += "\\r"; return 1;
    case '\t': out += "\\t"; return 1;
    default: break;
  }
  if (lead < 0x20) {
    constexpr char kHex[] = "0123456789abcdef";
    out += "\\u00";
    out += kHex[lead >> 4];
    out += kHex[lead & 15];
    return 1;
  }
  if (lead == 0xC2 && text.substr(at, 2) == "\xC2\x85") return out += "\\u0085", 2;
  if (text.substr(at, 3) == "\xE2\x80\xA8") return out += "\\u2028", 3;
  if (text.substr(at, 3) == "\xE2\x80\xA9") return out += "\\u2029", 3;
  return out += "\\ufffd", 1;
}

// True for bytes that AppendJsonEscaped must look at more closely.
constexpr bool NeedsCare(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte < 0x20 || byte >= 0x80 || c == '"' || c == '\\';
}

constexpr std::size_t kBlockBytes = 16;

// Copies the characters that need no care from the front of `text`, at most kBlockBytes, to `to`,
// which has room for that many. Returns how many they were.
std::size_t CopyPlain(std::string_view text, char* to) {
#ifdef __SSE2__
  if (text.size() >= kBlockBytes) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data()));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
    const __m128i quotes = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i backslashes = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    // As signed numbers, control characters and bytes from 0x80 on are all below a space.
    const __m128i others = _mm_cmplt_epi8(block, _mm_set1_epi8(' '));
    const int care = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), others));
    return care == 0 ? kBlockBytes
                     : static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(care)));
  }
#endif
  std::size_t length = 0;
  while (length < std::min(text.size(), kBlockBytes) && !NeedsCare(text[length])) {
    to[length] = text[length];
    ++length;
  }
  return length;
}

void AppendDouble(double value, std::string& out) {
  if (!std::isfinite(value)) {  // JSON has no such number
    out += "null";
    return;
  }
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace

Result<json::value> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return TooLarge("JSON text of {} bytes is longer than the {} allowed", text.size(),
                    limits.max_bytes);
  }
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::parser parser({}, options);
  json::error_code failure;
  try {
    const std::size_t consumed = parser.write(text.data(), text.size(), failure);
    if (!failure) return parser.release();
    return WithDetail(Malformed("not valid JSON near byte {}", consumed), failure.message());
  } catch (const std::exception& exception) {
    return WithDetail(Malformed("not valid JSON"), exception.what());
  }
}

void AppendJsonEscaped(std::string_view text, std::string& out) {
  std::array<char, 1024> buffer;  // spares the string a check of its capacity for every piece
  std::size_t used = 0;
  const auto flush = [&] { out.append(buffer.data(), std::exchange(used, 0)); };
  for (std::size_t at = 0; at < text.size();) {
    if (used + 2 * kBlockBytes > buffer.size()) flush();
    const std::size_t plain = CopyPlain(text.substr(at), buffer.data() + used);
    used += plain;
    at += plain;
    if (plain == kBlockBytes || at == text.size()) continue;
    if (text[at] == '"' || text[at] == '\\') {
      buffer[used++] = '\\';
      buffer[used++] = text[at++];
      continue;
    }
    flush();
    if (const std::size_t length = PlainLength(text, at); length > 0) {
      out.append(text, at, length);
      at += length;
    } else {
      at += AppendEscape(text, at, out);
    }
  }
  flush();
}

void AppendJsonString(std::string_view text, std::string& out) {
  out.push_back('"');
  AppendJsonEscaped(text, out);
  out.push_back('"');
}

std::string JsonString(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendJsonString(text, out);
  return out;
}

void AppendNumber(std::int64_t value, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void AppendJson(const json::value& value, std::string& out) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; return;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
    case json::kind::int64: AppendNumber(value.get_int64(), out); return;
    case json::kind::uint64: out += std::to_string(value.get_uint64()); return;
    case json::kind::double_: AppendDouble(value.get_double(), out); return;
    case json::kind::string: AppendJsonString(value.get_string(), out); return;
    case json::kind::array: {
      out.push_back('[');
      bool first = true;
      for (const json::value& item : value.get_array()) {
        if (!std::exchange(first, false)) out.push_back(',');
        AppendJson(item, out);
      }
      out.push_back(']');
      return;
    }
    case json::kind::object: {
      out.push_back('{');
      bool first = true;
      for (const auto& [key, member] : value.get_object()) {
        if (!std::exchange(first, false)) out.push_back(',');
        AppendJsonString(key, out);
        out.push_back(':');
        AppendJson(member, out);
      }
      out.push_back('}');
      return;
    }
  }
}

const json::value* FindMember(const json::object& object, std::string_view key) {
  const json::value* const member = object.if_contains(key);
  return member == nullptr || member->is_null() ? nullptr : member;
}

}  // namespace sluice
