#include <utility>

#include "protocol/parameters_internal.h"
#include "protocol/query.h"

namespace sluice::protocol {
namespace {

Error MultipleBounds(std::string_view position) {
  return InvalidArgument(
      "Multiple {0} arguments provided for CDF read. Please provide one of either {0}Timestamp or "
      "{0}Version",
      position);
}

bool Has(const http::Request& request, std::string_view name) {
  return request.FindQuery(name) != nullptr;
}

// Which bounds there are counts before what they are.
Result<void> CheckBounds(const http::Request& request) {
  const bool from_version = Has(request, "startingVersion");
  const bool from_timestamp = Has(request, "startingTimestamp");
  if (from_version && from_timestamp) return MultipleBounds("starting");
  if (Has(request, "endingVersion") && Has(request, "endingTimestamp")) {
    return MultipleBounds("ending");
  }
  if (!from_version && !from_timestamp) {
    return InvalidArgument("No startingVersion or startingTimestamp provided for CDF read");
  }
  return {};
}

// Whether the table has such versions, and which commits timestamps mean, is not known here.
Result<void> CheckOrder(const std::optional<table::Version>& start,
                        const std::optional<table::Version>& end) {
  if (!start || !end || *start <= *end) return {};
  return InvalidArgument(
      "CDF range from start {} to end {} was invalid. End cannot be before start", *start, *end);
}

}  // namespace

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
  TableMetadataRequest metadata{.table = TableOf(request), .capabilities = {}};
  metadata.capabilities = TRY(ParseCapabilities(request.headers));
  if (Has(request, "version") && Has(request, "timestamp")) {
    return InvalidArgument("Please only provide one of: version,timestamp");
  }
  metadata.version = TRY(FindVersion(request, "version"));
  metadata.timestamp = TRY(FindTimestamp(request, "timestamp"));
  return metadata;
}

Result<TableVersionRequest> ParseTableVersion(const http::Request& request) {
  return TableVersionRequest{
      .table = TableOf(request),
      .starting_timestamp = TRY(FindTimestamp(request, "startingTimestamp"))};
}

Result<TableChangesRequest> ParseTableChanges(const http::Request& request) {
  TableChangesRequest changes{.table = TableOf(request), .capabilities = {}};
  changes.capabilities = TRY(ParseCapabilities(request.headers));
  changes.file_id_hash = TRY(ParseFileIdHash(request.headers));
  TRY(CheckBounds(request));
  changes.max_files = TRY(FindMaxFiles(request));
  changes.page_token = FindText(request, "pageToken");
  changes.starting_version = TRY(FindVersion(request, "startingVersion"));
  changes.starting_timestamp = TRY(FindTimestamp(request, "startingTimestamp"));
  changes.ending_version = TRY(FindVersion(request, "endingVersion"));
  changes.ending_timestamp = TRY(FindTimestamp(request, "endingTimestamp"));
  changes.include_historical_metadata = TRY(FindBoolean(request, "includeHistoricalMetadata"));
  changes.include_historical_protocol = TRY(FindBoolean(request, "includeHistoricalProtocol"));
  TRY(CheckOrder(changes.starting_version, changes.ending_version));
  return changes;
}

}  // namespace sluice::protocol
