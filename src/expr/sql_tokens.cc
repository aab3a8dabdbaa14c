#include <array>
#include <utility>

#include "expr/sql_tokens_internal.h"

namespace sluice::expr {
namespace {

// Longer ones first.
constexpr auto kSymbols =
    std::to_array<std::string_view>({"<=>", "<>", "<=", ">=", "!=", "==", "||", "=", "<", ">",
                                     "(",   ")",  ",",  ".",  "+",  "-",  "*",  "/", "%", "!"});

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  Result<SqlToken> Next();

 private:
  char At(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  SqlToken ReadName();
  SqlToken ReadNumber();
  Result<SqlToken> ReadBackquoted();
  Result<SqlToken> ReadQuoted();

  std::string_view sql_;
  std::size_t at_ = 0;
};

SqlToken Scanner::ReadName() {
  const std::size_t start = at_;
  while (IsNamePart(At(0))) ++at_;
  return {.kind = SqlToken::Kind::kName, .text = std::string(sql_.substr(start, at_ - start))};
}

SqlToken Scanner::ReadNumber() {
  const std::size_t start = at_;
  while (IsNamePart(At(0)) || At(0) == '.') {
    const bool exponent = At(0) == 'e' || At(0) == 'E';
    ++at_;
    if (exponent && (At(0) == '-' || At(0) == '+') && IsDigit(At(1))) ++at_;
  }
  return {.kind = SqlToken::Kind::kNumber, .text = std::string(sql_.substr(start, at_ - start))};
}

Result<SqlToken> Scanner::ReadBackquoted() {
  SqlToken token{.kind = SqlToken::Kind::kQuotedName};
  for (++at_; at_ < sql_.size(); ++at_) {
    if (At(0) == '`') {
      ++at_;
      if (At(0) != '`') return token;
    }
    token.text.push_back(At(0));
  }
  return InvalidArgument("predicate: a quoted name does not end");
}

// Spark prints a quote inside a string as \'. Others write it twice, which to Spark is the end of
// one string and the start of another; and to others a backslash is just a backslash.
Result<SqlToken> Scanner::ReadQuoted() {
  const char quote = At(0);
  SqlToken token{.kind = quote == '\'' ? SqlToken::Kind::kString : SqlToken::Kind::kDubious};
  for (++at_; at_ < sql_.size(); ++at_) {
    if (At(0) == quote) {
      ++at_;
      if (At(0) != quote) return token;
      token.kind = SqlToken::Kind::kDubious;
    } else if (At(0) == '\\') {
      ++at_;
      if (At(0) != '\'' && At(0) != '\\') token.kind = SqlToken::Kind::kDubious;
    }
    token.text.push_back(At(0));
  }
  return InvalidArgument("predicate: a string does not end");
}

Result<SqlToken> Scanner::Next() {
  while (IsSpace(At(0))) ++at_;
  if (at_ >= sql_.size()) return SqlToken{};
  if (IsNameStart(At(0))) return ReadName();
  if (IsDigit(At(0))) return ReadNumber();
  if (At(0) == '`') return ReadBackquoted();
  if (At(0) == '\'' || At(0) == '"') return ReadQuoted();
  for (const std::string_view symbol : kSymbols) {
    if (!sql_.substr(at_).starts_with(symbol)) continue;
    at_ += symbol.size();
    return SqlToken{.kind = SqlToken::Kind::kSymbol, .text = std::string(symbol)};
  }
  return InvalidArgument("predicate: unexpected character at byte {}", at_);
}

}  // namespace

Result<std::vector<SqlToken>> ReadSqlTokens(std::string_view sql) {
  Scanner scanner(sql);
  std::vector<SqlToken> tokens;
  do {
    tokens.push_back(TRY(scanner.Next()));
  } while (tokens.back().kind != SqlToken::Kind::kEnd);
  return tokens;
}

}  // namespace sluice::expr
