#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace sluice::db {

/// A parameter or a column: NULL, a whole number, or text. There is nothing else in our tables: a
/// time is its Unix milliseconds, a truth 0 or 1, bytes are base64url, a structure is JSON. A whole
/// NUMERIC, which PostgreSQL makes of SUM, is read as a number too.
using Value = std::variant<std::monostate, std::int64_t, std::string>;

/// One row of an answer. A column that is not what it is read as, because somebody changed the
/// database by hand, reads as 0 or "": no stored value may crash the process.
class Row {
 public:
  explicit Row(std::vector<Value> columns) : columns_(std::move(columns)) {}

  bool IsNull(std::size_t column) const;
  std::int64_t Int(std::size_t column) const;
  std::optional<std::int64_t> OptionalInt(std::size_t column) const;
  const std::string& Text(std::size_t column) const;
  std::size_t size() const { return columns_.size(); }

 private:
  std::vector<Value> columns_;
};
using Rows = std::vector<Row>;

enum class Dialect : std::uint8_t { kSqlite, kPostgres };

/// Many rows for one table.
struct BulkInsert {
  std::string_view table;
  std::span<const std::string_view> columns;
  std::span<const std::vector<Value>> rows;  ///< Each as long as `columns`.
  /// What becomes of a row that breaks a uniqueness: SQL behind ON CONFLICT, the same for both
  /// dialects. With "(key) DO UPDATE ..." no two of `rows` may have the same key. Empty: such a row
  /// is kAlreadyExists; then PostgreSQL needs no second table, and about a quarter less time.
  std::string_view on_conflict = "DO NOTHING";
};

/// A connection while it is lent. SQL is one statement, the same for both dialects wherever that
/// can be; parameters are written $1, $2, ... in both, and values reach the database in no other
/// way. Not thread-safe.
///
/// Errors of all calls: kAlreadyExists for a broken uniqueness; kInvalidArgument for another
/// broken constraint, and for a text with a NUL or that is not UTF-8; kUnavailable if the database
/// does not answer, is busy or is full; kResourceExhausted past the limit of rows; kCorruptData if
/// its file is damaged; kInternal otherwise. After an error a PostgreSQL transaction takes no more
/// statements, and cannot succeed even if its body does. The database's own words, which
/// hold values, are in the detail only.
class Connection {
 public:
  Connection() = default;
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  static constexpr std::size_t kMaxRows = 5'000'000;

  virtual Result<Rows> Query(std::string_view sql, std::span<const Value> parameters) = 0;
  /// The number of rows changed.
  virtual Result<std::int64_t> Execute(std::string_view sql, std::span<const Value> parameters) = 0;
  /// Inserts all rows, or what `on_conflict` leaves of them, or after an error none: by COPY on
  /// PostgreSQL, by one prepared statement on SQLite. All but the rows become SQL as they are.
  virtual Result<void> Insert(const BulkInsert& rows) = 0;
  /// Several statements separated by ';', without parameters: for migrations.
  virtual Result<void> ExecuteScript(std::string_view sql) = 0;
  virtual Dialect dialect() const = 0;

  Result<Rows> Query(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return Query(sql, std::span(parameters.begin(), parameters.size()));
  }
  Result<std::int64_t> Execute(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return Execute(sql, std::span(parameters.begin(), parameters.size()));
  }
};

/// Waits for notifications until it is destroyed. See Database::Listen.
class Listener {
 public:
  Listener() = default;
  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
};

/// A database and its pool of connections. Thread-safe.
class Database {
 public:
  Database() = default;
  virtual ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  using Body = std::function<Result<void>(Connection& connection)>;
  /// Runs `body` with a connection, outside a transaction: each statement is one of its own. On
  /// SQLite this is the one connection that writes. In no body may another of this database run.
  virtual Result<void> Run(const Body& body) = 0;
  /// Runs `body` in a transaction that only reads, and sees the database at one moment. Others read
  /// and write meanwhile.
  virtual Result<void> ReadSnapshot(const Body& body) = 0;
  /// Runs `body` in one transaction that sees no other's half-done work (SQLite: BEGIN IMMEDIATE;
  /// PostgreSQL: READ COMMITTED, so take row locks). It is committed if `body` succeeds; a body
  /// that fails leaves no trace. A transaction that another one made impossible (deadlock) is run
  /// again, at most three times, so `body` must have no effect but on the database. If the
  /// connection breaks at COMMIT it is not known whether it was done: kUnavailable.
  virtual Result<void> InTransaction(const Body& body) = 0;

  /// Tells all listeners of `channel`, also in other processes, once the transaction of
  /// `connection`, which this database has lent, is committed. On SQLite only the listeners of this
  /// Database hear it.
  virtual Result<void> Notify(Connection& connection, std::string_view channel) = 0;
  /// Calls `heard` from a thread of its own: after each notification (several may become one call),
  /// after each connect, since some may have been missed, and every `poll_interval` in any case,
  /// or after `connect_timeout` while PostgreSQL cannot be reached. Destroying the listener waits
  /// for `heard`, if that is running, and for nothing else.
  virtual std::unique_ptr<Listener> Listen(std::string channel,
                                           std::chrono::milliseconds poll_interval,
                                           std::function<void()> heard) = 0;
  /// Writes a copy of the whole database to the file `path`, mode 0600, while others go on. Errors:
  /// kAlreadyExists if that is there; kUnsupported on PostgreSQL, whose pg_dump does this.
  virtual Result<void> CopyTo(const std::string& path) = 0;
  virtual Dialect dialect() const = 0;
};

struct SqliteOptions {
  std::string path;  ///< Made with mode 0600 if missing. Empty: in memory, for tests.
  /// How long a call waits for its turn: for this program's other calls, or another program.
  std::chrono::milliseconds busy_timeout{5'000};
  std::size_t max_readers = 4;
  /// Of the one that writes, which lets its write-ahead log grow as large before it is worked in.
  /// Indexes that many rows are added to want more.
  std::size_t cache_bytes = 4 << 20;
};
/// WAL, synchronous=FULL, foreign keys on; one writer, several readers. Errors: kCorruptData if the
/// file is no database; kUnavailable if it cannot be opened.
Result<std::unique_ptr<Database>> OpenSqlite(const SqliteOptions& options);

struct PostgresOptions {
  Secret url;  ///< "postgresql://user:password@host:port/name?sslmode=verify-full"
  std::size_t max_connections = 8;  ///< Besides one of each listener.
  std::chrono::milliseconds connect_timeout{5'000};
  /// The server gives up a statement after this, and a transaction that is idle for so long. A
  /// server that says nothing for 2 s more is taken for gone, and after `connect_timeout` already
  /// if its machine does not even take what is sent.
  std::chrono::milliseconds statement_timeout{30'000};
};
/// Connects lazily: a database that is down is an error of each call, not of this one. A call waits
/// for a connection no longer than both timeouts together. What the URL does not say, libpq takes
/// from its own environment variables. Errors: kInvalidArgument for a URL that is none.
Result<std::unique_ptr<Database>> OpenPostgres(const PostgresOptions& options);

/// One numbered step of a schema; `sql` may be several statements.
struct Migration {
  int version = 0;  ///< From 1, without gaps.
  std::string_view name;
  std::string_view sqlite;    ///< SQL for SQLite,
  std::string_view postgres;  ///< and for PostgreSQL; often the same text.
};
/// Brings the tables of `component` ("catalog", "audit") up to the last migration, each in a
/// transaction of its own under a lock, so that several nodes may start at once. Only forward.
/// Errors: kUnsupported if the database is of a newer version than this program knows.
Result<void> Migrate(Database& database, std::string_view component,
                     std::span<const Migration> migrations);

}  // namespace sluice::db
