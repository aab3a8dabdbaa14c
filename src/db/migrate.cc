#include "base/check.h"
#include "db/database.h"

namespace sluice::db {
namespace {

// The lock of PostgreSQL under which schemas change: any number that nobody else uses. It spells
// "sluice".
constexpr std::int64_t kMigrationLock = 0x736c'7569'6365;

struct Component {
  std::string_view name;
  std::span<const Migration> migrations;
};

/// The version of the component's tables, 0 if there are none. SQLite's transactions are locks by
/// themselves.
Result<std::int64_t> LockVersion(Connection& connection, std::string_view component) {
  if (connection.dialect() == Dialect::kPostgres) {
    TRY(connection.Query("SELECT pg_advisory_xact_lock($1)", {kMigrationLock}));
  }
  TRY(
      connection.Execute("CREATE TABLE IF NOT EXISTS schema_versions ("
                         "component TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)"));
  const Rows rows = TRY(connection.Query("SELECT version FROM schema_versions WHERE component = $1",
                                         {std::string(component)}));
  return rows.empty() ? std::int64_t{0} : rows[0].Int(0);
}

/// Takes the next step, if there is one; true if there was.
Result<bool> TakeStep(Connection& connection, const Component& component) {
  const std::int64_t version = TRY(LockVersion(connection, component.name));
  const auto last = static_cast<std::int64_t>(component.migrations.size());
  if (version > last || version < 0) {
    return Unsupported(
        "the database's {} tables are of version {}, and this program knows {}: use a newer one",
        component.name, version, last);
  }
  if (version == last) return false;
  const Migration& migration = component.migrations[static_cast<std::size_t>(version)];
  TRY(connection.ExecuteScript(connection.dialect() == Dialect::kSqlite ? migration.sqlite
                                                                        : migration.postgres));
  TRY(
      connection.Execute("INSERT INTO schema_versions (component, version) VALUES ($1, $2) "
                         "ON CONFLICT (component) DO UPDATE SET version = excluded.version",
                         {std::string(component.name), std::int64_t{migration.version}}));
  return true;
}

}  // namespace

Result<void> Migrate(Database& database, std::string_view component,
                     std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    CHECK(migrations[i].version == static_cast<int>(i) + 1, "migrations are numbered from 1");
  }
  bool done = false;
  const auto step = [&](Connection& connection) -> Result<void> {
    done = !TRY(TakeStep(connection, {component, migrations}));
    return {};
  };
  while (!done) TRY(database.InTransaction(step));
  return {};
}

}  // namespace sluice::db
