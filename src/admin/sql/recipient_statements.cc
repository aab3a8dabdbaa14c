#include <utility>

#include "admin/sql/reader_internal.h"

namespace sluice::admin::sql {
namespace {

using RecipientChange = decltype(AlterRecipient::change);

/// A name, perhaps with dots in it, or a string.
Result<Name> ParsePropertyKey(TokenReader& reader) {
  const Token& token = reader.token();
  Name key{.text = {}, .at = token.at};
  if (token.kind == Token::Kind::kString && !token.text.empty()) {
    key.text = TRY(reader.ReadString("a property's name"));
    return key;
  }
  do {
    const Name part = TRY(reader.ReadName("a property's name"));
    if (!key.text.empty()) key.text += '.';
    key.text += part.text;
  } while (reader.Take('.'));
  return key;
}

Result<Properties> ParseProperties(TokenReader& reader) {
  TRY(reader.Expect('('));
  Properties properties;
  do {
    Name key = TRY(ParsePropertyKey(reader));
    reader.Take('=');
    properties.emplace_back(std::move(key), TRY(reader.ReadString("the property's value")));
  } while (reader.Take(','));
  TRY(reader.Expect(')'));
  return properties;
}

Result<UnsetProperties> ParseUnsetProperties(TokenReader& reader) {
  TRY(reader.Expect('('));
  UnsetProperties unset;
  do {
    unset.keys.push_back(TRY(ParsePropertyKey(reader)));
  } while (reader.Take(','));
  TRY(reader.Expect(')'));
  return unset;
}

Result<RecipientChange> ParseSet(TokenReader& reader) {
  const std::string_view what = TRY(reader.ExpectOneOf({"PROPERTIES", "COMMENT", "OWNER"}));
  if (what == "COMMENT") return SetComment{TRY(reader.ReadComment())};
  if (what == "OWNER") return TRY(ParseOwner(reader));
  return SetProperties{TRY(ParseProperties(reader))};
}

Result<RecipientChange> ParseRecipientChange(TokenReader& reader) {
  const std::string_view verb = TRY(reader.ExpectOneOf({"SET", "UNSET", "RENAME", "OWNER"}));
  if (verb == "SET") return ParseSet(reader);
  if (verb == "OWNER") return TRY(ParseOwner(reader));
  if (verb == "UNSET") {
    const std::string_view what = TRY(reader.ExpectOneOf({"PROPERTIES", "COMMENT"}));
    if (what == "COMMENT") return SetComment{};
    return TRY(ParseUnsetProperties(reader));
  }
  TRY(reader.Expect("TO"));
  return RenameTo{TRY(reader.ReadName("the new name"))};
}

}  // namespace

Result<Action> ParseCreateRecipient(TokenReader& reader) {
  CreateRecipient create;
  create.if_not_exists = TRY(reader.TakeIfNotExists());
  create.name = TRY(reader.ReadName("the recipient's name"));
  if (reader.Sees("USING")) return reader.NotSupported("USING ID");
  if (reader.Take("COMMENT")) create.comment = TRY(reader.ReadComment());
  if (reader.Take("SET") && !reader.Sees("PROPERTIES")) return reader.Unexpected({"PROPERTIES"});
  if (reader.Take("PROPERTIES")) create.properties = TRY(ParseProperties(reader));
  return create;
}

Result<Action> ParseAlterRecipient(TokenReader& reader) {
  AlterRecipient alter;
  alter.if_exists = TRY(reader.TakeIfExists());
  alter.name = TRY(reader.ReadName("the recipient's name"));
  alter.change = TRY(ParseRecipientChange(reader));
  return alter;
}

}  // namespace sluice::admin::sql
