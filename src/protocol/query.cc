#include "protocol/query.h"

#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <system_error>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace sluice::protocol {
namespace {

constexpr std::size_t kMaxEchoedBytes = 64;  // of a value repeated in an error

Error NotYetSupported(std::string_view parameter) {
  return Unsupported("{} is not supported yet by this server", parameter);
}

Result<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure == std::errc() && end == text.data() + text.size()) return number;
  return Malformed(
      "Not a numeric value: {}: expected a number but the string didn't have the appropriate "
      "format",
      text.substr(0, kMaxEchoedBytes));
}

// Protobuf's JSON lets a client write 64-bit integers as strings, and JavaScript knows doubles
// only.
Result<std::optional<std::int64_t>> ReadInteger(const json::object& body, std::string_view key) {
  const json::value* const member = FindMember(body, key);
  if (member == nullptr) return std::optional<std::int64_t>();
  if (member->is_int64()) return std::optional(member->get_int64());
  if (member->is_string()) {
    return std::optional(TRY(ParseInteger(std::string_view(member->get_string()))));
  }
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (const double* const real = member->if_double();
      real != nullptr && std::trunc(*real) == *real && *real >= -kTwoTo63 && *real < kTwoTo63) {
    return std::optional(static_cast<std::int64_t>(*real));
  }
  return Malformed("Not a numeric value: {} must be an integer of 64 bits", key);
}

Result<bool> ReadBoolean(const json::object& body, std::string_view key) {
  const json::value* const member = FindMember(body, key);
  if (member == nullptr) return false;
  if (member->is_bool()) return member->get_bool();
  if (member->is_string()) {
    const std::string_view text = member->get_string();
    if (EqualsIgnoringAsciiCase(text, "true")) return true;
    if (EqualsIgnoringAsciiCase(text, "false")) return false;
  }
  return Malformed("Expected a boolean for field {} of QueryTableRequest", key);
}

Result<std::vector<std::string>> ReadPredicateHints(const json::object& body) {
  std::vector<std::string> hints;
  const json::value* const member = FindMember(body, "predicateHints");
  if (member == nullptr) return hints;
  if (!member->is_array()) {
    return Malformed("Expected an array for repeated field predicateHints of QueryTableRequest");
  }
  const json::array& array = member->get_array();
  if (array.size() > kMaxPredicateHints) {
    return TooLarge("predicateHints has more than {} items", kMaxPredicateHints);
  }
  hints.reserve(array.size());
  for (const json::value& hint : array) {
    if (!hint.is_string()) return Malformed("Expected a string for each item of predicateHints");
    hints.emplace_back(hint.get_string());
  }
  return hints;
}

// The protocol's text has a string, its OpenAPI file an object.
Result<std::optional<std::string>> ReadJsonHint(const json::object& body) {
  const json::value* const member = FindMember(body, "jsonPredicateHints");
  if (member == nullptr) return std::optional<std::string>();
  if (member->is_string()) return std::optional(std::string(member->get_string()));
  if (!member->is_object()) {
    return Malformed("Expected a string for field jsonPredicateHints of QueryTableRequest");
  }
  std::string text;
  AppendJson(*member, text);
  return std::optional(std::move(text));
}

Result<std::optional<std::int32_t>> ReadMaxFiles(const json::object& body) {
  const std::optional<std::int64_t> number = TRY(ReadInteger(body, "maxFiles"));
  if (!number) return std::optional<std::int32_t>();
  if (*number > std::numeric_limits<std::int32_t>::max() ||
      *number < std::numeric_limits<std::int32_t>::min()) {
    return Malformed("Not an int32 value: {}", *number);
  }
  if (*number <= 0) return InvalidArgument("maxFiles must be positive");
  return std::optional(static_cast<std::int32_t>(*number));
}

Result<void> RefuseQueryParameters(const http::Request& request,
                                   std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (request.FindQuery(name) != nullptr) return NotYetSupported(name);
  }
  return {};
}

}  // namespace

Result<QueryBody> ParseQueryBody(std::string_view text) {
  QueryBody result;
  if (TrimAsciiSpace(text).empty()) return result;
  const json::value parsed = TRY(ParseJson(text, {.max_bytes = kMaxQueryBodyBytes}));
  if (!parsed.is_object()) return Malformed("the body of a query must be a JSON object");
  const json::object& body = parsed.get_object();
  for (const std::string_view name :
       {"version", "timestamp", "startingVersion", "endingVersion", "pageToken", "refreshToken"}) {
    if (FindMember(body, name) != nullptr) return NotYetSupported(name);
  }
  result.predicate_hints = TRY(ReadPredicateHints(body));
  result.json_predicate_hints = TRY(ReadJsonHint(body));
  result.limit_hint = TRY(ReadInteger(body, "limitHint"));
  if (result.limit_hint && *result.limit_hint < 0) result.limit_hint.reset();
  result.include_refresh_token = TRY(ReadBoolean(body, "includeRefreshToken"));
  result.max_files = TRY(ReadMaxFiles(body));
  return result;
}

TableRef TableOf(const http::Request& request) {
  return {.share = ShareName(request.PathParameter("share")),
          .schema = SchemaName(request.PathParameter("schema")),
          .table = TableName(request.PathParameter("table"))};
}

Result<QueryTableRequest> ParseQueryTable(const http::Request& request) {
  QueryTableRequest query{.table = TableOf(request), .capabilities = {}, .file_id_hash = {}};
  query.capabilities = TRY(ParseCapabilities(request.headers));
  query.file_id_hash = TRY(ParseFileIdHash(request.headers));
  query.body = TRY(ParseQueryBody(request.body));
  return query;
}

Result<TableMetadataRequest> ParseTableMetadata(const http::Request& request) {
  TRY(RefuseQueryParameters(request, {"version", "timestamp"}));
  TableMetadataRequest metadata{.table = TableOf(request), .capabilities = {}};
  metadata.capabilities = TRY(ParseCapabilities(request.headers));
  return metadata;
}

Result<TableVersionRequest> ParseTableVersion(const http::Request& request) {
  TRY(RefuseQueryParameters(request, {"startingTimestamp"}));
  return TableVersionRequest{.table = TableOf(request)};
}

}  // namespace sluice::protocol
