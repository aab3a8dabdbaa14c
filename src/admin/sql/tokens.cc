#include <utility>

#include "admin/sql/tokens_internal.h"

namespace sluice::admin::sql {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsWordPart(char c) { return IsWordStart(c) || IsDigit(c) || c == '$'; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

void Scanner::Step() {
  const char c = text_[here_.offset++];
  if (c == '\n') {
    ++here_.line;
    here_.column = 1;
  } else if ((static_cast<unsigned char>(At(0)) & 0xC0) != 0x80) {
    ++here_.column;  // The byte was the last of its character.
  }
}

void Scanner::Step(std::size_t bytes) {
  while (bytes-- > 0) Step();
}

std::string Scanner::SkipSpaceAndComments() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (here_.offset == 0 && text_.starts_with(kByteOrderMark)) here_.offset = kByteOrderMark.size();
  while (!AtEnd()) {
    if (IsSpace(At(0))) {
      Step();
    } else if (At(0) == '-' && At(1) == '-') {
      while (!AtEnd() && At(0) != '\n') Step();
    } else if (At(0) == '/' && At(1) == '*') {
      const Position start = here_;
      Step(2);
      while (!AtEnd() && !(At(0) == '*' && At(1) == '/')) {
        // Some would end the comment at the first */ and run what follows, others at the second.
        if (At(0) == '/' && At(1) == '*') return "a comment inside a comment";
        Step();
      }
      if (AtEnd()) {
        here_ = start;
        return "a comment that does not end";
      }
      Step(2);
    } else {
      break;
    }
  }
  return {};
}

Token Scanner::ReadWord() {
  Token token{.kind = Token::Kind::kWord, .at = here_};
  while (!AtEnd() && IsWordPart(At(0))) Step();
  token.text = text_.substr(token.at.offset, here_.offset - token.at.offset);
  return token;
}

Token Scanner::ReadNumber() {
  Token token{.kind = Token::Kind::kNumber, .at = here_};
  while (!AtEnd() && (IsWordPart(At(0)) || At(0) == '.')) Step();
  token.text = text_.substr(token.at.offset, here_.offset - token.at.offset);
  return token;
}

Token Scanner::ReadQuoted() {
  const char quote = At(0);
  const bool is_string = quote == '\'';
  Token token{.kind = is_string ? Token::Kind::kString : Token::Kind::kQuotedName, .at = here_};
  const auto fault = [&](const Position& at, const char* message) {
    here_ = at;
    return Token{.kind = Token::Kind::kFault, .text = message, .at = at, .end = at.offset};
  };
  const Position start = here_;
  Step();
  while (!AtEnd()) {
    const char c = At(0);
    if (c == quote && At(1) != quote) {
      Step();
      if (!is_string && token.text.empty()) return fault(start, "an empty name");
      return token;
    }
    if (c == '\0') return fault(here_, "a NUL character");
    if (is_string && c == '\\' && At(1) == quote) {
      return fault(here_, "\\' is read in two ways: write '' for a quote in a string");
    }
    if (!is_string && IsControl(c)) return fault(here_, "a control character in a name");
    token.text.push_back(c);
    Step(c == quote ? 2 : 1);
  }
  return fault(start, is_string ? "a string that does not end" : "a quoted name that does not end");
}

Token Scanner::Next() {
  Token token{.kind = Token::Kind::kFault, .text = SkipSpaceAndComments(), .at = here_};
  if (token.text.empty()) {
    const char c = At(0);
    if (AtEnd()) {
      token.kind = Token::Kind::kEnd;
    } else if (IsWordStart(c)) {
      token = ReadWord();
    } else if (IsDigit(c)) {
      token = ReadNumber();
    } else if (c == '\'' || c == '"' || c == '`') {
      token = ReadQuoted();
    } else if (c == '$' && At(1) == '$') {
      token.text = "text between $$ is not supported: write it in single quotes";
    } else if (IsControl(c)) {
      token.text = "a control character";
    } else {
      token.kind = Token::Kind::kSymbol;
      token.text = c;
      Step();
    }
  }
  token.end = here_.offset;
  return token;
}

}  // namespace sluice::admin::sql
