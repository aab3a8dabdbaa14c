#include "observe/log_format.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/encoding.h"

namespace sluice::observe {
namespace {

constexpr std::size_t kMaxValueBytes = 4096;

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: return "error";
  }
  return "unknown";
}

bool IsPlain(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '='; }

bool IsPlainText(std::string_view text) {
  for (const char c : text) {
    if (!IsPlain(c)) return false;
  }
  return !text.empty();
}

void AppendUnicodeEscape(unsigned code_point, std::string& out) {
  const std::array<char, 2> bytes = {static_cast<char>(code_point >> 8),
                                     static_cast<char>(code_point)};
  out += "\\u";
  AppendHex({bytes.data(), bytes.size()}, out);
}

void AppendAscii(char c, std::string& out) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (c < ' ' || c == 0x7f) {
    AppendUnicodeEscape(static_cast<unsigned char>(c), out);
  } else {
    out += c;
  }
}

/// How many bytes the UTF-8 sequence has that starts with `lead`.
std::size_t SequenceBytes(unsigned char lead) {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

/// C1 controls, line and paragraph separators, and marks that change the direction of writing.
bool IsTreacherous(unsigned code_point) {
  return code_point < 0xa0 || (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0x200e ||
         code_point == 0x200f;
}

void AppendSequence(std::string_view sequence, std::string& out) {
  if (sequence.size() < 4) {
    unsigned code_point =
        static_cast<unsigned char>(sequence[0]) & (0xffU >> (sequence.size() + 1));
    for (const char c : sequence.substr(1)) {
      code_point = (code_point << 6) | (static_cast<unsigned char>(c) & 0x3fU);
    }
    if (IsTreacherous(code_point)) return AppendUnicodeEscape(code_point, out);
  }
  out += sequence;
}

/// Cuts between characters where the text is UTF-8.
std::string_view Cut(std::string_view text) {
  if (text.size() <= kMaxValueBytes) return text;
  std::size_t end = kMaxValueBytes;
  while (end > kMaxValueBytes - 4 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

void AppendQuoted(std::string_view whole, std::string& out) {
  const std::string_view text = Cut(whole);
  const bool is_utf8 = IsValidUtf8(text);
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      AppendAscii(text[i++], out);
    } else if (is_utf8) {
      const std::string_view sequence = text.substr(i, SequenceBytes(byte));
      AppendSequence(sequence, out);
      i += sequence.size();
    } else {
      AppendUnicodeEscape(byte, out);  // Bytes of no known encoding, shown as Latin-1.
      ++i;
    }
  }
  if (text.size() < whole.size()) out += "...";
  out += '"';
}

template <typename Number>
void AppendNumber(Number number, std::string& out) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out.append(buffer.data(), end.ptr);
}

void AppendValue(const LogField::Value& value, LogFormat format, std::string& out) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    if (format == LogFormat::kText && text->size() <= kMaxValueBytes && IsPlainText(*text)) {
      out += *text;
    } else {
      AppendQuoted(*text, out);
    }
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    out += *truth ? "true" : "false";
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    AppendNumber(*integer, out);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&value)) {
    AppendNumber(*natural, out);
  } else if (const auto* number = std::get_if<double>(&value)) {
    // JSON has no spelling for infinities and NaN.
    if (std::isfinite(*number)) {
      AppendNumber(*number, out);
    } else {
      out += "null";
    }
  }
}

void AppendJsonLine(const LogRecord& record, SystemTime time, std::string& out) {
  out += R"({"time":")";
  AppendUtc(time, out);
  out += R"(","level":")";
  out += LevelName(record.level);
  out += R"(","event":)";
  AppendQuoted(record.event, out);
  for (const LogField& field : record.fields) {
    out += ',';
    AppendQuoted(field.name, out);
    out += ':';
    AppendValue(field.value, LogFormat::kJson, out);
  }
  out += "}\n";
}

void AppendTextLine(const LogRecord& record, SystemTime time, std::string& out) {
  AppendUtc(time, out);
  out += ' ';
  out += LevelName(record.level);
  out += ' ';
  out += record.event;
  for (const LogField& field : record.fields) {
    out += ' ';
    out += field.name;
    out += '=';
    AppendValue(field.value, LogFormat::kText, out);
  }
  out += '\n';
}

}  // namespace

void AppendLogLine(const LogRecord& record, SystemTime time, LogFormat format, std::string& out) {
  if (format == LogFormat::kJson) return AppendJsonLine(record, time, out);
  AppendTextLine(record, time, out);
}

}  // namespace sluice::observe
