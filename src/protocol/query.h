#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "protocol/capabilities.h"
#include "protocol/names.h"

namespace sluice::protocol {

inline constexpr std::size_t kMaxQueryBodyBytes = 2 << 20;
inline constexpr std::size_t kMaxPredicateHints = 1000;

/// The body of POST .../query. Hints are kept as text: they are parsed against the table's schema.
struct QueryBody {
  std::vector<std::string> predicate_hints;  ///< SQL, all of them must hold.
  std::optional<std::string> json_predicate_hints;
  std::optional<std::int64_t> limit_hint;  ///< Not negative.
  bool include_refresh_token = false;
  std::optional<std::int32_t> max_files;  ///< Positive.
};

/// Reads the body; an empty one is `{}`, unknown fields are passed over, whole numbers may be
/// texts. Errors: kMalformed if it is not a JSON object or a field has a wrong type, in the
/// reference server's words; kInvalidArgument for a value out of range; kUnsupported for version,
/// timestamp, startingVersion, endingVersion, pageToken and refreshToken, which are not supported
/// yet and never ignored.
Result<QueryBody> ParseQueryBody(std::string_view text);

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
};
struct TableVersionRequest {
  TableRef table;
};

// Errors: those of the parts; kUnsupported for query parameters that are not supported yet.
Result<QueryTableRequest> ParseQueryTable(const http::Request& request);
Result<TableMetadataRequest> ParseTableMetadata(const http::Request& request);
Result<TableVersionRequest> ParseTableVersion(const http::Request& request);

}  // namespace sluice::protocol
