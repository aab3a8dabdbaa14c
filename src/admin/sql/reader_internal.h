#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/sql/statement.h"
#include "admin/sql/tokens_internal.h"
#include "base/result.h"

namespace sluice::admin::sql {

/// Reads tokens one after the other, as a parser wants them. Errors of all calls are those of
/// ParseSql.
class TokenReader {
 public:
  explicit TokenReader(std::string_view text)
      : text_(text), scanner_(text), token_(scanner_.Next()) {}

  const Token& token() const { return token_; }
  bool AtEnd() const { return token_.kind == Token::Kind::kEnd; }
  /// At the end of a statement: a semicolon or the end.
  bool AtEndOfStatement() const { return AtEnd() || Sees(';'); }
  bool Sees(std::string_view keyword) const;
  bool Sees(char symbol) const;
  bool Take(std::string_view keyword);  ///< Goes past it if it is here.
  bool Take(char symbol);
  void Skip();  ///< Goes past what is here.

  Result<void> Expect(std::string_view keyword);
  Result<void> Expect(char symbol);
  /// Goes past one of `keywords` and returns which.
  Result<std::string_view> ExpectOneOf(std::initializer_list<std::string_view> keywords);

  Result<Name> ReadName(std::string_view what);
  /// At least one, between commas.
  Result<std::vector<Name>> ReadNames(std::string_view what);
  /// `form` shows the parts that it must have, such as "DATABASE.SCHEMA"; parts in brackets, which
  /// come first, may be missing: "[ACCOUNT.]SHARE".
  Result<QualifiedName> ReadQualifiedName(std::string_view form);
  Result<std::string> ReadString(std::string_view what);
  /// COMMENT [=] 'text' without its first word.
  Result<std::string> ReadComment();
  Result<bool> TakeIfExists();
  Result<bool> TakeIfNotExists();

  /// The error for what is here, where `expected` was wanted.
  Error Unexpected(std::string_view expected) const;
  Error Unexpected(std::initializer_list<std::string_view> keywords) const;
  /// The error for something that others have here: "PARTITION is not supported".
  Error NotSupported(std::string_view what) const;

  /// The source up to the last token that was passed.
  std::string_view TextSince(std::size_t offset) const;

 private:
  std::string_view text_;
  Scanner scanner_;
  Token token_;
  std::size_t passed_end_ = 0;
};

// What each kind of statement has behind its first words.
Result<Action> ParseCreateShare(TokenReader& reader);
Result<Action> ParseAlterShare(TokenReader& reader);
Result<Action> ParseCreateRecipient(TokenReader& reader);
Result<Action> ParseAlterRecipient(TokenReader& reader);
Result<Action> ParseGrant(TokenReader& reader);    ///< Behind GRANT.
Result<Action> ParseRevoke(TokenReader& reader);   ///< Behind REVOKE.
Result<SetOwner> ParseOwner(TokenReader& reader);  ///< Behind OWNER.

}  // namespace sluice::admin::sql
