// A hint is one SQL condition, as Spark prints it or a person writes it:
//   or        = and { OR and }
//   and       = not { AND not }
//   not       = { NOT | "!" } condition
//   condition = sum [ compare sum | IS [NOT] word | [NOT] IN "(" sum { "," sum } ")"
//                   | [NOT] BETWEEN sum AND sum | [NOT] LIKE sum ]
//   sum       = signed { operator signed }               operator: + - * / % ||
//   signed    = { "+" | "-" } primary
//   primary   = "(" or ")" | CAST "(" or AS type ")" | literal | column | name "(" [or {"," or}]
//   ")"
// Every rule gives an operand, since "(a)" may be a value or a condition.
#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "expr/comparison_internal.h"
#include "expr/predicate.h"
#include "expr/sql_operand_internal.h"
#include "expr/sql_tokens_internal.h"

namespace sluice::expr {
namespace {

// Words that cannot be a column's name unless quoted.
constexpr auto kReserved = std::to_array<std::string_view>(
    {"and", "or", "not", "is", "in", "between", "like", "ilike", "rlike", "as", "cast", "case",
     "when", "then", "else", "end", "select", "from", "exists"});

bool IsReserved(std::string_view name) {
  return std::ranges::any_of(
      kReserved, [name](std::string_view word) { return EqualsIgnoringAsciiCase(word, name); });
}

class SqlHintParser {
 public:
  /// Counts on from `conditions`.
  SqlHintParser(std::vector<SqlToken> tokens, const Schema& schema, int& conditions)
      : tokens_(std::move(tokens)), schema_(schema), conditions_(conditions) {}

  Result<Predicate> ParseAll();

 private:
  Result<SqlOperand> ParseOr();
  Result<SqlOperand> ParseAnd();
  Result<SqlOperand> ParseNot();
  Result<SqlOperand> ParseCondition();
  Result<SqlOperand> ParseIs(const SqlOperand& left);
  Result<SqlOperand> ParseIn(const SqlOperand& left);
  Result<SqlOperand> ParseBetween(const SqlOperand& left);
  Result<SqlOperand> ParseSum();
  Result<SqlOperand> ParseSigned();
  Result<SqlOperand> ParsePrimary();
  Result<SqlOperand> ParseWord();
  Result<SqlOperand> ParseCast();
  Result<const SqlTypeName*> ParseTypeName();
  Result<SqlOperand> ParseArguments();
  SqlOperand ParseColumn();

  const SqlToken& Peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool AtSymbol(std::string_view symbol, std::size_t ahead = 0) const {
    return Peek(ahead).kind == SqlToken::Kind::kSymbol && Peek(ahead).text == symbol;
  }
  bool AtWord(std::string_view word, std::size_t ahead = 0) const {
    return Peek(ahead).kind == SqlToken::Kind::kName &&
           EqualsIgnoringAsciiCase(Peek(ahead).text, word);
  }
  bool EatSymbol(std::string_view symbol) { return AtSymbol(symbol) && ++at_ > 0; }
  bool EatWord(std::string_view word) { return AtWord(word) && ++at_ > 0; }
  Result<void> Expect(std::string_view symbol);
  Error Unexpected() const;
  Result<void> CountCondition();

  std::vector<SqlToken> tokens_;
  std::size_t at_ = 0;
  const Schema& schema_;
  int depth_ = 0;
  int& conditions_;
};

Error SqlHintParser::Unexpected() const {
  if (Peek().kind == SqlToken::Kind::kEnd) return InvalidArgument("predicate: ends too early");
  return InvalidArgument("predicate: unexpected '{}'", Peek().text);
}

Result<void> SqlHintParser::Expect(std::string_view symbol) {
  if (EatSymbol(symbol)) return {};
  return Unexpected();
}

Result<void> SqlHintParser::CountCondition() {
  if (++conditions_ <= kMaxHintConditions) return {};
  return InvalidArgument("predicate: more than {} conditions", kMaxHintConditions);
}

Result<Predicate> SqlHintParser::ParseAll() {
  SqlOperand whole = TRY(ParseOr());
  if (Peek().kind != SqlToken::Kind::kEnd) return Unexpected();
  return ToCondition(std::move(whole));
}

Result<SqlOperand> SqlHintParser::ParseOr() {
  SqlOperand first = TRY(ParseAnd());
  if (!AtWord("or")) return first;
  std::vector<Predicate> children;
  children.push_back(ToCondition(std::move(first)));
  while (EatWord("or")) children.push_back(ToCondition(TRY(ParseAnd())));
  return ConditionOperand(MakeOr(std::move(children)));
}

Result<SqlOperand> SqlHintParser::ParseAnd() {
  SqlOperand first = TRY(ParseNot());
  if (!AtWord("and")) return first;
  std::vector<Predicate> children;
  children.push_back(ToCondition(std::move(first)));
  while (EatWord("and")) children.push_back(ToCondition(TRY(ParseNot())));
  return ConditionOperand(MakeAnd(std::move(children)));
}

// All recursion passes through here.
Result<SqlOperand> SqlHintParser::ParseNot() {
  if (depth_ >= kMaxHintDepth) {
    return InvalidArgument("predicate: nested deeper than {} levels", kMaxHintDepth);
  }
  ++depth_;
  bool negated = false;
  bool any = false;
  while (EatWord("not") || EatSymbol("!")) {
    negated = !negated;
    any = true;
  }
  SqlOperand operand = TRY(ParseCondition());
  --depth_;
  if (!any) return operand;
  Predicate condition = ToCondition(std::move(operand));
  return ConditionOperand(negated ? MakeNot(std::move(condition)) : std::move(condition));
}

Result<SqlOperand> SqlHintParser::ParseCondition() {
  TRY(CountCondition());
  SqlOperand left = TRY(ParseSum());
  for (const std::string_view symbol : {"=", "==", "<", "<=", ">", ">=", "<>", "!=", "<=>"}) {
    if (!EatSymbol(symbol)) continue;
    const SqlOperand right = TRY(ParseSum());
    return ConditionOperand(CompareBySymbol(left, symbol, right));
  }
  if (EatWord("is")) return ParseIs(left);
  const bool negated = AtWord("not") && EatWord("not");
  SqlOperand result;
  if (EatWord("in")) {
    result = TRY(ParseIn(left));
  } else if (EatWord("between")) {
    result = TRY(ParseBetween(left));
  } else if (EatWord("like") || EatWord("ilike") || EatWord("rlike")) {
    const SqlOperand pattern = TRY(ParseSum());
    result = OpaqueOperand();
  } else if (negated) {
    return Unexpected();
  } else {
    return left;
  }
  if (!negated) return result;
  return ConditionOperand(MakeNot(ToCondition(std::move(result))));
}

Result<SqlOperand> SqlHintParser::ParseIs(const SqlOperand& left) {
  const bool negated = EatWord("not");
  if (EatWord("true") || EatWord("false") || EatWord("unknown")) return OpaqueOperand();
  if (!EatWord("null")) return Unexpected();
  if (left.kind != SqlOperand::Kind::kColumn) return OpaqueOperand();
  Predicate is_null = MakeIsNull(left.column);
  return ConditionOperand(negated ? MakeNot(std::move(is_null)) : std::move(is_null));
}

Result<SqlOperand> SqlHintParser::ParseIn(const SqlOperand& left) {
  TRY(Expect("("));
  std::vector<Predicate> choices;
  do {
    TRY(CountCondition());
    const SqlOperand choice = TRY(ParseSum());
    choices.push_back(CompareOperands(left, CompareOp::kEqual, choice));
  } while (EatSymbol(","));
  TRY(Expect(")"));
  return ConditionOperand(MakeOr(std::move(choices)));
}

Result<SqlOperand> SqlHintParser::ParseBetween(const SqlOperand& left) {
  const SqlOperand low = TRY(ParseSum());
  if (!EatWord("and")) return Unexpected();
  const SqlOperand high = TRY(ParseSum());
  return ConditionOperand(MakeAnd({CompareOperands(left, CompareOp::kGreaterOrEqual, low),
                                   CompareOperands(left, CompareOp::kLessOrEqual, high)}));
}

Result<SqlOperand> SqlHintParser::ParseSum() {
  SqlOperand first = TRY(ParseSigned());
  bool computed = false;
  while (EatSymbol("+") || EatSymbol("-") || EatSymbol("*") || EatSymbol("/") || EatSymbol("%") ||
         EatSymbol("||")) {
    const SqlOperand more = TRY(ParseSigned());
    computed = true;
  }
  return computed ? OpaqueOperand() : std::move(first);
}

Result<SqlOperand> SqlHintParser::ParseSigned() {
  int minuses = 0;
  while (AtSymbol("-") || AtSymbol("+")) {
    minuses += AtSymbol("-") ? 1 : 0;
    ++at_;
  }
  if (Peek().kind == SqlToken::Kind::kNumber) {
    SqlOperand number = NumberOperand(Peek().text, minuses % 2 != 0);
    ++at_;
    return number;
  }
  SqlOperand operand = TRY(ParsePrimary());
  return minuses > 0 ? OpaqueOperand() : std::move(operand);
}

Result<SqlOperand> SqlHintParser::ParsePrimary() {
  switch (Peek().kind) {
    case SqlToken::Kind::kString: {
      SqlOperand literal = LiteralOperand(LiteralKind::kString, Peek().text);
      ++at_;
      return literal;
    }
    case SqlToken::Kind::kDubious: ++at_; return OpaqueOperand();
    case SqlToken::Kind::kQuotedName: return ParseColumn();
    case SqlToken::Kind::kName: return ParseWord();
    default: break;
  }
  TRY(Expect("("));
  SqlOperand inside = TRY(ParseOr());
  TRY(Expect(")"));
  return inside;
}

Result<SqlOperand> SqlHintParser::ParseWord() {
  if (AtWord("cast") && AtSymbol("(", 1)) return ParseCast();
  if (IsReserved(Peek().text)) return Unexpected();
  if (EatWord("null")) return LiteralOperand(LiteralKind::kNull, "");
  if (AtWord("true") || AtWord("false")) {
    SqlOperand literal = LiteralOperand(LiteralKind::kBoolean, Peek().text);
    ++at_;
    return literal;
  }
  // DATE '2020-01-01'; without the string, `date` is a column.
  if (Peek(1).kind == SqlToken::Kind::kString || Peek(1).kind == SqlToken::Kind::kDubious) {
    const SqlTypeName* const type = FindSqlTypeName(Peek().text);
    if (type == nullptr) return Unexpected();
    SqlOperand literal = Peek(1).kind == SqlToken::Kind::kString
                             ? LiteralOperand(type->literal, Peek(1).text)
                             : OpaqueOperand();
    at_ += 2;
    return literal;
  }
  if (AtSymbol("(", 1)) {
    ++at_;
    return ParseArguments();
  }
  return ParseColumn();
}

Result<SqlOperand> SqlHintParser::ParseCast() {
  at_ += 2;  // CAST (
  SqlOperand inside = TRY(ParseOr());
  if (!EatWord("as")) return Unexpected();
  const SqlTypeName* const type = TRY(ParseTypeName());
  TRY(Expect(")"));
  return type == nullptr ? OpaqueOperand() : CastOperand(std::move(inside), *type);
}

// nullptr for a type that no comparison is made with.
Result<const SqlTypeName*> SqlHintParser::ParseTypeName() {
  if (Peek().kind != SqlToken::Kind::kName) return Unexpected();
  const SqlTypeName* const type = FindSqlTypeName(Peek().text);
  ++at_;
  if (!EatSymbol("(")) return type;
  do {
    if (Peek().kind != SqlToken::Kind::kNumber) return Unexpected();
    ++at_;
  } while (EatSymbol(","));
  TRY(Expect(")"));
  return nullptr;
}

Result<SqlOperand> SqlHintParser::ParseArguments() {
  TRY(Expect("("));
  if (EatSymbol(")")) return OpaqueOperand();
  do {
    const SqlOperand argument = TRY(ParseOr());
  } while (EatSymbol(","));
  TRY(Expect(")"));
  return OpaqueOperand();
}

SqlOperand SqlHintParser::ParseColumn() {
  std::vector<std::string> path;
  path.push_back(Peek().text);
  ++at_;
  while (AtSymbol(".") &&
         (Peek(1).kind == SqlToken::Kind::kName || Peek(1).kind == SqlToken::Kind::kQuotedName)) {
    path.push_back(Peek(1).text);
    at_ += 2;
  }
  return NameOperand(path, schema_);
}

Result<Predicate> ParseCounted(std::string_view sql, const Schema& schema, int& conditions) {
  if (sql.size() > kMaxSqlHintBytes) {
    return InvalidArgument("predicate: longer than {} bytes", kMaxSqlHintBytes);
  }
  std::vector<SqlToken> tokens = TRY(ReadSqlTokens(sql));
  return SqlHintParser(std::move(tokens), schema, conditions).ParseAll();
}

}  // namespace

Result<Predicate> ParseSqlHint(std::string_view sql, const Schema& schema) {
  int conditions = 0;
  return ParseCounted(sql, schema, conditions);
}

Predicate ParseSqlHints(std::span<const std::string> hints, const Schema& schema) {
  std::vector<Predicate> readable;
  int conditions = 0;
  for (const std::string& hint : hints) {
    if (conditions >= kMaxHintConditions) break;
    Result<Predicate> predicate = ParseCounted(hint, schema, conditions);
    if (predicate.ok()) readable.push_back(*std::move(predicate));
  }
  return MakeAnd(std::move(readable));
}

}  // namespace sluice::expr
