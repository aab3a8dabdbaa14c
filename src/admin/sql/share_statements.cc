#include <utility>

#include "admin/sql/parser.h"
#include "admin/sql/reader_internal.h"

namespace sluice::admin::sql {
namespace {

using ShareChange = decltype(AlterShare::change);

/// The clauses behind ADD TABLE name or ADD SCHEMA name, each at most once, in any order.
Result<void> ParseClauses(TokenReader& reader, AddObject& added) {
  const bool is_table = added.objects == Objects::kTable;
  while (!reader.AtEndOfStatement()) {
    if (reader.Sees("PARTITION")) {
      return reader.NotSupported("sharing single partitions with PARTITION");
    }
    if (!added.comment && reader.Take("COMMENT")) {
      added.comment = TRY(reader.ReadComment());
    } else if (!added.location && !added.shared_as && reader.Take("LOCATION")) {
      added.location = TRY(reader.ReadString("a location"));
    } else if (!added.location && !added.shared_as && reader.Take("AS")) {
      added.shared_as = TRY(reader.ReadQualifiedName(is_table ? "SCHEMA.TABLE" : "SCHEMA"));
    } else if (!added.history_shared && (reader.Sees("WITH") || reader.Sees("WITHOUT"))) {
      added.history_shared = reader.Take("WITH");
      if (!*added.history_shared) reader.Skip();
      TRY(reader.Expect("HISTORY"));
    } else {
      return reader.Unexpected("AS name, LOCATION '...', COMMENT '...', WITH HISTORY or ';'");
    }
  }
  return {};
}

Result<AddObject> ParseAddObject(TokenReader& reader, Objects objects) {
  const bool is_table = objects == Objects::kTable;
  AddObject added{.objects = objects};
  added.object =
      TRY(reader.ReadQualifiedName(is_table ? "[DATABASE.][SCHEMA.]TABLE" : "[DATABASE.]SCHEMA"));
  TRY(ParseClauses(reader, added));
  const std::size_t parts = is_table ? 2 : 1;
  if (added.location && added.object.parts.size() != parts) {
    return AtPosition(added.object.at(), InvalidArgument("expected {} for a location, found '{}'",
                                                         is_table ? "SCHEMA.TABLE" : "SCHEMA",
                                                         added.object.ToString()));
  }
  return added;
}

Result<ChangeAccounts> ParseAccounts(TokenReader& reader, ChangeAccounts::Kind kind) {
  TRY(reader.Expect('='));
  ChangeAccounts change{.kind = kind};
  do {
    change.accounts.push_back(TRY(reader.ReadQualifiedName("[ORGANISATION.]RECIPIENT")));
  } while (reader.Take(','));
  if (reader.Sees("SHARE_RESTRICTIONS")) return reader.NotSupported("SHARE_RESTRICTIONS");
  return change;
}

/// Whatever else Databricks can put into a share.
bool SeesOtherObject(const TokenReader& reader) {
  return reader.Sees("VIEW") || reader.Sees("MATERIALIZED") || reader.Sees("MODEL") ||
         reader.Sees("VOLUME") || reader.Sees("NOTEBOOK");
}

Result<ShareChange> ParseAdd(TokenReader& reader) {
  if (SeesOtherObject(reader))
    return reader.NotSupported("sharing anything but tables and schemas");
  const std::string_view what = TRY(reader.ExpectOneOf({"TABLE", "SCHEMA", "ACCOUNTS"}));
  if (what == "ACCOUNTS") return TRY(ParseAccounts(reader, ChangeAccounts::Kind::kAdd));
  return TRY(ParseAddObject(reader, what == "TABLE" ? Objects::kTable : Objects::kSchema));
}

Result<ShareChange> ParseRemove(TokenReader& reader) {
  if (SeesOtherObject(reader))
    return reader.NotSupported("sharing anything but tables and schemas");
  const std::string_view what = TRY(reader.ExpectOneOf({"TABLE", "SCHEMA", "ACCOUNTS"}));
  if (what == "ACCOUNTS") return TRY(ParseAccounts(reader, ChangeAccounts::Kind::kRemove));
  const bool is_table = what == "TABLE";
  RemoveObject removed{.objects = is_table ? Objects::kTable : Objects::kSchema};
  removed.object = TRY(reader.ReadQualifiedName(is_table ? "SCHEMA.TABLE" : "SCHEMA"));
  return removed;
}

Result<ShareChange> ParseSet(TokenReader& reader) {
  if (reader.Sees("TAG")) return reader.NotSupported("SET TAG");
  const std::string_view what = TRY(reader.ExpectOneOf({"COMMENT", "ACCOUNTS", "OWNER"}));
  if (what == "COMMENT") return SetComment{TRY(reader.ReadComment())};
  if (what == "OWNER") return TRY(ParseOwner(reader));
  return TRY(ParseAccounts(reader, ChangeAccounts::Kind::kSet));
}

Result<ShareChange> ParseShareChange(TokenReader& reader) {
  if (reader.Sees("ALTER")) return reader.NotSupported("ALTER inside ALTER SHARE");
  const std::string_view verb =
      TRY(reader.ExpectOneOf({"ADD", "REMOVE", "RENAME", "SET", "UNSET", "OWNER"}));
  if (verb == "ADD") return ParseAdd(reader);
  if (verb == "REMOVE") return ParseRemove(reader);
  if (verb == "SET") return ParseSet(reader);
  if (verb == "OWNER") return TRY(ParseOwner(reader));
  if (verb == "UNSET") {
    if (reader.Sees("TAG")) return reader.NotSupported("UNSET TAG");
    TRY(reader.Expect("COMMENT"));
    return SetComment{};
  }
  TRY(reader.Expect("TO"));
  return RenameTo{TRY(reader.ReadName("the new name"))};
}

}  // namespace

Result<SetOwner> ParseOwner(TokenReader& reader) {
  TRY(reader.Expect("TO"));
  return SetOwner{TRY(reader.ReadName("the owner's name"))};
}

Result<Action> ParseCreateShare(TokenReader& reader) {
  CreateShare create;
  create.if_not_exists = TRY(reader.TakeIfNotExists());
  create.name = TRY(reader.ReadName("the share's name"));
  if (reader.Take("COMMENT")) create.comment = TRY(reader.ReadComment());
  return create;
}

Result<Action> ParseAlterShare(TokenReader& reader) {
  AlterShare alter;
  alter.if_exists = TRY(reader.TakeIfExists());
  alter.name = TRY(reader.ReadName("the share's name"));
  alter.change = TRY(ParseShareChange(reader));
  return alter;
}

}  // namespace sluice::admin::sql
