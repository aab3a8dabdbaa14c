#pragma once

#include <sqlite3.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace sluice::db {

/// One connection to a SQLite database, used by one thread at a time.
class SqliteConnection final : public Connection {
 public:
  struct Options {
    std::string path;  ///< Of a file that is there; empty: a new database in memory.
    bool only_reads = false;
    std::chrono::milliseconds busy_timeout{};
    std::size_t cache_bytes = 0;
  };
  static Result<std::unique_ptr<SqliteConnection>> Open(const Options& options);

  using Connection::Execute;
  using Connection::Query;
  Result<Rows> Query(std::string_view sql, std::span<const Value> parameters) override;
  Result<std::int64_t> Execute(std::string_view sql, std::span<const Value> parameters) override;
  Result<void> Insert(const BulkInsert& rows) override;
  Result<void> ExecuteScript(std::string_view sql) override;
  Dialect dialect() const override { return Dialect::kSqlite; }

  /// Runs `body` between `begin` and COMMIT, or ROLLBACK if something fails.
  Result<void> InTransaction(std::string_view begin, const Database::Body& body);
  /// Copies all into `target`, a file that is there and empty, as it is at one moment.
  Result<void> CopyTo(const std::string& target);
  bool IsUsable() const { return true; }

  void Notify(std::string_view channel) { notified_.emplace_back(channel); }
  std::vector<std::string> TakeNotified() { return std::exchange(notified_, {}); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Handle = std::unique_ptr<sqlite3, Close>;
  struct Statement {
    std::unique_ptr<sqlite3_stmt, Finalize> prepared;
    std::vector<int> places;  ///< SQLite's of $1, $2, ...
  };

  explicit SqliteConnection(Handle handle) : handle_(std::move(handle)) {}
  Result<void> SetUp(const Options& options);
  Result<const Statement*> Prepare(std::string_view sql);
  Result<void> BindAll(const Statement& statement, std::span<const Value> parameters);
  Result<sqlite3_stmt*> Bind(std::string_view sql, std::span<const Value> parameters);
  Result<void> InsertEach(const BulkInsert& rows);

  // A statement is destroyed before its connection.
  Handle handle_;
  std::map<std::string, Statement, std::less<>> statements_;
  std::vector<std::string> notified_;
};

}  // namespace sluice::db
