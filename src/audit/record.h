#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

/// What was decided about.
enum class Action : std::uint8_t {
  kList,         ///< Shares, schemas, tables; a table's description.
  kVersion,      ///< A table's version.
  kMetadata,     ///< A table's protocol and schema.
  kQuery,        ///< Files of a version or a range of versions: links.
  kChanges,      ///< The change data feed: links.
  kCredentials,  ///< Temporary credentials of a store.
  kDownload,     ///< The first use of a link to this server.
  kActivation,   ///< A profile handed over.
  kChange,       ///< An owner changed something: `before` and `after`.
  kAuthenticate  ///< Refused before it was known what for.
};
std::string_view ActionName(Action action);  ///< "list", "version", ...
Result<Action> ParseAction(std::string_view name);

/// One decision: who asked for what, when, and what became of it. Texts come from anybody and are
/// kept as they are, cut to kMaxTextBytes; JSON keeps them from forging records. Never a secret:
/// tokens appear by their id.
struct Record {
  static constexpr std::size_t kMaxTextBytes = 4'096;
  static constexpr std::size_t kMaxColumns = 2'000;

  SystemTime time{};
  Action action = Action::kList;
  bool allowed = false;
  std::string reason;  ///< Why not, as the caller was told.

  // Who.
  std::string request_id;
  std::string recipient;  ///< Or the principal, for kChange.
  std::string token_id;   ///< Or what else showed who they are: "oidc:SUBJECT", "mtls:SUBJECT".
  std::string peer;
  std::string agent;
  std::string purpose;

  // What.
  std::string object;  ///< "share", "share.schema", "share.schema.table", "recipient acme", ...
  std::string table_id;
  std::optional<std::int64_t> version;
  std::optional<std::int64_t> end_version;  ///< Of a range.
  std::vector<std::string> columns;  ///< Of the schema that was shown; empty: not about columns.
  std::string predicate;             ///< The hints as they were sent.
  std::optional<std::int64_t> files;
  std::optional<std::int64_t> bytes;
  std::string delivery;  ///< "url", "proxy", "dir"
  std::string link_id;   ///< Of kDownload: which link.
  std::string before;    ///< JSON, of kChange.
  std::string after;
};

/// The record as one line of JSON without '\n', keys in the order above, empty ones left out. It
/// begins with {"node":...,"seq":...,: together they name the record. What is written here is the
/// leaf of the Merkle tree, so its form never changes for records already written.
std::string EncodeRecord(std::string_view node, std::int64_t sequence, const Record& record);

struct DecodedRecord {
  std::string node;
  std::int64_t sequence = 0;
  Record record;
};
/// Reads what EncodeRecord wrote; keys it does not know are skipped. Errors: kMalformed.
Result<DecodedRecord> DecodeRecord(std::string_view line);

}  // namespace sluice::audit
