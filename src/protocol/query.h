#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "protocol/table_lines.h"

namespace sluice::protocol {

/// The body of POST .../query. Hints are kept as text: they are parsed against the table's schema.
struct QueryTableRequest {
  std::vector<std::string> predicate_hints;  ///< SQL, all of them must hold.
  std::optional<std::string> json_predicate_hints;
  std::optional<std::int64_t> limit_hint;  ///< Not negative.
  bool include_refresh_token = false;
  std::optional<std::int64_t> max_files;  ///< Positive.
};

/// Reads the body; an empty one is `{}`, unknown fields are passed over, whole numbers may be
/// texts. Errors: kMalformed if it is not a JSON object; kInvalidArgument for a wrong type or
/// range, in the reference server's words, and for version, timestamp, startingVersion,
/// endingVersion, pageToken and refreshToken, which are not supported yet and never ignored.
Result<QueryTableRequest> ParseQueryTable(const http::Request& request);

/// Refuses the query parameters named, which a route does not support yet. Errors:
/// kInvalidArgument.
Result<void> RefuseParameters(const http::Request& request,
                              std::initializer_list<std::string_view> names);

/// Reads the header `fileidhash`. Errors: kInvalidArgument "Unsupported fileidhash: 'x'".
Result<std::optional<FileIdHash>> ParseFileIdHash(const http::Request& request);

}  // namespace sluice::protocol
