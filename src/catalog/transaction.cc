#include <algorithm>

#include "base/encoding.h"
#include "catalog/columns_internal.h"
#include "catalog/load_internal.h"
#include "catalog/rows_internal.h"
#include "catalog/store.h"

namespace sluice::catalog {
namespace {

using db::Connection;
using db::Rows;
using db::Value;

constexpr std::size_t kMaxAliases = 10'000;
constexpr std::size_t kMaxRootPrincipals = 1'000;

Result<void> CheckComment(const std::string& comment) {
  if (comment.size() > kMaxCommentBytes) {
    return InvalidArgument("a comment of {} bytes: {} are allowed", comment.size(),
                           kMaxCommentBytes);
  }
  return {};
}

template <typename T>
std::optional<T> FirstOf(std::vector<T> objects) {
  if (objects.empty()) return std::nullopt;
  return std::move(objects.front());
}

Result<std::optional<Entry>> FirstEntry(const Result<Rows>& rows) {
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return std::optional<Entry>();
  return std::optional<Entry>(TRY(EntryOf(rows->front())));
}

}  // namespace

// Shares.

Result<std::optional<ManagedShare>> Transaction::FindShare(std::string_view name) {
  const std::string id = TRY(IdOfName(connection_, "shares", name));
  if (id.empty()) return std::optional<ManagedShare>();
  return FindShareById(id);
}

Result<std::optional<ManagedShare>> Transaction::FindShareById(std::string_view id) {
  return FirstOf(TRY(LoadShares(connection_, Selection::One(id))));
}

Result<std::vector<std::string>> Transaction::ListSharesOf(std::string_view owner) {
  const Rows rows = TRY(connection_.Query(
      "SELECT name FROM shares WHERE owner = $1 ORDER BY folded", {std::string(owner)}));
  std::vector<std::string> names;
  for (const db::Row& row : rows) names.push_back(row.Text(0));
  return names;
}

Result<void> Transaction::PutShare(const ManagedShare& share) {
  TRY(CheckComment(share.description.comment));
  TRY(CheckNameIsFree(connection_, {"shares", "share", share.id, share.name}));
  const Rows known = TRY(connection_.Query("SELECT name FROM shares WHERE id = $1", {share.id}));
  if (!known.empty() && known[0].Text(0) != share.name) TRY(TouchHolders(share.id));
  std::string properties = TRY(EncodePairs(share.description.properties));
  std::string tags = TRY(EncodeMap(share.tags, kMaxAttributes));
  TRY(Upsert(connection_, {"shares", "id"},
             {{"id", share.id},
              {"name", share.name},
              {"folded", AsciiLower(share.name)},
              {"display_name", share.description.display_name},
              {"comment", share.description.comment},
              {"properties", std::move(properties)},
              {"serving", EncodeServing(share.serving)},
              {"owner", share.owner},
              {"purpose_required", TruthValue(share.purpose_required)},
              {"region", share.region},
              {"tags", std::move(tags)},
              {"created_at", TimeValue(share.created_at)},
              {"updated_at", TimeValue(share.updated_at)}}));
  TRY(PutSchemas(share));
  return Touch(kShareKind, share.id);
}

Result<void> Transaction::PutSchemas(const ManagedShare& share) {
  TRY(connection_.Execute("DELETE FROM share_schemas WHERE share_id = $1", {share.id}));
  for (const std::string& schema : share.schemas) {
    const std::int64_t inserted =
        TRY(connection_.Execute("INSERT INTO share_schemas (share_id, folded, name) "
                                "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                                {share.id, AsciiLower(schema), schema}));
    if (inserted == 0) return AlreadyExists("schema '{}' is given twice", schema);
  }
  return {};
}

Result<void> Transaction::DeleteShare(std::string_view id) {
  TRY(DeleteRow(connection_, {.table = "shares", .what = "share", .id = id}));
  TRY(TouchHolders(id));
  TRY(connection_.Execute("DELETE FROM grants WHERE share_id = $1", {std::string(id)}));
  TRY(connection_.Execute("DELETE FROM databases WHERE share_id = $1", {std::string(id)}));
  TRY(DeleteQuotasOf("share_id", id));
  return Touch(kShareKind, id);
}

Result<std::vector<Entry>> Transaction::ListEntries(std::string_view share_id) {
  std::vector<SharedEntry> shared = TRY(LoadEntries(connection_, Selection::One(share_id)));
  std::vector<Entry> entries;
  entries.reserve(shared.size());
  for (SharedEntry& one : shared) entries.push_back(std::move(one.entry));
  return entries;
}

Result<std::optional<Entry>> Transaction::FindEntry(std::string_view share_id,
                                                    std::string_view schema,
                                                    std::string_view table) {
  return FirstEntry(connection_.Query(
      Format("SELECT {} FROM entries WHERE share_id = $1 AND folded_schema = $2 AND "
             "folded_table = $3 AND folder = ''",
             kEntryColumns),
      {std::string(share_id), AsciiLower(schema), AsciiLower(table)}));
}

Result<std::optional<Entry>> Transaction::FindFolder(std::string_view share_id,
                                                     std::string_view schema,
                                                     std::string_view location) {
  return FirstEntry(connection_.Query(
      Format("SELECT {} FROM entries WHERE share_id = $1 AND folded_schema = $2 AND "
             "folded_table = '' AND folder = $3",
             kEntryColumns),
      {std::string(share_id), AsciiLower(schema), std::string(location)}));
}

Result<void> Transaction::PutEntry(std::string_view share_id, const Entry& entry) {
  TRY(CheckComment(entry.comment));
  if (!TRY(Exists(connection_, "shares", share_id))) return NotFound("there is no such share");
  const bool is_folder = entry.kind == Entry::Kind::kFolder;
  Result<std::optional<Entry>> found = is_folder
                                           ? FindFolder(share_id, entry.schema, entry.location)
                                           : FindEntry(share_id, entry.schema, entry.table);
  const std::optional<Entry> there = TRY(std::move(found));
  if (there && there->id != entry.id) {
    if (is_folder) return AlreadyExists("schema '{}' shares that folder already", entry.schema);
    return AlreadyExists("table '{}.{}' already exists", entry.schema, entry.table);
  }
  std::string aliases = TRY(EncodeMap(entry.aliases, kMaxAliases));
  std::string tags = TRY(EncodeMap(entry.tags, kMaxAttributes));
  TRY(Upsert(connection_, {"entries", "share_id, id"},
             {{"share_id", std::string(share_id)},
              {"id", entry.id},
              {"kind", is_folder ? "folder" : "table"},
              {"schema_name", entry.schema},
              {"folded_schema", AsciiLower(entry.schema)},
              {"table_name", is_folder ? "" : entry.table},
              {"folded_table", is_folder ? "" : AsciiLower(entry.table)},
              {"folder", is_folder ? entry.location : ""},
              {"location", entry.location},
              {"comment", entry.comment},
              {"history_shared", TruthValue(entry.history_shared)},
              {"start_version", entry.start_version},
              {"serving", EncodeServing(entry.serving)},
              {"aliases", std::move(aliases)},
              {"tags", std::move(tags)}}));
  return Touch(kShareKind, share_id);
}

Result<void> Transaction::DeleteEntry(std::string_view share_id, std::string_view entry_id) {
  const std::int64_t deleted =
      TRY(connection_.Execute("DELETE FROM entries WHERE share_id = $1 AND id = $2",
                              {std::string(share_id), std::string(entry_id)}));
  if (deleted == 0) return NotFound("there is no such table in the share");
  return Touch(kShareKind, share_id);
}

// Recipients.

Result<std::optional<ManagedRecipient>> Transaction::FindRecipient(std::string_view name) {
  const std::string id = TRY(IdOfName(connection_, "recipients", name));
  if (id.empty()) return std::optional<ManagedRecipient>();
  return FindRecipientById(id);
}

Result<std::optional<ManagedRecipient>> Transaction::FindRecipientById(std::string_view id) {
  return FirstOf(TRY(LoadRecipients(connection_, Selection::One(id))));
}

Result<void> Transaction::PutRecipient(const ManagedRecipient& recipient) {
  TRY(CheckComment(recipient.comment));
  TRY(CheckNameIsFree(connection_, {"recipients", "recipient", recipient.id, recipient.name}));
  std::string attributes = TRY(EncodeMap(recipient.attributes, kMaxAttributes));
  std::string tags = TRY(EncodeMap(recipient.tags, kMaxAttributes));
  std::string networks = TRY(EncodeList(recipient.allowed_networks, kMaxNetworks));
  Value federation;
  if (recipient.federation) federation = TRY(EncodeFederation(*recipient.federation));
  Value certificate;
  if (recipient.certificate) certificate = TRY(EncodeCertificate(*recipient.certificate));
  TRY(Upsert(connection_, {"recipients", "id"},
             {{"id", recipient.id},
              {"name", recipient.name},
              {"folded", AsciiLower(recipient.name)},
              {"comment", recipient.comment},
              {"owner", recipient.owner},
              {"attributes", std::move(attributes)},
              {"tags", std::move(tags)},
              {"allowed_networks", std::move(networks)},
              {"region", recipient.region},
              {"enabled", TruthValue(recipient.enabled)},
              {"expires_at", TimeValue(recipient.expires_at)},
              {"token_lifetime_s", std::int64_t{recipient.token_lifetime.count()}},
              {"federation", std::move(federation)},
              {"certificate", std::move(certificate)},
              {"created_at", TimeValue(recipient.created_at)},
              {"updated_at", TimeValue(recipient.updated_at)}}));
  TRY(PutDatabases(recipient));
  return Touch(kRecipientKind, recipient.id);
}

Result<void> Transaction::PutDatabases(const ManagedRecipient& recipient) {
  TRY(connection_.Execute("DELETE FROM databases WHERE recipient_id = $1", {recipient.id}));
  for (const auto& [name, share_id] : recipient.databases) {
    const std::int64_t inserted =
        TRY(connection_.Execute("INSERT INTO databases (recipient_id, folded, name, share_id) "
                                "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                                {recipient.id, AsciiLower(name), name, share_id}));
    if (inserted == 0) return AlreadyExists("database '{}' is given twice", name);
  }
  return {};
}

Result<void> Transaction::DeleteRecipient(std::string_view id) {
  TRY(DeleteRow(connection_, {.table = "recipients", .what = "recipient", .id = id}));
  TRY(DeleteQuotasOf("recipient_id", id));
  return Touch(kRecipientKind, id);
}

struct Transaction::TokenHolder {
  std::string_view table;
  std::string_view column;
  std::string_view kind;
  std::string_view id;
};

Result<void> Transaction::PutTokenOf(const TokenHolder& holder, const TokenRecord& token) {
  TRY(CheckComment(token.comment));
  if (!TRY(Exists(connection_, holder.table, holder.id))) {
    return NotFound("there is no such {}", holder.kind);
  }
  const std::string digest = EncodeDigest(token.sha256);
  const Rows known = TRY(connection_.Query(
      Format("SELECT id, {} FROM tokens WHERE id = $1 OR sha256 = $2", holder.column),
      {token.id, digest}));
  const bool is_taken = std::ranges::any_of(known, [&](const db::Row& row) {
    return row.Text(0) != token.id || row.Text(1) != holder.id;
  });
  if (is_taken) return AlreadyExists("that token already exists");
  TRY(Upsert(connection_, {"tokens", "id"},
             {{"id", token.id},
              {holder.column, std::string(holder.id)},
              {"sha256", digest},
              {"comment", token.comment},
              {"purpose", token.purpose},
              {"created_at", TimeValue(token.created_at)},
              {"expires_at", TimeValue(token.expires_at)},
              {"revoked_at", TimeValue(token.revoked_at)}}));
  return Touch(holder.kind, holder.kind == kPrincipalKind ? "" : holder.id);
}

Result<void> Transaction::PutToken(std::string_view recipient_id, const TokenRecord& token) {
  return PutTokenOf({"recipients", "recipient_id", kRecipientKind, recipient_id}, token);
}

Result<void> Transaction::PutGrant(std::string_view recipient_id, const Grant& grant) {
  if (!TRY(Exists(connection_, "recipients", recipient_id))) {
    return NotFound("there is no such recipient");
  }
  TRY(Upsert(connection_, {"grants", "recipient_id, share_id"},
             {{"recipient_id", std::string(recipient_id)},
              {"share_id", grant.share_id},
              {"granted_by", grant.granted_by},
              {"granted_at", TimeValue(grant.granted_at)},
              {"expires_at", TimeValue(grant.expires_at)}}));
  return Touch(kRecipientKind, recipient_id);
}

Result<void> Transaction::DeleteGrant(std::string_view recipient_id, std::string_view share_id) {
  const std::int64_t deleted =
      TRY(connection_.Execute("DELETE FROM grants WHERE recipient_id = $1 AND share_id = $2",
                              {std::string(recipient_id), std::string(share_id)}));
  if (deleted == 0) return NotFound("there is no such grant");
  return Touch(kRecipientKind, recipient_id);
}

Result<void> Transaction::PutActivationLink(const ActivationLink& link) {
  TRY(CheckComment(link.token_comment));
  if (!TRY(Exists(connection_, "recipients", link.recipient_id))) {
    return NotFound("there is no such recipient");
  }
  const std::string digest = EncodeDigest(link.code_sha256);
  const Rows known =
      TRY(connection_.Query("SELECT id FROM activation_links WHERE code_sha256 = $1", {digest}));
  if (!known.empty() && known[0].Text(0) != link.id) {
    return AlreadyExists("that activation link already exists");
  }
  TRY(Upsert(connection_, {"activation_links", "id"},
             {{"id", link.id},
              {"recipient_id", link.recipient_id},
              {"code_sha256", digest},
              {"created_at", TimeValue(link.created_at)},
              {"expires_at", TimeValue(link.expires_at)},
              {"used_at", TimeValue(link.used_at)},
              {"token_lifetime_s", std::int64_t{link.token_lifetime.count()}},
              {"token_comment", link.token_comment}}));
  return Touch(kActivationLinkKind, link.id);
}

Result<std::optional<ActivationLink>> Transaction::FindActivationLink(
    const crypto::Sha256Digest& code_sha256) {
  const Rows rows = TRY(connection_.Query(
      "SELECT id, recipient_id, created_at, expires_at, used_at, token_lifetime_s, token_comment "
      "FROM activation_links WHERE code_sha256 = $1",
      {EncodeDigest(code_sha256)}));
  if (rows.empty()) return std::optional<ActivationLink>();
  const db::Row& row = rows[0];
  return std::optional<ActivationLink>(
      ActivationLink{.id = row.Text(0),
                     .recipient_id = row.Text(1),
                     .code_sha256 = code_sha256,
                     .created_at = TimeOf(row, 2),
                     .expires_at = TimeOf(row, 3),
                     .used_at = OptionalTimeOf(row, 4),
                     .token_lifetime = std::chrono::seconds(row.Int(5)),
                     .token_comment = row.Text(6)});
}

// What is given to nodes as a whole.

Result<std::vector<Principal>> Transaction::ListPrincipals() { return LoadPrincipals(connection_); }

Result<void> Transaction::PutPrincipal(const Principal& principal) {
  TRY(CheckComment(principal.comment));
  TRY(CheckNameIsFree(connection_, {"principals", "principal", principal.id, principal.name}));
  TRY(Upsert(connection_, {"principals", "id"},
             {{"id", principal.id},
              {"name", principal.name},
              {"folded", AsciiLower(principal.name)},
              {"role", std::string(RoleName(principal.role))},
              {"comment", principal.comment},
              {"created_at", TimeValue(principal.created_at)}}));
  return Touch(kPrincipalKind, "");
}

Result<void> Transaction::PutPrincipalToken(std::string_view principal_id,
                                            const TokenRecord& token) {
  return PutTokenOf({"principals", "principal_id", kPrincipalKind, principal_id}, token);
}

Result<void> Transaction::DeletePrincipal(std::string_view id) {
  TRY(DeleteRow(connection_, {.table = "principals", .what = "principal", .id = id}));
  return Touch(kPrincipalKind, "");
}

Result<std::vector<LocationRoot>> Transaction::ListRoots() { return LoadRoots(connection_); }

Result<void> Transaction::PutRoot(const LocationRoot& root) {
  TRY(CheckNameIsFree(connection_, {"roots", "root", root.id, root.name}));
  std::string principals = TRY(EncodeList(root.principals, kMaxRootPrincipals));
  TRY(Upsert(connection_, {"roots", "id"},
             {{"id", root.id},
              {"name", root.name},
              {"folded", AsciiLower(root.name)},
              {"location", root.location},
              {"region", root.region},
              {"principals", std::move(principals)}}));
  return Touch(kRootKind, "");
}

Result<void> Transaction::DeleteRoot(std::string_view id) {
  TRY(DeleteRow(connection_, {.table = "roots", .what = "root", .id = id}));
  return Touch(kRootKind, "");
}

Result<std::vector<Issuer>> Transaction::ListIssuers() { return LoadIssuers(connection_); }

Result<void> Transaction::PutIssuer(const Issuer& issuer) {
  TRY(CheckNameIsFree(connection_, {"issuers", "issuer", issuer.id, issuer.name}));
  TRY(Upsert(connection_, {"issuers", "id"},
             {{"id", issuer.id},
              {"name", issuer.name},
              {"folded", AsciiLower(issuer.name)},
              {"url", issuer.url},
              {"jwks_url", issuer.jwks_url}}));
  return Touch(kIssuerKind, "");
}

Result<void> Transaction::DeleteIssuer(std::string_view id) {
  TRY(DeleteRow(connection_, {.table = "issuers", .what = "issuer", .id = id}));
  return Touch(kIssuerKind, "");
}

Result<std::vector<Quota>> Transaction::ListQuotas() { return LoadQuotas(connection_); }

Result<void> Transaction::PutQuota(const Quota& quota) {
  TRY(Upsert(connection_, {"quotas", "id"},
             {{"id", quota.id},
              {"recipient_id", quota.recipient_id},
              {"share_id", quota.share_id},
              {"measure", std::string(MeasureName(quota.measure))},
              {"span", std::string(WindowName(quota.window))},
              {"amount", quota.limit}}));
  return Touch(kQuotaKind, "");
}

Result<void> Transaction::DeleteQuota(std::string_view id) {
  TRY(DeleteRow(connection_, {.table = "quotas", .what = "quota", .id = id}));
  return Touch(kQuotaKind, "");
}

Result<void> Transaction::DeleteQuotasOf(std::string_view column, std::string_view id) {
  const std::int64_t deleted = TRY(
      connection_.Execute(Format("DELETE FROM quotas WHERE {} = $1", column), {std::string(id)}));
  if (deleted != 0) TRY(Touch(kQuotaKind, ""));
  return {};
}

}  // namespace sluice::catalog
