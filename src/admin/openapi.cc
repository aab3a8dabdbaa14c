#include "admin/openapi.h"

#include <iterator>
#include <string_view>
#include <vector>

#include "admin/audit_handlers.h"
#include "admin/handlers.h"
#include "admin/openapi_parts_internal.h"
#include "admin/sql_handlers.h"
#include "base/check.h"
#include "protocol/openapi.h"

namespace sluice::admin {
namespace {

using protocol::ApiOperation;

/// What a route's row does not say. Other members are as in ApiOperation.
struct Description {
  std::string_view method;
  std::string_view path;
  std::string_view id;
  std::string_view summary;
  std::string_view parameters = {};
  std::string_view body = {};
  std::string_view answer = {};
  int status = 200;
};

constexpr int kCreated = 201;
constexpr int kNoContent = 204;

// One for each row of kAdminRoutes, in its order. So it is with the others.
constexpr Description kAdminDescriptions[] = {
    {.method = "GET",
     .path = "/metrics",
     .id = "getMetrics",
     .summary = "Metrics, for Prometheus",
     .answer = "metrics"},
    {.method = "GET",
     .path = "/api/v1/openapi.json",
     .id = "getOpenApi",
     .summary = "This document",
     .answer = "Document"},
    {.method = "GET",
     .path = "/api/v1/whoami",
     .id = "whoAmI",
     .summary = "Who the caller is, and where recipients reach the server",
     .answer = "Whoami"},
    {.method = "GET",
     .path = "/api/v1/shares",
     .id = "listShares",
     .summary = "The shares of the configuration, then those managed here",
     .answer = "ListOfShares"},
    {.method = "POST",
     .path = "/api/v1/shares",
     .id = "createShare",
     .summary = "A new share",
     .body = "NewShare",
     .answer = "Share",
     .status = kCreated},
    {.method = "GET",
     .path = "/api/v1/shares/{share}",
     .id = "getShare",
     .summary = "One share with its tables and folders",
     .answer = "Share"},
    {.method = "PATCH",
     .path = "/api/v1/shares/{share}",
     .id = "updateShare",
     .summary = "Changes what is given",
     .body = "ShareRequest",
     .answer = "Share"},
    {.method = "DELETE",
     .path = "/api/v1/shares/{share}",
     .id = "dropShare",
     .summary = "The share and all grants of it go",
     .status = kNoContent},
    {.method = "POST",
     .path = "/api/v1/shares/{share}/tables",
     .id = "addTable",
     .summary = "Shares a table",
     .body = "NewTable",
     .answer = "Entry",
     .status = kCreated},
    {.method = "PATCH",
     .path = "/api/v1/shares/{share}/schemas/{schema}/tables/{table}",
     .id = "updateTable",
     .summary = "Changes what is given",
     .body = "EntryRequest",
     .answer = "Entry"},
    {.method = "DELETE",
     .path = "/api/v1/shares/{share}/schemas/{schema}/tables/{table}",
     .id = "removeTable",
     .summary = "The table is no longer shared",
     .status = kNoContent},
    {.method = "POST",
     .path = "/api/v1/shares/{share}/folders",
     .id = "addFolder",
     .summary = "Shares the tables in a folder, those that come later too",
     .body = "NewFolder",
     .answer = "Entry",
     .status = kCreated},
    {.method = "PATCH",
     .path = "/api/v1/shares/{share}/folders",
     .id = "updateFolder",
     .summary = "Changes what is given",
     .parameters = "folderLocation folderSchema",
     .body = "EntryRequest",
     .answer = "Entry"},
    {.method = "DELETE",
     .path = "/api/v1/shares/{share}/folders",
     .id = "removeFolder",
     .summary = "The folder is no longer shared",
     .parameters = "folderLocation folderSchema",
     .status = kNoContent},
    {.method = "PUT",
     .path = "/api/v1/shares/{share}/recipients/{recipient}",
     .id = "grantShare",
     .summary = "Grants a share; granting again changes the end alone",
     .body = "GrantRequest",
     .status = kNoContent},
    {.method = "DELETE",
     .path = "/api/v1/shares/{share}/recipients/{recipient}",
     .id = "revokeShare",
     .summary = "Revokes a share",
     .status = kNoContent},
    {.method = "GET",
     .path = "/api/v1/recipients",
     .id = "listRecipients",
     .summary = "The recipients with their tokens and grants",
     .answer = "ListOfRecipients"},
    {.method = "POST",
     .path = "/api/v1/recipients",
     .id = "createRecipient",
     .summary = "A new recipient",
     .body = "NewRecipient",
     .answer = "Recipient",
     .status = kCreated},
    {.method = "GET",
     .path = "/api/v1/recipients/{recipient}",
     .id = "getRecipient",
     .summary = "One recipient",
     .answer = "Recipient"},
    {.method = "PATCH",
     .path = "/api/v1/recipients/{recipient}",
     .id = "updateRecipient",
     .summary = "Changes what is given",
     .body = "RecipientRequest",
     .answer = "Recipient"},
    {.method = "DELETE",
     .path = "/api/v1/recipients/{recipient}",
     .id = "dropRecipient",
     .summary = "The recipient goes, with its tokens and grants",
     .status = kNoContent},
    {.method = "GET",
     .path = "/api/v1/recipients/{recipient}/profile",
     .id = "getProfile",
     .summary = "The profile file of a recipient with a client at its identity provider",
     .answer = "ClientProfile"},
    {.method = "POST",
     .path = "/api/v1/recipients/{recipient}/tokens",
     .id = "issueToken",
     .summary = "A new token beside those there are",
     .body = "TokenRequest",
     .answer = "IssuedToken",
     .status = kCreated},
    {.method = "POST",
     .path = "/api/v1/recipients/{recipient}/rotation",
     .id = "rotateToken",
     .summary = "A new token, while those there are end after a grace",
     .body = "Rotation",
     .answer = "IssuedToken",
     .status = kCreated},
    {.method = "DELETE",
     .path = "/api/v1/recipients/{recipient}/tokens/{token}",
     .id = "revokeToken",
     .summary = "The token is good no longer",
     .status = kNoContent},
    {.method = "POST",
     .path = "/api/v1/recipients/{recipient}/activation-links",
     .id = "issueActivationLink",
     .summary = "A link that gives a profile file once",
     .body = "TokenRequest",
     .answer = "ActivationLink",
     .status = kCreated},
    {.method = "GET",
     .path = "/api/v1/principals",
     .id = "listPrincipals",
     .summary = "Who may use this surface",
     .answer = "ListOfPrincipals"},
    {.method = "PUT",
     .path = "/api/v1/principals/{principal}",
     .id = "putPrincipal",
     .summary = "A principal with a new token",
     .body = "PrincipalRequest",
     .answer = "IssuedPrincipal",
     .status = kCreated},
    {.method = "DELETE",
     .path = "/api/v1/principals/{principal}",
     .id = "dropPrincipal",
     .summary = "The principal goes",
     .status = kNoContent},
    {.method = "GET",
     .path = "/api/v1/roots",
     .id = "listRoots",
     .summary = "Locations below which tables may be shared",
     .answer = "ListOfRoots"},
    {.method = "PUT",
     .path = "/api/v1/roots/{root}",
     .id = "putRoot",
     .summary = "A root, new or changed",
     .body = "RootRequest",
     .answer = "Root"},
    {.method = "DELETE",
     .path = "/api/v1/roots/{root}",
     .id = "dropRoot",
     .summary = "The root goes; what is shared below it stays shared",
     .status = kNoContent},
    {.method = "GET",
     .path = "/api/v1/issuers",
     .id = "listIssuers",
     .summary = "Identity providers whose tokens are believed",
     .answer = "ListOfIssuers"},
    {.method = "PUT",
     .path = "/api/v1/issuers/{issuer}",
     .id = "putIssuer",
     .summary = "An identity provider, new or changed",
     .body = "IssuerRequest",
     .answer = "Issuer"},
    {.method = "DELETE",
     .path = "/api/v1/issuers/{issuer}",
     .id = "dropIssuer",
     .summary = "Its tokens are no longer believed",
     .status = kNoContent},
    {.method = "GET",
     .path = "/api/v1/quotas",
     .id = "listQuotas",
     .summary = "How much may be read",
     .answer = "ListOfQuotas"},
    {.method = "PUT",
     .path = "/api/v1/quotas",
     .id = "putQuota",
     .summary = "Replaces the quota of the same recipient, share, measure and window",
     .body = "QuotaRequest",
     .answer = "Quota"},
    {.method = "DELETE",
     .path = "/api/v1/quotas/{quota}",
     .id = "dropQuota",
     .summary = "The quota goes",
     .status = kNoContent},
    {.method = "GET",
     .path = "/api/v1/keys",
     .id = "listKeys",
     .summary = "The master keys, by their fingerprints",
     .answer = "Keys"},
    {.method = "POST",
     .path = "/api/v1/keys/rotation",
     .id = "rotateKeys",
     .summary = "A new master key; what the last one made stays good until the next",
     .answer = "Keys"},
};

constexpr Description kAuditDescriptions[] = {
    {.method = "GET",
     .path = "/api/v1/audit/records",
     .id = "listRecords",
     .summary = "Records of what was decided",
     .parameters = "ofRecipient ofShare ofObject ofRequest ofNode ofAction allowed since until "
                   "after recordLimit order follow",
     .answer = "records"},
    {.method = "GET",
     .path = "/api/v1/audit/heads",
     .id = "listTreeHeads",
     .summary = "Signed tree heads",
     .parameters = "ofNode headLimit",
     .answer = "ListOfHeads"},
    {.method = "GET",
     .path = "/api/v1/audit/receipts/{request}",
     .id = "getReceipt",
     .summary = "The proof that a request was recorded",
     .answer = "Receipt"},
    {.method = "GET",
     .path = "/api/v1/audit/proofs/consistency",
     .id = "proveConsistency",
     .summary = "The proof that a tree only grew",
     .parameters = "from to",
     .answer = "ConsistencyProof"},
    {.method = "GET",
     .path = "/api/v1/usage",
     .id = "getUsage",
     .summary = "What was read",
     .parameters = "ofRecipient ofShare ofObject firstDay lastDay usageFormat",
     .answer = "usage"},
    {.method = "GET",
     .path = "/api/v1/usage/cost",
     .id = "getCost",
     .summary = "What it cost",
     .parameters = "ofRecipient ofShare ofObject firstDay lastDay costFormat withStorage",
     .answer = "cost"},
};

constexpr Description kSqlDescriptions[] = {
    {.method = "POST",
     .path = "/api/v1/sql",
     .id = "runSql",
     .summary = "Runs statements until one fails",
     .body = "Sql",
     .answer = "SqlAnswer"},
};

/// Of a module above, whose routes are not seen from here.
constexpr ApiOperation kHealthOperations[] = {
    {.method = "GET",
     .path = "/healthz",
     .id = "getHealth",
     .summary = "Whether the process lives",
     .answer = "text",
     .token = ApiOperation::Token::kNone},
    {.method = "GET",
     .path = "/readyz",
     .id = "getReadiness",
     .summary = "Whether it takes requests, part by part; with status 503 if it does not",
     .answer = "Health",
     .token = ApiOperation::Token::kOptional},
};

template <typename Service, std::size_t N>
void Describe(const auth::Route<Service> (&routes)[N], const Description (&descriptions)[N],
              std::vector<ApiOperation>& operations) {
  for (std::size_t i = 0; i < N; ++i) {
    const Description& description = descriptions[i];
    CHECK(routes[i].method == description.method && routes[i].path == description.path,
          "each route is described, in order");
    const bool is_open_here = routes[i].who == auth::Who::kOwnerOrLoopback;
    operations.push_back(
        {.method = routes[i].method,
         .path = routes[i].path,
         .id = description.id,
         .summary = description.summary,
         .parameters = description.parameters,
         .body = description.body,
         .answer = description.answer,
         .status = description.status,
         .token = is_open_here ? ApiOperation::Token::kOptional : ApiOperation::Token::kNeeded});
  }
}

}  // namespace

std::string OwnerOpenApiDocument() {
  std::vector<ApiOperation> operations(std::begin(kHealthOperations), std::end(kHealthOperations));
  Describe(kAdminRoutes, kAdminDescriptions, operations);
  Describe(kAuditRoutes, kAuditDescriptions, operations);
  Describe(kSqlRoutes, kSqlDescriptions, operations);
  return protocol::FormatOpenApi(
      {.title = "Sluice, the owner's surface",
       .description =
           "Shares, recipients, grants, tokens, quotas, records and usage. Where a token is "
           "optional, requests from the server's own machine need none.",
       .operations = operations,
       .parameters = kOpenApiParameters,
       .schemas = kOpenApiSchemas,
       .responses = kOpenApiResponses});
}

}  // namespace sluice::admin
