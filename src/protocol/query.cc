#include "protocol/query.h"

#include <utility>

#include "protocol/body_reader_internal.h"
#include "protocol/parameters_internal.h"

namespace sluice::protocol {
namespace {

// The protocol's text has one spelling, the reference server and the JVM client the other.
Result<std::optional<std::string>> ReadIdempotencyKey(const BodyReader& body) {
  std::optional<std::string> key = TRY(body.Text("idempotencyKey"));
  std::optional<std::string> other = TRY(body.Text("idempotency_key"));
  if (key && other && *key != *other) {
    return InvalidArgument("Please only provide one of: idempotencyKey,idempotency_key");
  }
  if (!key) key = std::move(other);
  if (key && key->empty()) key.reset();  // it tells no two queries apart
  if (key && key->size() > kMaxIdempotencyKeyBytes) {
    return InvalidArgument("idempotency_key must not be longer than {} bytes",
                           kMaxIdempotencyKeyBytes);
  }
  return key;
}

// What of the table is asked for. The end of a range counts only where it starts somewhere.
Result<void> ReadVersions(const BodyReader& body, QueryBody& query) {
  const std::optional<std::int64_t> version = TRY(body.Integer("version"));
  const std::optional<std::string> timestamp = TRY(body.Text("timestamp"));
  const std::optional<std::int64_t> start = TRY(body.Integer("startingVersion"));
  const std::optional<std::int64_t> end = TRY(body.Integer("endingVersion"));
  if (version.has_value() + timestamp.has_value() + start.has_value() > 1) {
    return InvalidArgument("Please only provide one of: version,timestamp,startingVersion");
  }
  if (version) query.version = TRY(ToVersion("table version", *version));
  if (timestamp) query.timestamp = TRY(ParseTimestamp("timestamp", *timestamp));
  if (!start) return {};
  query.starting_version = TRY(ToVersion("startingVersion", *start));
  if (!end) return {};
  if (*end < *start) {
    return InvalidArgument("startingVersion({}) must be smaller than or equal to endingVersion({})",
                           *start, *end);
  }
  query.ending_version = table::Version(*end);
  return {};
}

// A refresh token stands for a version, and pages after the first stand on a token of their own.
Result<void> CheckRefresh(const QueryBody& query) {
  const bool of_version = query.version || query.timestamp || query.starting_version;
  const auto check = [&](std::string_view name, bool is_set) -> Result<void> {
    if (!is_set) return {};
    if (of_version) {
      return InvalidArgument("{} cannot be used when querying a specific version", name);
    }
    if (query.page_token) {
      return InvalidArgument("{} must be used in the first page request", name);
    }
    return {};
  };
  TRY(check("includeRefreshToken", query.include_refresh_token));
  return check("refreshToken", query.refresh_token.has_value());
}

}  // namespace

Result<QueryBody> ParseQueryBody(std::string_view text) {
  const BodyReader body = TRY(BodyReader::Parse(text, "QueryTableRequest"));
  QueryBody query;
  query.predicate_hints = TRY(body.Texts("predicateHints", kMaxPredicateHints));
  // The protocol's text has a string, its OpenAPI file an object.
  query.json_predicate_hints = TRY(body.TextOrObject("jsonPredicateHints"));
  query.limit_hint = TRY(body.Integer("limitHint"));
  if (query.limit_hint && *query.limit_hint < 0) query.limit_hint.reset();
  TRY(ReadVersions(body, query));
  query.include_historical_protocol = TRY(body.Boolean("includeHistoricalProtocol"));
  query.max_files = TRY(body.MaxFiles());
  query.page_token = TRY(body.Text("pageToken"));
  query.include_refresh_token = TRY(body.Boolean("includeRefreshToken"));
  query.refresh_token = TRY(body.Text("refreshToken"));
  query.idempotency_key = TRY(ReadIdempotencyKey(body));
  TRY(CheckRefresh(query));
  return query;
}

Result<PollQueryRequest> ParsePollQuery(const http::Request& request) {
  PollQueryRequest poll{.table = TableOf(request),
                        .capabilities = TRY(ParseCapabilities(request.headers)),
                        .query_id = request.PathParameter("queryId"),
                        .max_files = {},
                        .page_token = {}};
  const BodyReader body = TRY(BodyReader::Parse(request.body, "GetQueryInfoRequest"));
  poll.max_files = TRY(body.MaxFiles());
  poll.page_token = TRY(body.Text("pageToken"));
  return poll;
}

}  // namespace sluice::protocol
