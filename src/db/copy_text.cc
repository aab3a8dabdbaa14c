#include "db/copy_text_internal.h"

#include <string_view>

namespace sluice::db {
namespace {

bool IsEscaped(char c) { return c == '\\' || c == '\t' || c == '\n' || c == '\r'; }

void AppendEscaped(std::string_view text, std::string& out) {
  for (;;) {
    std::size_t run = 0;
    while (run < text.size() && !IsEscaped(text[run])) ++run;
    out.append(text, 0, run);
    if (run == text.size()) return;
    out += '\\';
    switch (text[run]) {
      case '\t': out += 't'; break;
      case '\n': out += 'n'; break;
      case '\r': out += 'r'; break;
      default: out += '\\';
    }
    text.remove_prefix(run + 1);
  }
}

}  // namespace

void AppendCopyRow(const std::vector<Value>& row, std::string& out) {
  bool is_first = true;
  for (const Value& value : row) {
    if (!is_first) out += '\t';
    is_first = false;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      out += std::to_string(*number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      AppendEscaped(*text, out);
    } else {
      out += "\\N";
    }
  }
  out += '\n';
}

}  // namespace sluice::db
