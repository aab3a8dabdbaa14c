#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "protocol/capabilities.h"
#include "protocol/names.h"
#include "table/metadata.h"

namespace sluice::protocol {

inline constexpr std::size_t kMaxQueryBodyBytes = 2 << 20;
inline constexpr std::size_t kMaxPredicateHints = 1000;
inline constexpr std::size_t kMaxIdempotencyKeyBytes = 255;

/// The body of POST .../query. Hints are kept as text: they are parsed against the table's schema.
struct QueryBody {
  std::vector<std::string> predicate_hints;  ///< SQL, all of them must hold.
  std::optional<std::string> json_predicate_hints;
  std::optional<std::int64_t> limit_hint;  ///< Not negative.

  // At most one of the first three is set.
  std::optional<table::Version> version;
  std::optional<SystemTime> timestamp;
  std::optional<table::Version> starting_version;
  std::optional<table::Version> ending_version;  ///< Not before starting_version, which is set.
  bool include_historical_protocol = false;

  std::optional<std::int32_t> max_files;  ///< Positive.
  std::optional<std::string> page_token;
  bool include_refresh_token = false;
  std::optional<std::string> refresh_token;

  std::optional<std::string> idempotency_key;  ///< Never empty, at most kMaxIdempotencyKeyBytes.
};

/// Reads the body; an empty one is `{}`, unknown fields are passed over, whole numbers may be
/// texts. Without startingVersion, endingVersion counts for nothing, as the protocol has it.
/// Errors: kMalformed if it is not a JSON object or a field has a wrong type, in the
/// reference server's words; kInvalidArgument for a value out of range, and for fields that exclude
/// each other.
Result<QueryBody> ParseQueryBody(std::string_view text);

/// Reads a point in time as requests spell it: ISO 8601 with an offset, such as
/// 2022-01-01T00:00:00Z or 2022-01-01T02:00:00.123+02:00 (a space may stand for '+', as a URL
/// decodes it), or `yyyy-MM-dd HH:mm:ss[.f]` in UTC. More digits than milliseconds are cut off.
/// Errors: kInvalidArgument "Invalid {name}: ...".
Result<SystemTime> ParseTimestamp(std::string_view name, std::string_view text);

/// The table that a route's path parameters name.
TableRef TableOf(const http::Request& request);

struct QueryTableRequest {
  TableRef table;
  Capabilities capabilities;
  std::optional<FileIdHash> file_id_hash;
  QueryBody body;
};
struct TableMetadataRequest {
  TableRef table;
  Capabilities capabilities;
  // At most one is set.
  std::optional<table::Version> version;
  std::optional<SystemTime> timestamp;
};
struct TableVersionRequest {
  TableRef table;
  std::optional<SystemTime> starting_timestamp;
};
struct TableChangesRequest {
  TableRef table;
  Capabilities capabilities;
  std::optional<FileIdHash> file_id_hash;
  // One of the first two is set, at most one of the others.
  std::optional<table::Version> starting_version;
  std::optional<SystemTime> starting_timestamp;
  std::optional<table::Version> ending_version;
  std::optional<SystemTime> ending_timestamp;
  bool include_historical_metadata = false;
  bool include_historical_protocol = false;
  std::optional<std::int32_t> max_files;  ///< Positive.
  std::optional<std::string> page_token;
};
/// POST .../queries/{queryId}
struct PollQueryRequest {
  TableRef table;
  Capabilities capabilities;
  std::string query_id;
  std::optional<std::int32_t> max_files;  ///< Positive.
  std::optional<std::string> page_token;
};

// Errors: those of the parts; kInvalidArgument in the reference server's words for parameters that
// exclude each other, are missing or out of range.
Result<QueryTableRequest> ParseQueryTable(const http::Request& request);
Result<TableMetadataRequest> ParseTableMetadata(const http::Request& request);
Result<TableVersionRequest> ParseTableVersion(const http::Request& request);
Result<TableChangesRequest> ParseTableChanges(const http::Request& request);
Result<PollQueryRequest> ParsePollQuery(const http::Request& request);

}  // namespace sluice::protocol
