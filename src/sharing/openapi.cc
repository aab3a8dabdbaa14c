#include "sharing/openapi.h"

#include <iterator>
#include <string_view>

#include "base/check.h"
#include "protocol/openapi.h"
#include "sharing/handlers.h"

namespace sluice::sharing {
namespace {

constexpr std::string_view kTable = "/shares/{share}/schemas/{schema}/tables/{table}";
constexpr std::string_view kPages = "maxResults pageToken";

// One for each row of kSharingRoutes, in its order.
constexpr protocol::ApiOperation kOperations[] = {
    {.method = "GET",
     .path = "/shares",
     .id = "listShares",
     .summary = "The shares granted to the caller",
     .parameters = kPages,
     .answer = "ListOfShares"},
    {.method = "GET",
     .path = "/shares/{share}",
     .id = "getShare",
     .summary = "One share",
     .answer = "ShareAnswer"},
    {.method = "GET",
     .path = "/shares/{share}/schemas",
     .id = "listSchemas",
     .summary = "The schemas of a share",
     .parameters = kPages,
     .answer = "ListOfSchemas"},
    {.method = "GET",
     .path = "/shares/{share}/schemas/{schema}/tables",
     .id = "listTables",
     .summary = "The tables of a schema",
     .parameters = kPages,
     .answer = "ListOfTables"},
    {.method = "GET",
     .path = "/shares/{share}/all-tables",
     .id = "listAllTables",
     .summary = "The tables of all schemas of a share",
     .parameters = kPages,
     .answer = "ListOfTables"},
    {.method = "GET",
     .path = "/shares/{share}/schemas/{schema}/tables/{table}/version",
     .id = "getTableVersion",
     .summary = "The latest version of a table, or the first one since a time, as a header",
     .parameters = "startingTimestamp",
     .answer = "version"},
    {.method = "GET",
     .path = kTable,
     .id = "getTable",
     .summary = "What a table is and how it is read",
     .answer = "Table"},
    {.method = "HEAD",
     .path = kTable,
     .id = "headTable",
     .summary = "As getTableVersion, for older clients",
     .parameters = "startingTimestamp",
     .answer = "version"},
    {.method = "GET",
     .path = "/shares/{share}/schemas/{schema}/tables/{table}/metadata",
     .id = "getTableMetadata",
     .summary = "Protocol and metadata of a table",
     .parameters = "capabilities version timestamp",
     .answer = "lines"},
    {.method = "POST",
     .path = "/shares/{share}/schemas/{schema}/tables/{table}/query",
     .id = "queryTable",
     .summary = "The files of a version, or of a range of versions",
     .parameters = "capabilities fileidhash",
     .body = "Query",
     .answer = "lines"},
    {.method = "POST",
     .path = "/shares/{share}/schemas/{schema}/tables/{table}/queries/{queryId}",
     .id = "pollQuery",
     .summary = "The answer of an asynchronous query, once it is there",
     .parameters = "capabilities",
     .body = "Poll",
     .answer = "lines"},
    {.method = "GET",
     .path = "/shares/{share}/schemas/{schema}/tables/{table}/changes",
     .id = "getTableChanges",
     .summary = "The change data feed of a range of versions",
     .parameters = "capabilities fileidhash startingVersion startingTimestamp endingVersion "
                   "endingTimestamp includeHistoricalMetadata includeHistoricalProtocol maxFiles "
                   "pageToken",
     .answer = "lines"},
    {.method = "POST",
     .path = "/shares/{share}/schemas/{schema}/tables/{table}/temporary-table-credentials",
     .id = "getTemporaryTableCredentials",
     .summary = "Credentials for a table's directory, where the owner gives them",
     .body = "CredentialsRequest",
     .answer = "CredentialsAnswer"},
};

static_assert(std::size(kOperations) == std::size(kSharingRoutes), "each route is described");

constexpr std::string_view kParameters = R"({
"maxResults": {"in":"query","name":"maxResults","schema":{"type":"integer","minimum":0,"maximum":500,"default":500}},
"pageToken": {"in":"query","name":"pageToken","schema":{"type":"string"},"description":"nextPageToken of the page before"},
"startingTimestamp": {"in":"query","name":"startingTimestamp","schema":{"type":"string","format":"date-time"}},
"endingTimestamp": {"in":"query","name":"endingTimestamp","schema":{"type":"string","format":"date-time"}},
"startingVersion": {"in":"query","name":"startingVersion","schema":{"type":"integer","format":"int64","minimum":0}},
"endingVersion": {"in":"query","name":"endingVersion","schema":{"type":"integer","format":"int64","minimum":0}},
"includeHistoricalMetadata": {"in":"query","name":"includeHistoricalMetadata","schema":{"type":"boolean","default":false}},
"includeHistoricalProtocol": {"in":"query","name":"includeHistoricalProtocol","schema":{"type":"boolean","default":false}},
"maxFiles": {"in":"query","name":"maxFiles","schema":{"type":"integer","format":"int32","minimum":1},"description":"Asks for pages of at most so many files"},
"version": {"in":"query","name":"version","schema":{"type":"integer","format":"int64","minimum":0}},
"timestamp": {"in":"query","name":"timestamp","schema":{"type":"string","format":"date-time"}},
"capabilities": {"in":"header","name":"delta-sharing-capabilities","schema":{"type":"string"},"example":"responseformat=delta,parquet;readerfeatures=deletionvectors,columnmapping"},
"fileidhash": {"in":"header","name":"fileidhash","schema":{"type":"string","enum":["parquet","delta"]}},
"share": {"in":"path","name":"share","required":true,"schema":{"type":"string"}},
"schema": {"in":"path","name":"schema","required":true,"schema":{"type":"string"}},
"table": {"in":"path","name":"table","required":true,"schema":{"type":"string"}},
"queryId": {"in":"path","name":"queryId","required":true,"schema":{"type":"string"}}
})";

constexpr std::string_view kSchemas = R"({
"Share": {"type":"object","required":["name"],"properties":{"name":{"type":"string"},"id":{"type":"string"},"displayName":{"type":"string","maxLength":255},"comment":{"type":"string","maxLength":65536},"properties":{"type":"object","maxProperties":50,"additionalProperties":{"type":"string"}}}},
"Schema": {"type":"object","required":["name","share"],"properties":{"name":{"type":"string"},"share":{"type":"string"}}},
"Table": {"type":"object","required":["name","schema","share"],"properties":{"name":{"type":"string"},"schema":{"type":"string"},"share":{"type":"string"},"shareId":{"type":"string"},"id":{"type":"string"},"format":{"type":"string"},"location":{"type":"string","description":"where accessModes has dir"},"accessModes":{"type":"array","items":{"type":"string","enum":["url","dir"]}}}},
"ShareAnswer": {"type":"object","required":["share"],"properties":{"share":{"$ref":"#/components/schemas/Share"}}},
"ListOfShares": {"type":"object","properties":{"items":{"type":"array","items":{"$ref":"#/components/schemas/Share"}},"nextPageToken":{"type":"string"}}},
"ListOfSchemas": {"type":"object","properties":{"items":{"type":"array","items":{"$ref":"#/components/schemas/Schema"}},"nextPageToken":{"type":"string"}}},
"ListOfTables": {"type":"object","properties":{"items":{"type":"array","items":{"$ref":"#/components/schemas/Table"}},"nextPageToken":{"type":"string"}}},
"Query": {"type":"object","description":"version, timestamp and startingVersion exclude each other","properties":{"predicateHints":{"type":"array","items":{"type":"string"}},"jsonPredicateHints":{"type":"string"},"limitHint":{"type":"integer","format":"int64"},"version":{"type":"integer","format":"int64","minimum":0},"timestamp":{"type":"string","format":"date-time"},"startingVersion":{"type":"integer","format":"int64","minimum":0},"endingVersion":{"type":"integer","format":"int64","minimum":0},"includeHistoricalProtocol":{"type":"boolean"},"maxFiles":{"type":"integer","format":"int32","minimum":1},"pageToken":{"type":"string"},"includeRefreshToken":{"type":"boolean"},"refreshToken":{"type":"string"},"idempotencyKey":{"type":"string","maxLength":255}}},
"Poll": {"type":"object","properties":{"maxFiles":{"type":"integer","format":"int32","minimum":1},"pageToken":{"type":"string"}}},
"CredentialsRequest": {"type":"object","properties":{"location":{"type":"string","description":"the table's or one below it; without it, the table's"}}},
"CredentialsAnswer": {"type":"object","required":["credentials"],"properties":{"credentials":{"type":"object","description":"of one cloud","required":["location","expirationTime"],"properties":{"location":{"type":"string"},"awsTempCredentials":{"type":"object","required":["accessKeyId","secretAccessKey","sessionToken"],"properties":{"accessKeyId":{"type":"string"},"secretAccessKey":{"type":"string"},"sessionToken":{"type":"string"}}},"azureUserDelegationSas":{"type":"object","required":["sasToken"],"properties":{"sasToken":{"type":"string"}}},"gcpOauthToken":{"type":"object","required":["oauthToken"],"properties":{"oauthToken":{"type":"string"}}},"expirationTime":{"type":"integer","format":"int64","description":"Unix milliseconds"}}}}},
"Error": {"type":"object","required":["errorCode","message"],"properties":{"errorCode":{"type":"string"},"message":{"type":"string"}}}
})";

constexpr std::string_view kResponses = R"({
"version": {"description":"No body","headers":{"Delta-Table-Version":{"schema":{"type":"integer"}}}},
"lines": {"description":"Lines of one JSON object each: protocol, metaData, files, and an endStreamAction if asked for","headers":{"Delta-Table-Version":{"schema":{"type":"integer"}}},"content":{"application/x-ndjson":{"schema":{"type":"string"}}}}
})";

}  // namespace

std::string OpenApiDocument() {
  for (std::size_t i = 0; i < std::size(kSharingRoutes); ++i) {
    CHECK(kSharingRoutes[i].method == kOperations[i].method &&
              kSharingRoutes[i].path == kOperations[i].path,
          "each route is described, in order");
  }
  return protocol::FormatOpenApi(
      {.title = "Sluice, the recipients' surface",
       .description = "Delta Sharing and OpenSharing. Paths are below the prefix /delta-sharing.",
       .operations = kOperations,
       .parameters = kParameters,
       .schemas = kSchemas,
       .responses = kResponses});
}

}  // namespace sluice::sharing
