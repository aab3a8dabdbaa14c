#include "catalog/load_internal.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "base/check.h"
#include "base/encoding.h"
#include "catalog/columns_internal.h"

namespace sluice::catalog {
namespace {

using db::Connection;
using db::Row;
using db::Rows;

Result<Rows> Select(Connection& connection, std::string_view columns_and_table,
                    std::string_view column, const Selection& which) {
  return connection.Query(Format("SELECT {}{}", columns_and_table, which.Where(column)),
                          which.parameters());
}

/// Finds the objects of a list by their ids, to give them what other tables hold of them. What
/// belongs to an object that is not in the list is passed over.
template <typename T>
class ById {
 public:
  explicit ById(std::vector<T>& objects) {
    for (T& object : objects) objects_.emplace(object.id, &object);
  }
  T* Find(const std::string& id) const {
    const auto found = objects_.find(id);
    return found == objects_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string_view, T*> objects_;
};

template <typename T>
void SortByName(std::vector<T>& objects) {
  std::ranges::sort(objects, {}, [](const T& object) { return AsciiLower(object.name); });
}

Result<ManagedShare> ShareOf(const Row& row) {
  ManagedShare share{.id = row.Text(0), .name = row.Text(1)};
  share.description.display_name = row.Text(2);
  share.description.comment = row.Text(3);
  share.description.properties = TRY(DecodePairs(row.Text(4)));
  share.serving = TRY(DecodeServing(row.Text(5)));
  share.owner = row.Text(6);
  share.purpose_required = row.Int(7) != 0;
  share.region = row.Text(8);
  share.tags = TRY(DecodeMap(row.Text(9)));
  share.created_at = TimeOf(row, 10);
  share.updated_at = TimeOf(row, 11);
  return share;
}

Result<ManagedRecipient> RecipientOf(const Row& row) {
  ManagedRecipient recipient{
      .id = row.Text(0), .name = row.Text(1), .comment = row.Text(2), .owner = row.Text(3)};
  recipient.attributes = TRY(DecodeMap(row.Text(4)));
  recipient.tags = TRY(DecodeMap(row.Text(5)));
  recipient.allowed_networks = TRY(DecodeList(row.Text(6)));
  recipient.region = row.Text(7);
  recipient.enabled = row.Int(8) != 0;
  recipient.expires_at = OptionalTimeOf(row, 9);
  recipient.token_lifetime = std::chrono::seconds(row.Int(10));
  if (!row.IsNull(11)) recipient.federation = TRY(DecodeFederation(row.Text(11)));
  if (!row.IsNull(12)) recipient.certificate = TRY(DecodeCertificate(row.Text(12)));
  recipient.created_at = TimeOf(row, 13);
  recipient.updated_at = TimeOf(row, 14);
  return recipient;
}

/// After the holder, which is column 0.
Result<TokenRecord> TokenOf(const Row& row) {
  TokenRecord token{.id = row.Text(1)};
  token.sha256 = TRY(DecodeDigest(row.Text(2)));
  token.comment = row.Text(3);
  token.purpose = row.Text(4);
  token.created_at = TimeOf(row, 5);
  token.expires_at = OptionalTimeOf(row, 6);
  token.revoked_at = OptionalTimeOf(row, 7);
  return token;
}

constexpr std::string_view kTokensOfRecipients =
    "recipient_id, id, sha256, comment, purpose, created_at, expires_at, revoked_at FROM tokens";
constexpr std::string_view kTokensOfPrincipals =
    "principal_id, id, sha256, comment, purpose, created_at, expires_at, revoked_at FROM tokens";

/// Gives the rows' tokens to their holders, oldest first.
template <typename T>
Result<void> AddTokens(const Rows& rows, const ById<T>& holders, std::vector<T>& all) {
  for (const Row& row : rows) {
    if (T* holder = holders.Find(row.Text(0))) holder->tokens.push_back(TRY(TokenOf(row)));
  }
  for (T& holder : all) {
    std::ranges::sort(holder.tokens, {}, [](const TokenRecord& token) {
      return std::tuple(token.created_at, std::string_view(token.id));
    });
  }
  return {};
}

Result<void> AddSchemas(Connection& connection, const Selection& which,
                        std::vector<ManagedShare>& shares) {
  const ById<ManagedShare> by_id(shares);
  const Rows rows = TRY(Select(connection, "share_id, name FROM share_schemas", "share_id", which));
  for (const Row& row : rows) {
    if (ManagedShare* share = by_id.Find(row.Text(0))) share->schemas.push_back(row.Text(1));
  }
  for (ManagedShare& share : shares) {
    std::ranges::sort(share.schemas, {}, [](const std::string& name) { return AsciiLower(name); });
  }
  return {};
}

Result<void> AddGrants(Connection& connection, const Selection& which,
                       const ById<ManagedRecipient>& recipients) {
  const Rows rows = TRY(
      Select(connection, "recipient_id, share_id, granted_by, granted_at, expires_at FROM grants",
             "recipient_id", which));
  for (const Row& row : rows) {
    ManagedRecipient* recipient = recipients.Find(row.Text(0));
    if (recipient == nullptr) continue;
    recipient->grants.push_back({.share_id = row.Text(1),
                                 .granted_by = row.Text(2),
                                 .granted_at = TimeOf(row, 3),
                                 .expires_at = OptionalTimeOf(row, 4)});
  }
  return {};
}

}  // namespace

Selection Selection::Among(const std::vector<std::string>& ids) {
  CHECK(!ids.empty() && ids.size() <= kMaxIds, "a statement with too many ids, or none");
  Selection among;
  among.parameters_.assign(ids.begin(), ids.end());
  return among;
}

Selection Selection::ChangedSince(std::string_view kind, Generation since) {
  Selection changed;
  changed.kind_ = kind;
  changed.parameters_.emplace_back(since);
  return changed;
}

std::string Selection::Where(std::string_view column) const {
  if (parameters_.empty()) return "";
  if (kind_.empty()) {
    std::string places;
    for (std::size_t i = 1; i <= parameters_.size(); ++i) {
      places += Format("{}${}", i == 1 ? "" : ", ", i);
    }
    return Format(" WHERE {} IN ({})", column, places);
  }
  return Format(
      " WHERE {} IN (SELECT object_id FROM catalog_changes WHERE generation > $1 AND kind = '{}')",
      column, kind_);
}

Result<std::vector<ManagedShare>> LoadShares(Connection& connection, const Selection& which) {
  const Rows rows = TRY(Select(
      connection,
      "id, name, display_name, comment, properties, serving, owner, purpose_required, region, "
      "tags, created_at, updated_at FROM shares",
      "id", which));
  std::vector<ManagedShare> shares;
  shares.reserve(rows.size());
  for (const Row& row : rows) shares.push_back(TRY(ShareOf(row)));
  TRY(AddSchemas(connection, which, shares));
  return shares;
}

Result<Entry> EntryOf(const Row& row) {
  Entry entry{.id = row.Text(1)};
  if (row.Text(2) != "table" && row.Text(2) != "folder") {
    return CorruptData("the catalog's database holds an entry of an unknown kind");
  }
  entry.kind = row.Text(2) == "folder" ? Entry::Kind::kFolder : Entry::Kind::kTable;
  entry.schema = row.Text(3);
  entry.table = row.Text(4);
  entry.location = row.Text(5);
  entry.comment = row.Text(6);
  entry.history_shared = row.Int(7) != 0;
  entry.start_version = row.Int(8);
  entry.serving = TRY(DecodeServing(row.Text(9)));
  entry.aliases = TRY(DecodeMap(row.Text(10)));
  entry.tags = TRY(DecodeMap(row.Text(11)));
  return entry;
}

Result<std::vector<SharedEntry>> LoadEntries(Connection& connection, const Selection& shares) {
  const Rows rows =
      TRY(Select(connection, Format("{} FROM entries", kEntryColumns), "share_id", shares));
  std::vector<SharedEntry> entries;
  entries.reserve(rows.size());
  for (const Row& row : rows) {
    entries.push_back({.share_id = row.Text(0), .entry = TRY(EntryOf(row))});
  }
  std::ranges::sort(entries, {}, [](const SharedEntry& shared) {
    return std::tuple(AsciiLower(shared.entry.schema), AsciiLower(shared.entry.table),
                      std::string_view(shared.entry.location));
  });
  return entries;
}

Result<std::vector<ManagedRecipient>> LoadRecipients(Connection& connection,
                                                     const Selection& which) {
  const Rows rows = TRY(Select(
      connection,
      "id, name, comment, owner, attributes, tags, allowed_networks, region, enabled, expires_at, "
      "token_lifetime_s, federation, certificate, created_at, updated_at FROM recipients",
      "id", which));
  std::vector<ManagedRecipient> recipients;
  recipients.reserve(rows.size());
  for (const Row& row : rows) recipients.push_back(TRY(RecipientOf(row)));
  const ById<ManagedRecipient> by_id(recipients);

  const Rows tokens = TRY(Select(connection, kTokensOfRecipients, "recipient_id", which));
  TRY(AddTokens(tokens, by_id, recipients));
  TRY(AddGrants(connection, which, by_id));
  const Rows databases =
      TRY(Select(connection, "recipient_id, name, share_id FROM databases", "recipient_id", which));
  for (const Row& row : databases) {
    ManagedRecipient* recipient = by_id.Find(row.Text(0));
    if (recipient != nullptr) recipient->databases.emplace(row.Text(1), row.Text(2));
  }
  return recipients;
}

Result<std::vector<Principal>> LoadPrincipals(Connection& connection) {
  const Rows rows =
      TRY(connection.Query("SELECT id, name, role, comment, created_at FROM principals"));
  std::vector<Principal> principals;
  principals.reserve(rows.size());
  for (const Row& row : rows) {
    const Result<Role> role = ParseRole(row.Text(2));
    if (!role.ok()) return CorruptData("the catalog's database holds an unknown role");
    principals.push_back({.id = row.Text(0),
                          .name = row.Text(1),
                          .role = *role,
                          .comment = row.Text(3),
                          .created_at = TimeOf(row, 4)});
  }
  SortByName(principals);
  const ById<Principal> by_id(principals);
  const Rows tokens = TRY(
      connection.Query(Format("SELECT {} WHERE principal_id IS NOT NULL", kTokensOfPrincipals)));
  TRY(AddTokens(tokens, by_id, principals));
  return principals;
}

Result<std::vector<LocationRoot>> LoadRoots(Connection& connection) {
  const Rows rows =
      TRY(connection.Query("SELECT id, name, location, region, principals FROM roots"));
  std::vector<LocationRoot> roots;
  roots.reserve(rows.size());
  for (const Row& row : rows) {
    roots.push_back({.id = row.Text(0),
                     .name = row.Text(1),
                     .location = row.Text(2),
                     .region = row.Text(3),
                     .principals = TRY(DecodeList(row.Text(4)))});
  }
  SortByName(roots);
  return roots;
}

Result<std::vector<Issuer>> LoadIssuers(Connection& connection) {
  const Rows rows = TRY(connection.Query("SELECT id, name, url, jwks_url FROM issuers"));
  std::vector<Issuer> issuers;
  issuers.reserve(rows.size());
  for (const Row& row : rows) {
    issuers.push_back(
        {.id = row.Text(0), .name = row.Text(1), .url = row.Text(2), .jwks_url = row.Text(3)});
  }
  SortByName(issuers);
  return issuers;
}

Result<std::vector<Quota>> LoadQuotas(Connection& connection) {
  const Rows rows =
      TRY(connection.Query("SELECT id, recipient_id, share_id, measure, span, amount FROM quotas"));
  std::vector<Quota> quotas;
  quotas.reserve(rows.size());
  for (const Row& row : rows) {
    const Result<Measure> measure = ParseMeasure(row.Text(3));
    const Result<Window> window = ParseWindow(row.Text(4));
    if (!measure.ok() || !window.ok()) {
      return CorruptData("the catalog's database holds an unknown quota");
    }
    quotas.push_back({.id = row.Text(0),
                      .recipient_id = row.Text(1),
                      .share_id = row.Text(2),
                      .measure = *measure,
                      .window = *window,
                      .limit = row.Int(5)});
  }
  std::ranges::sort(quotas, {}, &Quota::id);
  return quotas;
}

}  // namespace sluice::catalog
