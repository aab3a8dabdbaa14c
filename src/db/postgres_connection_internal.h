#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "db/database.h"

namespace sluice::db {

/// What every connection to one PostgreSQL is made with.
struct PostgresSettings {
  Secret url;
  std::vector<Secret> passwords;  ///< Those in the URL: they are taken out of every message.
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds statement_timeout{};
};

/// One connection to PostgreSQL, used by one thread at a time. It never waits for a server that is
/// gone: each wait has a deadline.
class PostgresConnection final : public Connection {
 public:
  /// `wake` is a descriptor that ends every wait as soon as it can be read; -1 for none.
  static Result<std::unique_ptr<PostgresConnection>> Open(const PostgresSettings& settings,
                                                          int wake = -1);

  using Connection::Execute;
  using Connection::Query;
  Result<Rows> Query(std::string_view sql, std::span<const Value> parameters) override;
  Result<std::int64_t> Execute(std::string_view sql, std::span<const Value> parameters) override;
  Result<void> Insert(const BulkInsert& rows) override;
  Result<void> ExecuteScript(std::string_view sql) override;
  Dialect dialect() const override { return Dialect::kPostgres; }

  /// The body and COMMIT, or ROLLBACK if something fails, after BEGIN.
  Result<void> FinishTransaction(const Database::Body& body);

  /// Hears notifications of `channel` from now on.
  Result<void> Listen(const std::string& channel);
  /// Waits until there was a notification, or for `timeout`. Errors: kUnavailable if the connection
  /// broke, or `wake` could be read.
  Result<void> AwaitNotification(std::chrono::milliseconds timeout);

  /// Neither broken nor in a transaction. Notices a server that has hung up, without asking it.
  bool IsUsable();
  bool is_broken() const { return is_broken_; }
  /// Whether the last transaction failed because another one was in its way.
  bool was_in_conflict() const { return was_in_conflict_; }

 private:
  struct Finish {
    void operator()(PGconn* handle) const { PQfinish(handle); }
  };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Handle = std::unique_ptr<PGconn, Finish>;
  using Answer = std::unique_ptr<PGresult, Clear>;
  using Deadline = std::chrono::steady_clock::time_point;
  struct Outcome {
    Rows rows;
    std::int64_t changed = 0;
    std::string command;  ///< "COMMIT", "INSERT 0 1"
  };

  PostgresConnection(const PostgresSettings& settings, int wake)
      : settings_(settings), wake_(wake) {}
  Result<void> Connect();
  Result<void> SetUp();
  /// Errors: kUnavailable at the deadline, or if `wake` could be read.
  Result<void> AwaitSocket(short events, Deadline deadline);
  /// The next part of the answer; null at its end.
  Result<Answer> NextAnswer();
  Result<void> Send(std::string_view sql, std::span<const Value> parameters);
  Result<Outcome> ReadOutcome();
  Result<void> ReadRows(const PGresult* answer, Rows& rows);
  Result<void> CopyIn(const BulkInsert& rows, const std::string& staging);
  Result<void> PutCopyData(std::string_view text);
  Result<void> InsertStaged(const BulkInsert& rows);
  Deadline AnswerDeadline() const;
  /// The connection is of no use any more.
  Error Broken(std::string_view what);
  Error FaultOf(const PGresult* answer);
  std::string WithoutPasswords(std::string text) const;

  const PostgresSettings& settings_;
  const int wake_;
  Handle handle_;
  bool is_broken_ = false;
  bool was_in_conflict_ = false;
};

}  // namespace sluice::db
