#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

/// Where a record stands among those of its node, from 0 without gaps.
using Sequence = std::int64_t;

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
  kChange        ///< An owner changed something: `before` and `after`.
};
std::string_view ActionName(Action action);  ///< "list", "version", ...
/// Errors: kMalformed for any other name.
Result<Action> ParseAction(std::string_view name);

/// One decision: who asked for what, when, and what became of it. Texts come from anybody and are
/// kept as they are, cut to a bound where a character ends; JSON keeps them from forging records.
/// What is not UTF-8 becomes U+FFFD. Never a secret: tokens appear by their id.
struct Record {
  static constexpr std::size_t kMaxTextBytes = 4'096;     ///< Of each text.
  static constexpr std::size_t kMaxChangeBytes = 65'536;  ///< Of `before`, and of `after`.
  static constexpr std::size_t kMaxColumns = 2'000;       ///< Of more, the number is written.
  static constexpr std::size_t kMaxColumnBytes = 256;

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
  std::string share;   ///< Of `object`; names of shares may hold dots.
  std::string object;  ///< "share", "share.schema", "share.schema.table", "recipient acme", ...
  std::string table_id;
  std::optional<std::int64_t> version;
  std::optional<std::int64_t> end_version;  ///< Of a range.
  std::vector<std::string> columns;         ///< Of the schema shown; empty: not about columns.
  std::string predicate;                    ///< The hints as they were sent.
  std::optional<std::int64_t> files;
  std::optional<std::int64_t> bytes;
  std::string delivery;  ///< "url", "proxy", "dir"
  std::string link_id;   ///< Of kDownload: which link.
  std::string before;    ///< JSON, of kChange.
  std::string after;

  bool operator==(const Record&) const = default;
};

/// The beginning of `text` that fits into `max_bytes` and cuts no character in two.
std::string_view Cut(std::string_view text, std::size_t max_bytes);

/// No record's text is longer: what the bounds above allow if every byte must be escaped.
inline constexpr std::size_t kMaxRecordBytes = 8 << 20;

/// The record as one line of JSON without '\n', keys in the order above and named as above, empty
/// ones left out. It begins with {"node":...,"seq":...,: together they name the record. Time is
/// written as AppendUtc does. What is written here is the leaf of the Merkle tree, so its form
/// never changes for records already written.
std::string EncodeRecord(std::string_view node, Sequence sequence, const Record& record);

// The two parts of that text, so that the long one is made before the sequence is known.
void AppendRecordHead(std::string_view node, Sequence sequence, std::string& out);
void AppendRecordBody(const Record& record, std::string& out);

struct DecodedRecord {
  std::string node;
  Sequence sequence = 0;
  Record record;
};
/// Reads what EncodeRecord wrote; keys it does not know are skipped. Errors: kMalformed, and
/// kTooLarge beyond kMaxRecordBytes.
Result<DecodedRecord> DecodeRecord(std::string_view line);

}  // namespace sluice::audit
