#include "admin/sql/parser.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "admin/sql/reader_internal.h"
#include "base/encoding.h"

namespace sluice::admin::sql {
namespace {

Result<std::optional<std::string>> ParseLike(TokenReader& reader) {
  if (!reader.Take("LIKE")) return std::optional<std::string>();
  return std::optional(TRY(reader.ReadString("a pattern")));
}

Result<Action> ParseShowGrants(TokenReader& reader) {
  const std::string_view preposition = TRY(reader.ExpectOneOf({"ON", "TO", "OF"}));
  if (preposition == "TO" && reader.Take("RECIPIENT")) {
    return ShowGrantsToRecipient{TRY(reader.ReadName("the recipient's name"))};
  }
  if (preposition == "TO" && !reader.Sees("SHARE"))
    return reader.Unexpected({"RECIPIENT", "SHARE"});
  TRY(reader.Expect("SHARE"));
  Name share = TRY(reader.ReadName("the share's name"));
  // Snowflake's words: TO SHARE are the privileges that it holds, OF SHARE the accounts that have
  // it.
  if (preposition == "TO") return ShowAllInShare{std::move(share)};
  return ShowGrantsOnShare{std::move(share)};
}

Result<Action> ParseShow(TokenReader& reader) {
  const std::string_view what =
      TRY(reader.ExpectOneOf({"SHARES", "RECIPIENTS", "ALL", "GRANTS", "GRANT"}));
  if (what == "SHARES") return ShowShares{TRY(ParseLike(reader))};
  if (what == "RECIPIENTS") return ShowRecipients{TRY(ParseLike(reader))};
  if (what != "ALL") return ParseShowGrants(reader);
  TRY(reader.Expect("IN"));
  TRY(reader.Expect("SHARE"));
  return ShowAllInShare{TRY(reader.ReadName("the share's name"))};
}

Result<Action> ParseDescribe(TokenReader& reader) {
  const std::string_view what = TRY(reader.ExpectOneOf({"SHARE", "RECIPIENT"}));
  if (what == "SHARE") return DescribeShare{TRY(reader.ReadQualifiedName("[ACCOUNT.]SHARE"))};
  return DescribeRecipient{TRY(reader.ReadName("the recipient's name"))};
}

Result<Action> ParseCreateDatabase(TokenReader& reader) {
  CreateDatabase create;
  create.if_not_exists = TRY(reader.TakeIfNotExists());
  create.name = TRY(reader.ReadName("the database's name"));
  TRY(reader.Expect("FROM"));
  TRY(reader.Expect("SHARE"));
  create.share = TRY(reader.ReadQualifiedName("[ACCOUNT.]SHARE"));
  return create;
}

Result<Action> ParseCreate(TokenReader& reader) {
  if (reader.Sees("OR")) return reader.NotSupported("CREATE OR REPLACE");
  const std::string_view what = TRY(reader.ExpectOneOf({"SHARE", "RECIPIENT", "DATABASE"}));
  if (what == "SHARE") return ParseCreateShare(reader);
  if (what == "RECIPIENT") return ParseCreateRecipient(reader);
  return ParseCreateDatabase(reader);
}

Result<Action> ParseAlter(TokenReader& reader) {
  const std::string_view what = TRY(reader.ExpectOneOf({"SHARE", "RECIPIENT"}));
  return what == "SHARE" ? ParseAlterShare(reader) : ParseAlterRecipient(reader);
}

Result<Action> ParseDrop(TokenReader& reader) {
  const std::string_view what = TRY(reader.ExpectOneOf({"SHARE", "RECIPIENT", "DATABASE"}));
  const bool if_exists = TRY(reader.TakeIfExists());
  Name name = TRY(reader.ReadName("a name"));
  if (what == "SHARE") return DropShare{.name = std::move(name), .if_exists = if_exists};
  if (what == "RECIPIENT") return DropRecipient{.name = std::move(name), .if_exists = if_exists};
  return DropDatabase{.name = std::move(name), .if_exists = if_exists};
}

void SkipToEndOfStatement(TokenReader& reader) {
  while (!reader.AtEndOfStatement() && reader.token().kind != Token::Kind::kFault) reader.Skip();
}

Result<Action> ParseExplain(TokenReader& reader) {
  ExplainCost explain;
  TRY(reader.Expect("COST"));
  if (reader.Take("FOR")) {
    TRY(reader.Expect("RECIPIENT"));
    explain.recipient = TRY(reader.ReadName("the recipient's name"));
    TRY(reader.Expect("ON"));
  } else {
    TRY(reader.ExpectOneOf({"ON"}));
  }
  TRY(reader.Expect("TABLE"));
  explain.table = TRY(reader.ReadQualifiedName("SHARE.SCHEMA.TABLE"));
  if (!reader.Take("WHERE")) return explain;
  if (reader.AtEndOfStatement()) return reader.Unexpected("a condition");
  explain.condition_at = reader.token().at;
  SkipToEndOfStatement(reader);
  explain.condition = reader.TextSince(explain.condition_at.offset);
  return explain;
}

Result<Action> ParseAction(TokenReader& reader) {
  if (reader.Sees("SELECT") || reader.Sees("WITH")) {
    SkipToEndOfStatement(reader);
    return Query{};
  }
  const std::string_view verb = TRY(reader.ExpectOneOf(
      {"CREATE", "ALTER", "DROP", "SHOW", "DESCRIBE", "DESC", "GRANT", "REVOKE", "EXPLAIN"}));
  if (verb == "CREATE") return ParseCreate(reader);
  if (verb == "ALTER") return ParseAlter(reader);
  if (verb == "DROP") return ParseDrop(reader);
  if (verb == "SHOW") return ParseShow(reader);
  if (verb == "GRANT") return ParseGrant(reader);
  if (verb == "REVOKE") return ParseRevoke(reader);
  if (verb == "EXPLAIN") return ParseExplain(reader);
  return ParseDescribe(reader);
}

Result<void> CheckText(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return AtPosition(
        {}, TooLarge("the text has {} bytes, {} are allowed", text.size(), kMaxTextBytes));
  }
  if (IsValidUtf8(text)) return {};
  Position at;
  for (std::size_t start = 0;; ++at.line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    at.offset = start;
    if (!IsValidUtf8(text.substr(start, end - start)) || end == text.size()) break;
    start = end + 1;
  }
  return AtPosition(at, InvalidArgument("this line is not UTF-8"));
}

/// What AtPosition wrote.
std::optional<Position> ReadPosition(std::string_view message) {
  const auto take = [&](std::string_view word, int& number) {
    if (!message.starts_with(word)) return false;
    message.remove_prefix(word.size());
    const auto [end, fault] =
        std::from_chars(message.data(), message.data() + message.size(), number);
    if (fault != std::errc() || number < 1) return false;
    message.remove_prefix(static_cast<std::size_t>(end - message.data()));
    return true;
  };
  Position at;
  if (!take("line ", at.line) || !take(", column ", at.column)) return std::nullopt;
  if (!message.starts_with(": ")) return std::nullopt;
  return at;
}

/// The characters of one line, each as its bytes; control characters as a space. None if the text
/// has fewer lines.
std::optional<std::vector<std::string>> CharactersOfLine(std::string_view text, int line) {
  std::size_t start = 0;
  for (int i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string_view::npos) return std::nullopt;
    start = end + 1;
  }
  std::vector<std::string> characters;
  for (const char c : text.substr(start, text.find('\n', start) - start)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80 && !characters.empty()) {
      characters.back() += c;
    } else {
      characters.emplace_back(1, byte < 0x20 || byte == 0x7f ? ' ' : c);
    }
  }
  return characters;
}

}  // namespace

Error AtPosition(const Position& position, Error error) {
  error.message = Format("line {}, column {}: {}", position.line, position.column, error.message);
  return error;
}

Result<std::vector<Statement>> ParseSql(std::string_view text) {
  TRY(CheckText(text));
  TokenReader reader(text);
  std::vector<Statement> statements;
  while (true) {
    while (reader.Take(';')) {
    }
    if (reader.AtEnd()) return statements;
    const Position at = reader.token().at;
    if (statements.size() == kMaxStatements) {
      return AtPosition(at, TooLarge("more than {} statements", kMaxStatements));
    }
    Action action = TRY(ParseAction(reader));
    if (!reader.AtEndOfStatement()) return reader.Unexpected("';'");
    statements.push_back(
        {.at = at, .text = std::string(reader.TextSince(at.offset)), .action = std::move(action)});
  }
}

std::string ShowFault(std::string_view text, std::string_view message) {
  constexpr std::size_t kShownBefore = 60;
  constexpr std::size_t kShownBehind = 40;
  std::string shown(message);
  shown += '\n';
  const std::optional<Position> at = ReadPosition(message);
  if (!at || !IsValidUtf8(text)) return shown;
  const auto line = CharactersOfLine(text, at->line);
  const std::size_t place = static_cast<std::size_t>(at->column) - 1;
  if (!line || place > line->size()) return shown;
  const std::size_t first = place > kShownBefore ? place - kShownBefore : 0;
  const std::size_t last = std::min(line->size(), place + kShownBehind);
  shown += first > 0 ? "  ..." : "  ";
  for (std::size_t i = first; i < last; ++i) shown += (*line)[i];
  shown += last < line->size() ? "...\n" : "\n";
  shown += std::string((first > 0 ? 5 : 2) + place - first, ' ') + "^\n";
  return shown;
}

}  // namespace sluice::admin::sql
