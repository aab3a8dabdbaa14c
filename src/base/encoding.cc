#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace sluice {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kUpperHexDigits[] = "0123456789ABCDEF";
constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Of eight bytes.
bool IsAscii(const std::uint8_t* p) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof(word));
  return (word & 0x8080808080808080) == 0;
}

// RFC 3986, section 2.3.
constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> table{};
  for (const char c : kBase64Url) table[static_cast<std::uint8_t>(c)] = c != '\0';
  table['.'] = true;
  table['~'] = true;
  return table;
}();

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = LowerChar(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int Base64Value(char c, const char* alphabet) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == alphabet[62]) return 62;
  return c == alphabet[63] ? 63 : -1;
}

void AppendBase64Chars(std::string_view bytes, const char* alphabet, std::string& out) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    const std::array<char, 4> quad = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
                                      alphabet[bits >> 6 & 63], alphabet[bits & 63]};
    out.append(quad.data(), std::min<std::size_t>(bytes.size() - i, 3) + 1);
  }
}

/// `text` without its padding. `name` is that of the encoding, for messages.
Result<std::string> DecodeBase64Chars(std::string_view text, const char* alphabet,
                                      std::string_view name) {
  if (text.size() % 4 == 1) return InvalidArgument("not {} text: wrong length", name);
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const int value = Base64Value(c, alphabet);
    if (value < 0) return InvalidArgument("not {} text: unexpected character", name);
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      out.push_back(static_cast<char>((bits >> bit_count) & 255));
    }
  }
  if ((bits & ((1U << bit_count) - 1)) != 0) {
    return InvalidArgument("not {} text: stray bits", name);
  }
  return out;
}

std::string_view WithoutPadding(std::string_view text) {
  if (text.size() % 4 == 0 && text.ends_with('=')) {
    text.remove_suffix(text.ends_with("==") ? 2 : 1);
  }
  return text;
}

}  // namespace

void AppendHex(std::string_view bytes, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + bytes.size() * 2);
  char* next = out.data() + start;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    *next++ = kHexDigits[byte >> 4];
    *next++ = kHexDigits[byte & 15];
  }
}

Result<std::string> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) return InvalidArgument("hex digits come in pairs");
  std::string out;
  out.reserve(text.size() / 2);
  for (; !text.empty(); text.remove_prefix(2)) {
    const int high = HexValue(text[0]);
    const int low = HexValue(text[1]);
    if (high < 0 || low < 0) return InvalidArgument("not a hex digit");
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string HexEncode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  AppendHex(bytes, out);
  return out;
}

std::string Base64UrlEncode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  AppendBase64Url(bytes, out);
  return out;
}

void AppendBase64Url(std::string_view bytes, std::string& out) {
  AppendBase64Chars(bytes, kBase64Url, out);
}

Result<std::string> Base64UrlDecode(std::string_view text) {
  return DecodeBase64Chars(WithoutPadding(text), kBase64Url, "base64url");
}

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  AppendBase64(bytes, out);
  return out;
}

void AppendBase64(std::string_view bytes, std::string& out) {
  AppendBase64Chars(bytes, kBase64, out);
  out.append((3 - bytes.size() % 3) % 3, '=');
}

Result<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return InvalidArgument("not base64 text: wrong length");
  return DecodeBase64Chars(WithoutPadding(text), kBase64, "base64");
}

void AppendPercentEncoded(std::string_view bytes, std::string_view keep, std::string& out) {
  std::size_t copied = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (kUnreserved[byte] || keep.find(bytes[i]) != std::string_view::npos) continue;
    out.append(bytes, copied, i - copied);
    out.push_back('%');
    out.push_back(kUpperHexDigits[byte >> 4]);
    out.push_back(kUpperHexDigits[byte & 15]);
    copied = i + 1;
  }
  out.append(bytes, copied);
}

std::string PercentEncode(std::string_view bytes, std::string_view keep) {
  std::string out;
  out.reserve(bytes.size());
  AppendPercentEncoded(bytes, keep, out);
  return out;
}

Result<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t percent = text.find('%');
    out += text.substr(0, percent);
    if (percent == std::string_view::npos) return out;
    text.remove_prefix(percent);
    const int high = text.size() > 2 ? HexValue(text[1]) : -1;
    const int low = text.size() > 2 ? HexValue(text[2]) : -1;
    if (high < 0 || low < 0) return InvalidArgument("'%' without two hex digits after it");
    out.push_back(static_cast<char>(high * 16 + low));
    text.remove_prefix(3);
  }
}

bool IsValidUtf8(std::string_view bytes) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto* const end = p + bytes.size();
  const auto is_tail = [](std::uint8_t byte) { return (byte & 0xC0) == 0x80; };
  while (p < end) {
    if (end - p >= 8 && IsAscii(p)) {
      p += 8;
      continue;
    }
    const std::uint8_t lead = *p;
    const auto left = end - p;
    if (lead < 0x80) {
      ++p;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      if (left < 2 || !is_tail(p[1])) return false;
      p += 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      if (left < 3 || !is_tail(p[1]) || !is_tail(p[2])) return false;
      if (lead == 0xE0 && p[1] < 0xA0) return false;
      if (lead == 0xED && p[1] > 0x9F) return false;
      p += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (left < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3])) return false;
      if (lead == 0xF0 && p[1] < 0x90) return false;
      if (lead == 0xF4 && p[1] > 0x8F) return false;
      p += 4;
    } else {
      return false;
    }
  }
  return true;
}

std::string AsciiLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = LowerChar(c);
  return out;
}

bool EqualsIgnoringAsciiCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (LowerChar(a[i]) != LowerChar(b[i])) return false;
  }
  return true;
}

std::string_view TrimAsciiSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace sluice
