#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "admin/sql/statement.h"
#include "base/result.h"

namespace sluice::admin::sql {

struct Token {
  enum class Kind : std::uint8_t {
    kWord,        ///< A plain name or a keyword.
    kQuotedName,  ///< `text` without its quotes.
    kString,      ///< `text` without its quotes.
    kNumber,
    kSymbol,  ///< One character.
    kEnd,
    kFault,  ///< `text` is a message: what is here is no token.
  };
  Kind kind = Kind::kEnd;
  std::string text;
  Position at;
  std::size_t end = 0;  ///< The offset behind it.
};

/// Cuts a text of valid UTF-8 into tokens, one at a time.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Skips spaces and comments. Not to be called again after a fault.
  Token Next();

 private:
  char At(std::size_t ahead) const {
    return here_.offset + ahead < text_.size() ? text_[here_.offset + ahead] : '\0';
  }
  bool AtEnd() const { return here_.offset >= text_.size(); }
  void Step();
  void Step(std::size_t bytes);
  /// Errors: a message.
  std::string SkipSpaceAndComments();
  Token ReadWord();
  Token ReadNumber();
  Token ReadQuoted();

  std::string_view text_;
  Position here_;
};

}  // namespace sluice::admin::sql
