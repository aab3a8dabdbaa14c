#include "catalog/store.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "catalog/load_internal.h"
#include "catalog/migrations_internal.h"

namespace sluice::catalog {
namespace {

using db::Connection;
using db::Row;
using db::Rows;

constexpr std::string_view kChannel = "sluice_catalog";
constexpr Generation kKeptGenerations = 10'000;

/// The ids of a kind that were touched.
using TouchedIds = std::unordered_set<std::string>;
using Touched = std::unordered_map<std::string, TouchedIds>;

Result<Generation> GenerationOf(const Rows& rows) {
  if (rows.empty()) return CorruptData("the catalog's database has lost its generation");
  return rows[0].Int(0);
}

Result<Touched> TouchedSince(Connection& connection, Generation since) {
  const Rows rows = TRY(connection.Query(
      "SELECT DISTINCT kind, object_id FROM catalog_changes WHERE generation > $1", {since}));
  Touched touched;
  for (const Row& row : rows) touched[row.Text(0)].insert(row.Text(1));
  return touched;
}

/// Those touched that are not there any more.
template <typename T>
std::vector<std::string> Deleted(TouchedIds touched, const std::vector<T>& found) {
  for (const T& object : found) touched.erase(object.id);
  return {touched.begin(), touched.end()};
}

/// One moment's look at what a node has to take in.
class Gathering {
 public:
  Gathering(Connection& connection, Generation since) : connection_(connection), since_(since) {}

  Result<Changes> Gather() {
    const Rows state = TRY(connection_.Query("SELECT generation FROM catalog_state WHERE id = 1"));
    changes_.generation = TRY(GenerationOf(state));
    if (since_ == changes_.generation && since_ != 0) return std::move(changes_);
    changes_.is_whole = since_ <= 0 || since_ > changes_.generation ||
                        since_ < changes_.generation - kKeptGenerations;
    if (!changes_.is_whole) touched_ = TRY(TouchedSince(connection_, since_));
    if (IsTouched(kShareKind)) TRY(GatherShares());
    if (IsTouched(kRecipientKind)) TRY(GatherRecipients());
    if (IsTouched(kPrincipalKind)) changes_.principals = TRY(LoadPrincipals(connection_));
    if (IsTouched(kRootKind)) changes_.roots = TRY(LoadRoots(connection_));
    if (IsTouched(kIssuerKind)) changes_.issuers = TRY(LoadIssuers(connection_));
    if (IsTouched(kQuotaKind)) changes_.quotas = TRY(LoadQuotas(connection_));
    return std::move(changes_);
  }

 private:
  bool IsTouched(std::string_view kind) const {
    return changes_.is_whole || touched_.contains(std::string(kind));
  }
  Selection Select(std::string_view kind) const {
    if (changes_.is_whole) return Selection::All();
    const TouchedIds& ids = touched_.at(std::string(kind));
    if (ids.size() > Selection::kMaxIds) return Selection::ChangedSince(kind, since_);
    return Selection::Among({ids.begin(), ids.end()});
  }

  Result<void> GatherShares() {
    const Selection which = Select(kShareKind);
    changes_.shares = TRY(LoadShares(connection_, which));
    std::vector<SharedEntry> entries = TRY(LoadEntries(connection_, which));
    std::unordered_map<std::string_view, ManagedShare*> by_id;
    for (ManagedShare& share : changes_.shares) by_id.emplace(share.id, &share);
    for (SharedEntry& shared : entries) {
      const auto share = by_id.find(shared.share_id);
      if (share != by_id.end()) share->second->entries.push_back(std::move(shared.entry));
    }
    if (!changes_.is_whole) {
      changes_.deleted_shares = Deleted(touched_[std::string(kShareKind)], changes_.shares);
    }
    return {};
  }

  Result<void> GatherRecipients() {
    changes_.recipients = TRY(LoadRecipients(connection_, Select(kRecipientKind)));
    if (!changes_.is_whole) {
      changes_.deleted_recipients =
          Deleted(touched_[std::string(kRecipientKind)], changes_.recipients);
    }
    return {};
  }

  Connection& connection_;
  const Generation since_;
  Touched touched_;
  Changes changes_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::Open(db::Database& database) {
  TRY(db::Migrate(database, "catalog", CatalogMigrations()));
  return std::unique_ptr<Store>(new Store(database));
}

Result<Generation> Store::Change(
    const std::function<Result<void>(Transaction& transaction)>& body) {
  Generation generation = 0;
  bool is_unchanged = false;
  const auto work = [&](Connection& connection) -> Result<void> {
    Transaction transaction(connection);
    TRY(transaction.Begin());
    generation = transaction.generation_;
    TRY(body(transaction));
    is_unchanged = transaction.touched_.empty();
    // Failing, so that not even the generation is written.
    if (is_unchanged) return Internal("nothing was changed");
    TRY(transaction.TrimLog());
    return database_.Notify(connection, kChannel);
  };
  const Result<void> done = database_.InTransaction(work);
  if (is_unchanged) return generation - 1;
  TRY(done);
  return generation;
}

Result<void> Store::Read(const std::function<Result<void>(Transaction& transaction)>& body) {
  return database_.ReadSnapshot([&](Connection& connection) {
    Transaction transaction(connection);
    return body(transaction);
  });
}

Result<Changes> Store::ChangesSince(Generation since) {
  Changes changes;
  const auto gather = [&](Connection& connection) -> Result<void> {
    changes = TRY(Gathering(connection, since).Gather());
    return {};
  };
  TRY(database_.ReadSnapshot(gather));
  return changes;
}

std::unique_ptr<db::Listener> Store::Listen(std::chrono::milliseconds poll_interval,
                                            std::function<void()> changed) {
  return database_.Listen(std::string(kChannel), poll_interval, std::move(changed));
}

Result<void> Transaction::Begin() {
  const Rows rows = TRY(connection_.Query(
      "UPDATE catalog_state SET generation = generation + 1 WHERE id = 1 RETURNING generation"));
  generation_ = TRY(GenerationOf(rows));
  return {};
}

Result<void> Transaction::Touch(std::string_view kind, std::string_view id) {
  if (!touched_.insert(Format("{}/{}", kind, id)).second) return {};
  TRY(
      connection_.Execute("INSERT INTO catalog_changes (generation, kind, object_id) "
                          "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                          {generation_, std::string(kind), std::string(id)}));
  return {};
}

Result<void> Transaction::TouchHolders(std::string_view share_id) {
  for (const std::string_view table : {"grants", "databases"}) {
    TRY(connection_.Execute(Format("INSERT INTO catalog_changes (generation, kind, object_id) "
                                   "SELECT DISTINCT CAST($1 AS BIGINT), '{}', recipient_id FROM {} "
                                   "WHERE share_id = $2 ON CONFLICT DO NOTHING",
                                   kRecipientKind, table),
                            {generation_, std::string(share_id)}));
  }
  return {};
}

Result<void> Transaction::TrimLog() {
  TRY(connection_.Execute("DELETE FROM catalog_changes WHERE generation <= $1",
                          {generation_ - kKeptGenerations}));
  return {};
}

}  // namespace sluice::catalog
