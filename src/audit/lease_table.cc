#include "audit/lease_table.h"

#include <algorithm>
#include <atomic>

namespace sluice::audit {
namespace {

// A row is what all nodes together have taken of one window's budget.
constexpr std::string_view kSchema = R"(
CREATE TABLE quota_lease (
  quota_id TEXT NOT NULL,
  recipient_id TEXT NOT NULL,
  window_start BIGINT NOT NULL,
  window_end BIGINT NOT NULL,
  taken BIGINT NOT NULL,
  PRIMARY KEY (quota_id, recipient_id, window_start));
CREATE INDEX quota_lease_window_end ON quota_lease (window_end);
)";
constexpr db::Migration kMigrations[] = {
    {.version = 1, .name = "leases", .sqlite = kSchema, .postgres = kSchema}};

class LeaseTable final : public LeaseSource {
 public:
  explicit LeaseTable(db::Database& database) : database_(database) {}

  Result<std::int64_t> Take(const LeaseKey& key, std::int64_t want) override {
    std::int64_t granted = 0;
    const Result<void> taken = database_.InTransaction([&](db::Connection& connection) {
      granted = 0;
      return TakeIn(connection, key, want, granted);
    });
    if (!taken.ok()) return taken.error();
    return granted;
  }

  Result<void> Return(const LeaseKey& key, std::int64_t unused) override {
    return database_.InTransaction(
        [&](db::Connection& connection) { return Add(connection, key, -unused); });
  }

 private:
  Result<void> TakeIn(db::Connection& connection, const LeaseKey& key, std::int64_t want,
                      std::int64_t& granted) {
    const std::int64_t start = UnixMillis(key.window_start);
    TRY(DropEnded(connection, start));
    TRY(connection.Execute(
        "INSERT INTO quota_lease (quota_id, recipient_id, window_start, window_end, taken) "
        "VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING",
        {key.quota_id, key.recipient_id, start, UnixMillis(key.window_end)}));
    const bool is_postgres = connection.dialect() == db::Dialect::kPostgres;
    const db::Rows rows = TRY(connection.Query(
        Format("SELECT taken FROM quota_lease WHERE quota_id = $1 AND recipient_id = $2 AND "
               "window_start = $3{}",
               is_postgres ? " FOR UPDATE" : ""),
        {key.quota_id, key.recipient_id, start}));
    const std::int64_t taken = rows.empty() ? 0 : std::max<std::int64_t>(rows[0].Int(0), 0);
    granted = std::clamp<std::int64_t>(key.limit - taken, 0, std::max<std::int64_t>(want, 0));
    return Add(connection, key, granted);
  }

  static Result<void> Add(db::Connection& connection, const LeaseKey& key, std::int64_t change) {
    if (change == 0) return {};
    TRY(connection.Execute(
        "UPDATE quota_lease SET taken = taken + $4 WHERE quota_id = $1 AND recipient_id = $2 AND "
        "window_start = $3",
        {key.quota_id, key.recipient_id, UnixMillis(key.window_start), change}));
    return {};
  }

  /// Once for each window that is begun.
  Result<void> DropEnded(db::Connection& connection, std::int64_t now) {
    if (now <= dropped_until_) return {};
    TRY(connection.Execute("DELETE FROM quota_lease WHERE window_end <= $1", {now}));
    dropped_until_ = now;
    return {};
  }

  db::Database& database_;
  std::atomic<std::int64_t> dropped_until_ = 0;
};

}  // namespace

Result<void> PrepareLeaseTable(db::Database& database) {
  return db::Migrate(database, "quota", kMigrations);
}

std::unique_ptr<LeaseSource> NewLeaseTable(db::Database& database) {
  return std::make_unique<LeaseTable>(database);
}

}  // namespace sluice::audit
