#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::admin::sql {

// The owner's SQL as it was parsed: what stands there, not yet whether the names exist. Sources:
// the SQL command references of Snowflake and Databricks for these statements; ours are EXPLAIN
// COST, LOCATION and UNSET COMMENT on recipients. docs/decisions/030 says what differs and why.

/// A place in a text.
struct Position {
  int line = 1;            ///< From 1.
  int column = 1;          ///< From 1, in characters (not bytes) of the line.
  std::size_t offset = 0;  ///< In bytes from the start of the text.
};

/// A name without its quotes, never empty. Names are found regardless of ASCII case, quoted or not.
struct Name {
  std::string text;
  Position at;
};

/// "name", "schema.name" or "database.schema.name": one to three parts.
struct QualifiedName {
  std::vector<Name> parts;

  const Position& at() const { return parts.front().at; }
  std::string ToString() const;  ///< Joined by dots, for messages; not to be parsed again.
};

using Properties = std::vector<std::pair<Name, std::string>>;

// Parts of ALTER.

struct RenameTo {
  Name name;
};
struct SetComment {
  std::optional<std::string> comment;  ///< None: UNSET COMMENT.
};
struct SetOwner {
  Name principal;
};

enum class Objects : std::uint8_t { kTable, kSchema };

/// ADD TABLE or ADD SCHEMA. Exactly one of: a `location` with `object` as the name in the share, or
/// `object` as the name of what is shared, perhaps under another name.
struct AddObject {
  Objects objects = Objects::kTable;
  QualifiedName object;  ///< With a location: "schema.table", or "schema".
  std::optional<std::string> location;
  std::optional<QualifiedName> shared_as;  ///< "schema.table", or "schema".
  std::optional<std::string> comment;
  std::optional<bool> history_shared;  ///< WITH HISTORY or WITHOUT HISTORY.
};
struct RemoveObject {
  Objects objects = Objects::kTable;
  QualifiedName object;  ///< "schema.table", or "schema", as the share has them.
};
/// {ADD | REMOVE | SET} ACCOUNTS = recipient, ...
struct ChangeAccounts {
  enum class Kind : std::uint8_t { kAdd, kRemove, kSet };
  Kind kind = Kind::kAdd;
  std::vector<QualifiedName> accounts;  ///< "recipient" or "organisation.recipient".
};
struct SetProperties {
  Properties properties;
};
struct UnsetProperties {
  std::vector<Name> keys;
};

// Statements about shares.

struct CreateShare {
  Name name;
  bool if_not_exists = false;
  std::optional<std::string> comment;
};
struct AlterShare {
  Name name;
  bool if_exists = false;
  std::variant<RenameTo, SetComment, SetOwner, AddObject, RemoveObject, ChangeAccounts> change;
};
struct DropShare {
  Name name;
  bool if_exists = false;
};
struct ShowShares {
  std::optional<std::string> like;  ///< A pattern with % and _.
};
struct DescribeShare {
  QualifiedName name;  ///< "share" or "account.share".
};
/// What is in a share.
struct ShowAllInShare {
  Name share;
};
/// Who may read a share.
struct ShowGrantsOnShare {
  Name share;
};

// Statements about recipients.

struct CreateRecipient {
  Name name;
  bool if_not_exists = false;
  std::optional<std::string> comment;
  Properties properties;
};
struct AlterRecipient {
  Name name;
  bool if_exists = false;
  std::variant<RenameTo, SetComment, SetOwner, SetProperties, UnsetProperties> change;
};
struct DropRecipient {
  Name name;
  bool if_exists = false;
};
struct ShowRecipients {
  std::optional<std::string> like;
};
struct DescribeRecipient {
  Name name;
};
/// What a recipient may read.
struct ShowGrantsToRecipient {
  Name recipient;
};

// Grants.

struct GrantShare {
  Name share;
  Name recipient;
};
struct RevokeShare {
  Name share;
  Name recipient;
};
/// What Snowflake's GRANT ... TO SHARE names.
struct SharedObject {
  enum class Kind : std::uint8_t { kDatabase, kSchema, kTable, kAllTablesInSchema };
  Kind kind = Kind::kDatabase;
  QualifiedName object;  ///< One, two or three parts, as its kind has.
  Name share;
};
struct GrantToShare {
  SharedObject object;
};
struct RevokeFromShare {
  SharedObject object;
};

// Databases, queries.

struct CreateDatabase {
  Name name;
  bool if_not_exists = false;
  QualifiedName share;  ///< "share" or "account.share".
};
struct DropDatabase {
  Name name;
  bool if_exists = false;
};

/// EXPLAIN COST [FOR RECIPIENT r] ON TABLE share.schema.table [WHERE condition]
struct ExplainCost {
  std::optional<Name> recipient;
  QualifiedName table;    ///< Three parts.
  std::string condition;  ///< Empty, or the text behind WHERE, not interpreted.
  Position condition_at;
};

/// SELECT ... or WITH ...: recognised and not interpreted. Its text is the statement's.
struct Query {};

using Action =
    std::variant<CreateShare, AlterShare, DropShare, ShowShares, DescribeShare, ShowAllInShare,
                 ShowGrantsOnShare, CreateRecipient, AlterRecipient, DropRecipient, ShowRecipients,
                 DescribeRecipient, ShowGrantsToRecipient, GrantShare, RevokeShare, GrantToShare,
                 RevokeFromShare, CreateDatabase, DropDatabase, ExplainCost, Query>;

struct Statement {
  Position at;       ///< Of its first word.
  std::string text;  ///< As written, from the first word to the last, without the semicolon.
  Action action;
};

}  // namespace sluice::admin::sql
