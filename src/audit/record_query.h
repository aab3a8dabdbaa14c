#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "audit/tree_head.h"
#include "audit/usage.h"
#include "base/result.h"
#include "db/database.h"

namespace sluice::audit {

// Reads what was shipped to a database. Names are found regardless of ASCII case. Errors of all:
// kInvalidArgument past a bound; those of db::Connection.

/// Where a record stands among all nodes' records by time; a list resumes behind it.
struct RecordPlace {
  SystemTime time{};
  std::string node;
  Sequence sequence = 0;

  bool operator==(const RecordPlace&) const = default;
};
std::string EncodeRecordPlace(const RecordPlace& place);  ///< "MILLISECONDS:SEQUENCE:NODE"
/// Errors: kInvalidArgument.
Result<RecordPlace> DecodeRecordPlace(std::string_view text);

/// Of shares to which the asker is limited; none: not limited.
using ShareScope = std::optional<std::vector<std::string>>;
inline constexpr std::size_t kMaxScopeShares = 10'000;

/// Empty text is any.
struct RecordFilter {
  static constexpr std::int64_t kMaxRecords = 10'000;

  std::string recipient;
  std::string share;
  std::string object;  ///< The whole name.
  std::string request_id;
  std::string node;
  std::optional<Action> action;
  std::optional<bool> allowed;
  std::optional<SystemTime> since;
  std::optional<SystemTime> until;  ///< Before it.
  ShareScope scope;
  /// Behind it in the order of the list: by number if it is of one node, else by time. By time,
  /// whoever is past the place of a record that is shipped later does not see it.
  std::optional<RecordPlace> after;
  bool newest_first = true;
  std::int64_t limit = 1'000;
};

struct StoredRecord {
  RecordPlace place;
  std::string text;  ///< As EncodeRecord wrote it.
};
Result<std::vector<StoredRecord>> ReadRecords(db::Database& database, const RecordFilter& filter);

struct StoredHead {
  TreeHead head;
  std::string public_key;  ///< Of the key that signed it, 64 hex digits.
};
/// The heads gathered, of one node or all, newest first.
Result<std::vector<StoredHead>> ReadHeads(db::Database& database, std::string_view node,
                                          std::int64_t limit);

struct UsageFilter {
  static constexpr std::int64_t kMaxRows = 100'000;

  std::string recipient;
  std::string share;
  std::string object;
  std::string first_day;  ///< "2026-11-21"
  std::string last_day;   ///< That day included.
  ShareScope scope;
};
/// In the order of UsageKey. Errors also: kTooLarge past kMaxRows.
Result<Usage> ReadUsage(db::Database& database, const UsageFilter& filter);

}  // namespace sluice::audit
