#include "db/copy_text_internal.h"

#include <string_view>

namespace sluice::db {
namespace {

void AppendEscaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      default: out += c;
    }
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
