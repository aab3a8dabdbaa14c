#include "cli/text_table.h"

#include <algorithm>

#include "base/check.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kGap = "  ";

/// Code points: what most terminals show in one cell each.
std::size_t WidthOf(std::string_view text) {
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; };
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const bool is_c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;  // U+0080 to U+009F
    if (byte < ' ' || byte == 0x7f || is_c1) {
      printable += '?';
      if (is_c1) ++i;
    } else {
      printable += text[i];
    }
  }
  return printable;
}

TextTable::TextTable(std::vector<std::string> headings) {
  for (std::string& heading : headings) heading = Printable(heading);
  rows_.push_back(std::move(headings));
}

void TextTable::Add(std::vector<std::string> cells) {
  CHECK(cells.size() == rows_.front().size(), "a row has as many cells as there are headings");
  for (std::string& cell : cells) cell = cell.empty() ? "-" : Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::Text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 == row.size()) break;
      text.append(widths[i] - WidthOf(row[i]), ' ');
      text += kGap;
    }
    text += '\n';
  }
  return text;
}

}  // namespace sluice::cli
