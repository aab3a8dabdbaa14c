#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

/// Lines of aligned columns for people. What servers send is shown without control characters, so
/// that nobody's comment moves the cursor of who reads it.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headings);
  /// As many cells as there are headings.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.size() == 1; }
  /// The headings and the rows, each a line.
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  ///< The headings first.
};

/// `text` with control characters as '?'.
std::string Printable(std::string_view text);

}  // namespace sluice::cli
