#include "admin/handlers.h"

#include <string>
#include <utility>

#include "admin/json_answer_internal.h"
#include "admin/json_fields_internal.h"
#include "admin/openapi.h"

namespace sluice::admin {
namespace {

using auth::Caller;
using auth::Who;
using http::Execution;
using http::Request;
using http::Response;

template <typename T>
Response AnswerList(const std::vector<T>& items) {
  json::array array;
  for (const T& item : items) array.emplace_back(ToJson(item));
  return Answer(200, json::object{{"items", std::move(array)}});
}

Response NoContent() { return Response{.status = 204}; }

/// An answer that holds a secret.
Response AnswerSecret(int status, const json::value& value) {
  Response response = Answer(status, value);
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

Result<Response> GetMetrics(const Request& /*request*/, const Caller& /*caller*/,
                            AdminService& service) {
  Response response;
  response.headers.Add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = service.RenderMetrics();
  return response;
}

Result<Response> GetOpenApi(const Request& /*request*/, const Caller& /*caller*/,
                            AdminService& /*service*/) {
  return protocol::JsonResponse(200, OwnerOpenApiDocument());
}

Result<Response> WhoAmI(const Request& /*request*/, const Caller& caller, AdminService& service) {
  return Answer(200, json::object{{"name", caller.recipient},
                                  {"role", catalog::RoleName(caller.role)},
                                  {"endpoint", service.endpoint()}});
}

// Shares.

// Where a share comes from.
constexpr char kManaged[] = "managed";
constexpr char kFromFile[] = "configuration";

/// A share of the file, its tables as entries.
json::object FileShareJson(const catalog::Share& share) {
  catalog::ManagedShare shown{.id = share.id(),
                              .name = share.name().value(),
                              .description = share.description(),
                              .region = share.traits().region};
  for (const catalog::SharedTable& table : share.tables()) {
    shown.entries.push_back({.id = table.id,
                             .schema = table.ref.schema.value(),
                             .table = table.ref.table.value(),
                             .location = table.location,
                             .history_shared = table.history_shared,
                             .start_version = table.start_version,
                             .serving = table.serving});
  }
  json::object out = ToJson(shown);
  out["source"] = kFromFile;
  return out;
}

Result<Response> ListShares(const Request& /*request*/, const Caller& caller,
                            AdminService& service) {
  const auto shares = TRY(service.ListShares(caller));
  json::array items;
  for (const AdminService::ListedShare& listed : shares) {
    json::object item = ToJson(listed.share);
    item["source"] = listed.is_from_file ? kFromFile : kManaged;
    item["tables"] = listed.table_count;
    items.emplace_back(std::move(item));
  }
  return Answer(200, json::object{{"items", std::move(items)}});
}

Result<Response> CreateShare(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const ShareRequest request = TRY(ParseShareRequest(body));
  return Answer(201, ToJson(TRY(service.CreateShare(caller, request))));
}

Result<Response> GetShare(const Request& http, const Caller& caller, AdminService& service) {
  const std::string_view name = http.PathParameter("share");
  const auto managed = service.GetShare(caller, name);
  if (managed.ok()) {
    json::object out = ToJson(*managed);
    out["source"] = kManaged;
    return Answer(200, out);
  }
  if (managed.error().code != ErrorCode::kNotFound) return managed.error();
  const catalog::SharePtr of_file = TRY(service.FindShownShare(caller, name));
  return Answer(200, FileShareJson(*of_file));
}

Result<Response> UpdateShare(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const ShareRequest request = TRY(ParseShareRequest(body));
  return Answer(200,
                ToJson(TRY(service.UpdateShare(caller, http.PathParameter("share"), request))));
}

Result<Response> DropShare(const Request& http, const Caller& caller, AdminService& service) {
  TRY(service.DropShare(caller, http.PathParameter("share")));
  return NoContent();
}

Result<Response> AddTable(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const EntryRequest request = TRY(ParseEntryRequest(body));
  if (!request.table || request.table->empty()) return InvalidArgument("table: a name is missing");
  return Answer(201, ToJson(TRY(service.AddEntry(caller, http.PathParameter("share"), request))));
}

Result<Response> AddFolder(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const EntryRequest request = TRY(ParseEntryRequest(body));
  if (request.table) return InvalidArgument("table: a folder has no name of a table");
  return Answer(201, ToJson(TRY(service.AddEntry(caller, http.PathParameter("share"), request))));
}

AdminService::EntryName TableNameOf(const Request& http) {
  return {.share = http.PathParameter("share"),
          .schema = http.PathParameter("schema"),
          .table = http.PathParameter("table")};
}

Result<Response> UpdateTable(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const EntryRequest request = TRY(ParseEntryRequest(body));
  return Answer(200, ToJson(TRY(service.UpdateEntry(caller, TableNameOf(http), request))));
}

Result<Response> RemoveTable(const Request& http, const Caller& caller, AdminService& service) {
  TRY(service.RemoveEntry(caller, TableNameOf(http)));
  return NoContent();
}

Result<AdminService::EntryName> FolderNameOf(const Request& http) {
  const std::string* const location = http.FindQuery("location");
  const std::string* const schema = http.FindQuery("schema");
  if (location == nullptr) return InvalidArgument("the query parameter location is missing");
  return AdminService::EntryName{.share = http.PathParameter("share"),
                                 .schema = schema == nullptr ? "" : std::string_view(*schema),
                                 .location = *location};
}

Result<Response> UpdateFolder(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const EntryRequest request = TRY(ParseEntryRequest(body));
  if (request.table) return InvalidArgument("table: a folder has no name of a table");
  const AdminService::EntryName name = TRY(FolderNameOf(http));
  return Answer(200, ToJson(TRY(service.UpdateEntry(caller, name, request))));
}

Result<Response> RemoveFolder(const Request& http, const Caller& caller, AdminService& service) {
  const AdminService::EntryName name = TRY(FolderNameOf(http));
  TRY(service.RemoveEntry(caller, name));
  return NoContent();
}

// Recipients.

/// A recipient with the shares granted to it, by name where they still are.
json::object WithGrants(const catalog::ManagedRecipient& recipient, AdminService& service) {
  json::object out = ToJson(recipient);
  const catalog::ViewPtr view = service.dependencies().catalog.Current();
  json::array grants;
  for (const catalog::Grant& grant : recipient.grants) {
    json::object item;
    const auto share = view->FindShareById(grant.share_id);
    if (share != nullptr) item["share"] = share->name().value();
    item["shareId"] = grant.share_id;
    item["grantedBy"] = grant.granted_by;
    item["grantedAt"] = TimeText(grant.granted_at);
    if (grant.expires_at) item["expiresAt"] = TimeText(*grant.expires_at);
    grants.emplace_back(std::move(item));
  }
  out["grants"] = std::move(grants);
  if (recipient.federation) {
    out["ownEndpoint"] = Format("{}/recipients/{}", service.endpoint(), recipient.id);
  }
  return out;
}

Result<Response> ListRecipients(const Request& /*request*/, const Caller& caller,
                                AdminService& service) {
  const auto recipients = TRY(service.ListRecipients(caller));
  json::array items;
  for (const auto& recipient : recipients) items.emplace_back(WithGrants(recipient, service));
  return Answer(200, json::object{{"items", std::move(items)}});
}

Result<Response> CreateRecipient(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const RecipientRequest request = TRY(ParseRecipientRequest(body));
  return Answer(201, WithGrants(TRY(service.CreateRecipient(caller, request)), service));
}

Result<Response> GetRecipient(const Request& http, const Caller& caller, AdminService& service) {
  const auto recipient = TRY(service.GetRecipient(caller, http.PathParameter("recipient")));
  return Answer(200, WithGrants(recipient, service));
}

Result<Response> UpdateRecipient(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const RecipientRequest request = TRY(ParseRecipientRequest(body));
  const auto recipient =
      TRY(service.UpdateRecipient(caller, http.PathParameter("recipient"), request));
  return Answer(200, WithGrants(recipient, service));
}

Result<Response> DropRecipient(const Request& http, const Caller& caller, AdminService& service) {
  TRY(service.DropRecipient(caller, http.PathParameter("recipient")));
  return NoContent();
}

Result<Response> GetProfile(const Request& http, const Caller& caller, AdminService& service) {
  return Answer(200, TRY(service.ClientProfile(caller, http.PathParameter("recipient"))));
}

json::object IssuedJson(const AdminService::IssuedToken& issued, AdminService& service) {
  json::object out = ToJson(issued.record);
  out["token"] = issued.text.Reveal();
  json::object profile = {{"shareCredentialsVersion", 1},
                          {"endpoint", service.endpoint()},
                          {"bearerToken", issued.text.Reveal()}};
  if (issued.record.expires_at) profile["expirationTime"] = TimeText(*issued.record.expires_at);
  out["profile"] = std::move(profile);
  return out;
}

Result<Response> IssueToken(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const TokenRequest request = TRY(ParseTokenRequest(body));
  const auto issued = TRY(service.IssueToken(caller, http.PathParameter("recipient"), request));
  return AnswerSecret(201, IssuedJson(issued, service));
}

Result<Response> RotateToken(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const RotationRequest request = TRY(ParseRotationRequest(body));
  const auto issued = TRY(
      service.RotateToken(caller, http.PathParameter("recipient"), request.grace, request.token));
  return AnswerSecret(201, IssuedJson(issued, service));
}

Result<Response> RevokeToken(const Request& http, const Caller& caller, AdminService& service) {
  TRY(service.RevokeToken(caller, http.PathParameter("recipient"), http.PathParameter("token")));
  return NoContent();
}

Result<Response> IssueActivationLink(const Request& http, const Caller& caller,
                                     AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  const TokenRequest request = TRY(ParseTokenRequest(body));
  const auto link =
      TRY(service.IssueActivationLink(caller, http.PathParameter("recipient"), request));
  return AnswerSecret(201, json::object{{"activationLink", link.url.Reveal()},
                                        {"expiresAt", TimeText(link.expires_at)}});
}

// Grants.

Result<AdminService::GrantRequest> GrantOf(const Request& http) {
  AdminService::GrantRequest request{.share = http.PathParameter("share"),
                                     .recipient = http.PathParameter("recipient")};
  const json::object body = TRY(BodyOf(http));
  JsonFields fields(body);
  std::optional<std::string> expires_at;
  TRY(fields.Read("expiresAt", expires_at));
  TRY(fields.CheckAllRead());
  if (expires_at) request.expires_at = TRY(ParseTime(*expires_at));
  return request;
}

Result<Response> GrantShare(const Request& http, const Caller& caller, AdminService& service) {
  const auto request = TRY(GrantOf(http));
  TRY(service.GrantShare(caller, request));
  return NoContent();
}

Result<Response> RevokeShare(const Request& http, const Caller& caller, AdminService& service) {
  const auto request = TRY(GrantOf(http));
  TRY(service.RevokeShare(caller, request));
  return NoContent();
}

// What only admins manage.

Result<Response> ListPrincipals(const Request& /*request*/, const Caller& caller,
                                AdminService& service) {
  return AnswerList(TRY(service.ListPrincipals(caller)));
}

Result<Response> PutPrincipal(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  JsonFields fields(body);
  AdminService::PrincipalRequest request{.name = http.PathParameter("principal")};
  std::string role = "auditor";
  TRY(fields.Read("role", role));
  TRY(fields.Read("comment", request.comment));
  TRY(fields.Read("lifetime", request.lifetime));
  TRY(fields.CheckAllRead());
  request.role = TRY(catalog::ParseRole(role));
  const auto issued = TRY(service.CreatePrincipal(caller, request));
  json::object out = ToJson(issued.record);
  out["token"] = issued.text.Reveal();
  return AnswerSecret(201, std::move(out));
}

Result<Response> DropPrincipal(const Request& http, const Caller& caller, AdminService& service) {
  TRY(service.DropPrincipal(caller, http.PathParameter("principal")));
  return NoContent();
}

Result<Response> ListRoots(const Request& /*request*/, const Caller& caller,
                           AdminService& service) {
  return AnswerList(TRY(service.ListRoots(caller)));
}

Result<Response> PutRoot(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  JsonFields fields(body);
  catalog::LocationRoot root{.name = http.PathParameter("root")};
  std::optional<std::vector<std::string>> principals;
  TRY(fields.Read("location", root.location));
  TRY(fields.Read("region", root.region));
  TRY(fields.Read("principals", principals));
  TRY(fields.CheckAllRead());
  if (principals) root.principals = std::move(*principals);
  return Answer(200, ToJson(TRY(service.PutRoot(caller, std::move(root)))));
}

Result<Response> DropRoot(const Request& http, const Caller& caller, AdminService& service) {
  TRY(service.DropRoot(caller, http.PathParameter("root")));
  return NoContent();
}

Result<Response> ListIssuers(const Request& /*request*/, const Caller& caller,
                             AdminService& service) {
  return AnswerList(TRY(service.ListIssuers(caller)));
}

Result<Response> PutIssuer(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  JsonFields fields(body);
  catalog::Issuer issuer{.name = http.PathParameter("issuer")};
  TRY(fields.Read("url", issuer.url));
  TRY(fields.Read("jwksUrl", issuer.jwks_url));
  TRY(fields.CheckAllRead());
  return Answer(200, ToJson(TRY(service.PutIssuer(caller, std::move(issuer)))));
}

Result<Response> DropIssuer(const Request& http, const Caller& caller, AdminService& service) {
  TRY(service.DropIssuer(caller, http.PathParameter("issuer")));
  return NoContent();
}

Result<Response> ListQuotas(const Request& /*request*/, const Caller& caller,
                            AdminService& service) {
  return AnswerList(TRY(service.ListQuotas(caller)));
}

Result<Response> PutQuota(const Request& http, const Caller& caller, AdminService& service) {
  const json::object body = TRY(BodyOf(http));
  JsonFields fields(body);
  AdminService::QuotaRequest request;
  std::string measure = "requests";
  std::string window;
  std::optional<std::int64_t> limit;
  TRY(fields.Read("recipient", request.recipient));
  TRY(fields.Read("share", request.share));
  TRY(fields.Read("measure", measure));
  TRY(fields.Read("window", window));
  TRY(fields.Read("limit", limit));
  TRY(fields.CheckAllRead());
  if (!limit) return InvalidArgument("limit is missing");
  request.measure = TRY(catalog::ParseMeasure(measure));
  request.window = TRY(catalog::ParseWindow(window));
  request.limit = *limit;
  return Answer(200, ToJson(TRY(service.PutQuota(caller, request))));
}

Result<Response> DropQuota(const Request& http, const Caller& caller, AdminService& service) {
  TRY(service.DropQuota(caller, http.PathParameter("quota")));
  return NoContent();
}

Response AnswerKeys(const std::vector<std::string>& fingerprints) {
  json::array items;
  for (const std::string& fingerprint : fingerprints) items.emplace_back(fingerprint);
  return Answer(200, json::object{{"fingerprints", std::move(items)}});
}

Result<Response> ListKeys(const Request& /*request*/, const Caller& caller, AdminService& service) {
  return AnswerKeys(TRY(service.ListKeys(caller)));
}

Result<Response> RotateKeys(const Request& /*request*/, const Caller& caller,
                            AdminService& service) {
  return AnswerKeys(TRY(service.RotateKeys(caller)));
}

}  // namespace

constexpr auto kWorker = Execution::kWorker;

const auth::Route<AdminService> kAdminRoutes[40] = {
    {"GET", "/metrics", Who::kOwnerOrLoopback, kWorker, GetMetrics},
    {"GET", "/api/v1/openapi.json", Who::kOwner, kWorker, GetOpenApi},
    {"GET", "/api/v1/whoami", Who::kOwner, kWorker, WhoAmI},
    {"GET", "/api/v1/shares", Who::kOwner, kWorker, ListShares},
    {"POST", "/api/v1/shares", Who::kOwner, kWorker, CreateShare},
    {"GET", "/api/v1/shares/{share}", Who::kOwner, kWorker, GetShare},
    {"PATCH", "/api/v1/shares/{share}", Who::kOwner, kWorker, UpdateShare},
    {"DELETE", "/api/v1/shares/{share}", Who::kOwner, kWorker, DropShare},
    {"POST", "/api/v1/shares/{share}/tables", Who::kOwner, kWorker, AddTable},
    {"PATCH", "/api/v1/shares/{share}/schemas/{schema}/tables/{table}", Who::kOwner, kWorker,
     UpdateTable},
    {"DELETE", "/api/v1/shares/{share}/schemas/{schema}/tables/{table}", Who::kOwner, kWorker,
     RemoveTable},
    {"POST", "/api/v1/shares/{share}/folders", Who::kOwner, kWorker, AddFolder},
    {"PATCH", "/api/v1/shares/{share}/folders", Who::kOwner, kWorker, UpdateFolder},
    {"DELETE", "/api/v1/shares/{share}/folders", Who::kOwner, kWorker, RemoveFolder},
    {"PUT", "/api/v1/shares/{share}/recipients/{recipient}", Who::kOwner, kWorker, GrantShare},
    {"DELETE", "/api/v1/shares/{share}/recipients/{recipient}", Who::kOwner, kWorker, RevokeShare},
    {"GET", "/api/v1/recipients", Who::kOwner, kWorker, ListRecipients},
    {"POST", "/api/v1/recipients", Who::kOwner, kWorker, CreateRecipient},
    {"GET", "/api/v1/recipients/{recipient}", Who::kOwner, kWorker, GetRecipient},
    {"PATCH", "/api/v1/recipients/{recipient}", Who::kOwner, kWorker, UpdateRecipient},
    {"DELETE", "/api/v1/recipients/{recipient}", Who::kOwner, kWorker, DropRecipient},
    {"GET", "/api/v1/recipients/{recipient}/profile", Who::kOwner, kWorker, GetProfile},
    {"POST", "/api/v1/recipients/{recipient}/tokens", Who::kOwner, kWorker, IssueToken},
    {"POST", "/api/v1/recipients/{recipient}/rotation", Who::kOwner, kWorker, RotateToken},
    {"DELETE", "/api/v1/recipients/{recipient}/tokens/{token}", Who::kOwner, kWorker, RevokeToken},
    {"POST", "/api/v1/recipients/{recipient}/activation-links", Who::kOwner, kWorker,
     IssueActivationLink},
    {"GET", "/api/v1/principals", Who::kOwner, kWorker, ListPrincipals},
    {"PUT", "/api/v1/principals/{principal}", Who::kOwner, kWorker, PutPrincipal},
    {"DELETE", "/api/v1/principals/{principal}", Who::kOwner, kWorker, DropPrincipal},
    {"GET", "/api/v1/roots", Who::kOwner, kWorker, ListRoots},
    {"PUT", "/api/v1/roots/{root}", Who::kOwner, kWorker, PutRoot},
    {"DELETE", "/api/v1/roots/{root}", Who::kOwner, kWorker, DropRoot},
    {"GET", "/api/v1/issuers", Who::kOwner, kWorker, ListIssuers},
    {"PUT", "/api/v1/issuers/{issuer}", Who::kOwner, kWorker, PutIssuer},
    {"DELETE", "/api/v1/issuers/{issuer}", Who::kOwner, kWorker, DropIssuer},
    {"GET", "/api/v1/quotas", Who::kOwner, kWorker, ListQuotas},
    {"PUT", "/api/v1/quotas", Who::kOwner, kWorker, PutQuota},
    {"DELETE", "/api/v1/quotas/{quota}", Who::kOwner, kWorker, DropQuota},
    {"GET", "/api/v1/keys", Who::kOwner, kWorker, ListKeys},
    {"POST", "/api/v1/keys/rotation", Who::kOwner, kWorker, RotateKeys},
};

}  // namespace sluice::admin
