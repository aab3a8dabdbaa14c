#include "sharing/handlers.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/response.h"
#include "sharing/file_response.h"

namespace sluice::sharing {
namespace {

using auth::Caller;
using auth::Who;
using http::Execution;
using http::Request;
using http::Response;

protocol::ShareName ShareOf(const Request& request) {
  return protocol::ShareName(request.PathParameter("share"));
}

Result<Response> ListShares(const Request& http, const Caller& caller, SharingService& service) {
  const protocol::ListRequest request = TRY(protocol::ParseListRequest(http));
  std::string list = TRY(service.ListShares(caller, request));
  return protocol::JsonResponse(200, std::move(list));
}

Result<Response> GetShare(const Request& http, const Caller& caller, SharingService& service) {
  std::string share = TRY(service.GetShare(caller, ShareOf(http)));
  return protocol::JsonResponse(200, std::move(share));
}

Result<Response> ListSchemas(const Request& http, const Caller& caller, SharingService& service) {
  const protocol::ListRequest request = TRY(protocol::ParseListRequest(http));
  std::string list = TRY(service.ListSchemas(caller, ShareOf(http), request));
  return protocol::JsonResponse(200, std::move(list));
}

Result<Response> ListTables(const Request& http, const Caller& caller, SharingService& service) {
  const protocol::ListRequest request = TRY(protocol::ParseListRequest(http));
  const protocol::SchemaName schema(http.PathParameter("schema"));
  std::string list = TRY(service.ListTables(caller, ShareOf(http), schema, request));
  return protocol::JsonResponse(200, std::move(list));
}

Result<Response> ListAllTables(const Request& http, const Caller& caller, SharingService& service) {
  const protocol::ListRequest request = TRY(protocol::ParseListRequest(http));
  std::string list = TRY(service.ListAllTables(caller, ShareOf(http), request));
  return protocol::JsonResponse(200, std::move(list));
}

Result<Response> GetTable(const Request& http, const Caller& caller, SharingService& service) {
  std::string table = TRY(service.GetTable(caller, protocol::TableOf(http)));
  return protocol::JsonResponse(200, std::move(table));
}

void AddVersion(table::Version version, Response& response) {
  response.headers.Add("Delta-Table-Version", Format("{}", version));
}

void AddLogFields(const protocol::TableRef& table, table::Version version, Response& response) {
  response.log_fields.emplace_back("table", table.ToString());
  response.log_fields.emplace_back("version", Format("{}", version));
}

void AddStaleness(const std::optional<std::chrono::milliseconds>& stale_for, Response& response) {
  if (!stale_for) return;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*stale_for).count();
  response.headers.Add("Sluice-Stale", Format("age={}", seconds));
  response.log_fields.emplace_back("stale_s", Format("{}", seconds));
}

Result<Response> GetTableVersion(const Request& http, const Caller& caller,
                                 SharingService& service) {
  const auto request = TRY(protocol::ParseTableVersion(http));
  const auto found = TRY(service.GetTableVersion(caller, request));
  Response response;
  AddVersion(found.version, response);
  AddStaleness(found.stale_for, response);
  AddLogFields(request.table, found.version, response);
  return response;
}

Response TableResponse(table::Version version, protocol::ResponseFormat format,
                       bool with_end_stream_action) {
  Response response;
  response.headers.Add("Content-Type", "application/x-ndjson; charset=utf-8");
  AddVersion(version, response);
  response.headers.Add(
      std::string(protocol::kCapabilitiesHeader),
      protocol::CapabilitiesOfResponse(
          {.format = format, .include_end_stream_action = with_end_stream_action}));
  return response;
}

Result<Response> GetTableMetadata(const Request& http, const Caller& caller,
                                  SharingService& service) {
  const auto request = TRY(protocol::ParseTableMetadata(http));
  SharingService::TableHead head = TRY(service.GetTableMetadata(caller, request));
  Response response = TableResponse(head.version, head.format, /*with_end_stream_action=*/false);
  AddStaleness(head.stale_for, response);
  AddLogFields(request.table, head.version, response);
  response.body = std::move(head.lines);
  return response;
}

void EchoIdHash(const std::optional<protocol::FileIdHash>& id_hash, Response& response) {
  if (!id_hash) return;
  response.headers.Add(std::string(protocol::kFileIdHashHeader),
                       std::string(protocol::FileIdHashName(*id_hash)));
}

Result<Response> Respond(const protocol::TableRef& table, TableAnswer answer) {
  Response response = TableResponse(answer.version, answer.format, answer.end.has_value());
  EchoIdHash(answer.id_hash, response);
  AddStaleness(answer.stale_for, response);
  AddLogFields(table, answer.version, response);
  if (!answer.pruned.empty()) {
    response.headers.Add("Sluice-Pruned", "files=" + answer.pruned);
    response.log_fields.emplace_back("files", answer.pruned);
  }
  response.kept = std::make_shared<audit::Quotas::Permit>(std::move(answer.permit));
  TableAnswerBody body = TRY(RenderAnswer(std::move(answer)));
  std::visit([&](auto part) { response.body = std::move(part); }, std::move(body));
  return response;
}

Result<Response> RespondAsync(const protocol::TableRef& table, SharingService::AsyncAnswer answer) {
  if (auto* const ready = std::get_if<TableAnswer>(&answer)) {
    return Respond(table, std::move(*ready));
  }
  const auto& pending = std::get<SharingService::PendingQuery>(answer);
  Response response;
  response.headers.Add("Content-Type", "application/x-ndjson; charset=utf-8");
  AddVersion(pending.version, response);  // the JVM client demands it of every answer
  response.headers.Add(std::string(protocol::kCapabilitiesHeader), "asyncquery=true");
  EchoIdHash(pending.id_hash, response);
  AddLogFields(table, pending.version, response);
  response.log_fields.emplace_back("query", "pending");
  response.body = protocol::RenderPendingQuery(pending.id);
  return response;
}

Result<Response> QueryTable(const Request& http, const Caller& caller, SharingService& service) {
  const auto request = TRY(protocol::ParseQueryTable(http));
  auto answer = TRY(service.SubmitQuery(caller, request, http.forwarded_origin));
  return RespondAsync(request.table, std::move(answer));
}

Result<Response> PollQuery(const Request& http, const Caller& caller, SharingService& service) {
  const auto request = TRY(protocol::ParsePollQuery(http));
  auto answer = TRY(service.PollQuery(caller, request, http.forwarded_origin));
  return RespondAsync(request.table, std::move(answer));
}

Result<Response> ReadChanges(const Request& http, const Caller& caller, SharingService& service) {
  const auto request = TRY(protocol::ParseTableChanges(http));
  TableAnswer answer = TRY(service.ReadChanges(caller, request, http.forwarded_origin));
  return Respond(request.table, std::move(answer));
}

Result<Response> VendCredentials(const Request& http, const Caller& caller,
                                 SharingService& service) {
  const auto request = TRY(protocol::ParseTemporaryCredentials(http));
  const auto given = TRY(service.VendCredentials(caller, request));
  Response response = protocol::JsonResponse(
      200, protocol::EncodeTemporaryCredentials(given.location, given.vended));
  response.headers.Add("Cache-Control", "no-store");
  response.log_fields.emplace_back("table", request.table.ToString());
  return response;
}

// What {path...} stands for, still encoded: as many segments at the path's end. The surface's
// prefix may hold a "/files/" of its own.
std::string_view EncodedFilePath(const Request& http) {
  std::size_t begin = http.path.rfind('/');
  for (auto more = std::ranges::count(http.PathParameter("path"), '/'); more > 0 && begin > 0;
       --more)
    begin = http.path.rfind('/', begin - 1);
  return std::string_view(http.path).substr(begin + 1);
}

std::uint64_t LengthOf(const Response& response) {
  if (const auto* const part = std::get_if<http::FileBody>(&response.body))
    return part->length_bytes;
  if (const auto* const source = std::get_if<std::unique_ptr<http::BodySource>>(&response.body))
    return (*source)->length_bytes().value_or(0);
  return std::get<std::string>(response.body).size();
}

Result<Response> GetFile(const Request& http, const Caller& caller, SharingService& service) {
  const std::size_t question = http.target.find('?');
  const std::string_view path = EncodedFilePath(http);
  const std::string_view query = question == std::string::npos
                                     ? std::string_view()
                                     : std::string_view(http.target).substr(question + 1);
  SharingService::SharedFile shared = TRY(service.OpenFile(caller, path, query));
  Response response = TRY(RespondWithFile(http, std::move(shared.file)));
  if (shared.link != nullptr && http.method == "GET") shared.link->Count(LengthOf(response));
  response.log_fields.emplace_back("table", shared.table.ToString());
  response.log_fields.emplace_back("recipient", std::move(shared.recipient));
  return response;
}

}  // namespace

const auth::Route<SharingService> kSharingRoutes[13] = {
    {"GET", "/shares", Who::kRecipient, Execution::kInline, ListShares},
    {"GET", "/shares/{share}", Who::kRecipient, Execution::kInline, GetShare},
    {"GET", "/shares/{share}/schemas", Who::kRecipient, Execution::kInline, ListSchemas},
    {"GET", "/shares/{share}/schemas/{schema}/tables", Who::kRecipient, Execution::kInline,
     ListTables},
    {"GET", "/shares/{share}/all-tables", Who::kRecipient, Execution::kInline, ListAllTables},
    {"GET", "/shares/{share}/schemas/{schema}/tables/{table}/version", Who::kRecipient,
     Execution::kWorker, GetTableVersion, audit::Action::kVersion},
    {"GET", "/shares/{share}/schemas/{schema}/tables/{table}", Who::kRecipient, Execution::kInline,
     GetTable},
    {"HEAD", "/shares/{share}/schemas/{schema}/tables/{table}", Who::kRecipient, Execution::kWorker,
     GetTableVersion, audit::Action::kVersion},
    {"GET", "/shares/{share}/schemas/{schema}/tables/{table}/metadata", Who::kRecipient,
     Execution::kWorker, GetTableMetadata, audit::Action::kMetadata},
    {"POST", "/shares/{share}/schemas/{schema}/tables/{table}/query", Who::kRecipient,
     Execution::kWorker, QueryTable, audit::Action::kQuery},
    {"POST", "/shares/{share}/schemas/{schema}/tables/{table}/queries/{queryId}", Who::kRecipient,
     Execution::kWorker, PollQuery, audit::Action::kQuery},
    {"GET", "/shares/{share}/schemas/{schema}/tables/{table}/changes", Who::kRecipient,
     Execution::kWorker, ReadChanges, audit::Action::kChanges},
    {"POST", "/shares/{share}/schemas/{schema}/tables/{table}/temporary-table-credentials",
     Who::kRecipient, Execution::kWorker, VendCredentials, audit::Action::kCredentials},
};

const auth::Route<SharingService> kFileRoutes[1] = {
    {"GET", "/files/{path...}", Who::kRecipientOrAnyone, Execution::kWorker, GetFile,
     audit::Action::kDownload},
};

}  // namespace sluice::sharing
