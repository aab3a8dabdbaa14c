#include "db/sqlite_connection_internal.h"

#include <utility>

#include "db/parameters_internal.h"

namespace sluice::db {
namespace {

// Our statements are few; those with as many parameters as there are names could be many.
constexpr std::size_t kMaxStatements = 200;

/// `code` is an extended result code. Source: sqlite.org, "Result and Error Codes".
Error KindOf(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return AlreadyExists("that is in the database already");
    default: break;
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return InvalidArgument("the database does not take that value");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Unavailable("the database is busy");
    case SQLITE_FULL: return Unavailable("the database is full");
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
    case SQLITE_NOMEM: return Unavailable("the database does not answer");
    case SQLITE_CORRUPT: return CorruptData("the database is damaged");
    case SQLITE_NOTADB: return CorruptData("the file is no database");
    default: return Internal("the database refuses a statement");
  }
}

Error FaultOf(sqlite3* handle) {
  const int code = sqlite3_extended_errcode(handle);
  return WithDetail(KindOf(code), Format("SQLite {}: {}", code, sqlite3_errmsg(handle)));
}

int BindValue(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    // The parameters live until the statement is reset.
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, index);
}

/// Where $1, $2, ... stand: SQLite counts them in the order in which they come.
Result<std::vector<int>> PlacesOf(sqlite3_stmt* statement) {
  std::vector<int> places;
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
    places.push_back(sqlite3_bind_parameter_index(statement, Format("${}", i).c_str()));
    if (places.back() == 0) return Internal("a statement without parameter {}", i);
  }
  return places;
}

/// Makes a statement ready for its next use, and lets go of the parameters.
struct Reset {
  void operator()(sqlite3_stmt* statement) const {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};
using Use = std::unique_ptr<sqlite3_stmt, Reset>;

Value ColumnOf(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: return std::monostate{};
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
    default: break;
  }
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  const int size = sqlite3_column_bytes(statement, column);
  return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

Row RowOf(sqlite3_stmt* statement) {
  std::vector<Value> columns;
  const int count = sqlite3_data_count(statement);
  columns.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) columns.push_back(ColumnOf(statement, i));
  return Row(std::move(columns));
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const Options& options) {
  sqlite3* opened = nullptr;
  const std::string path = options.path.empty() ? ":memory:" : options.path;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(Handle(opened)));
  if (opened == nullptr) return Unavailable("the database does not answer");
  if (code != SQLITE_OK) return FaultOf(opened);
  TRY(connection->SetUp(options));
  return connection;
}

Result<void> SqliteConnection::SetUp(const Options& options) {
  sqlite3* const handle = handle_.get();
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
  // "x" is a name, never text; a file from elsewhere can run nothing of its own.
  for (const auto& [setting, value] : {std::pair(SQLITE_DBCONFIG_DQS_DML, 0),
                                       {SQLITE_DBCONFIG_DQS_DDL, 0},
                                       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                       {SQLITE_DBCONFIG_DEFENSIVE, 1}}) {
    if (sqlite3_db_config(handle, setting, value, nullptr) != SQLITE_OK) return FaultOf(handle);
  }
  const Rows mode = TRY(Query("PRAGMA journal_mode = WAL"));
  if (!options.path.empty() && (mode.empty() || mode[0].Text(0) != "wal")) {
    return WithDetail(Unavailable("the database does not answer"),
                      "SQLite cannot use WAL there: is it a network file system?");
  }
  TRY(
      ExecuteScript("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                    "PRAGMA journal_size_limit = 67108864"));
  if (options.only_reads) return ExecuteScript("PRAGMA query_only = ON");
  constexpr std::size_t kPageBytes = 4'096;
  return ExecuteScript(Format("PRAGMA cache_size = {}; PRAGMA wal_autocheckpoint = {}",
                              options.cache_bytes / kPageBytes, options.cache_bytes / kPageBytes));
}

Result<const SqliteConnection::Statement*> SqliteConnection::Prepare(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return &known->second;
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, &rest);
  Statement statement;
  statement.prepared.reset(prepared);
  if (code != SQLITE_OK) return FaultOf(handle_.get());
  if (prepared == nullptr || rest != sql.data() + sql.size()) {
    return Internal("not one statement");
  }
  statement.places = TRY(PlacesOf(prepared));
  if (statements_.size() >= kMaxStatements) statements_.clear();
  return &statements_.emplace(sql, std::move(statement)).first->second;
}

Result<void> SqliteConnection::BindAll(const Statement& statement,
                                       std::span<const Value> parameters) {
  if (statement.places.size() != parameters.size()) {
    return Internal("a statement with another number of parameters");
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (BindValue(statement.prepared.get(), statement.places[i], parameters[i]) != SQLITE_OK) {
      return FaultOf(handle_.get());
    }
  }
  return {};
}

Result<sqlite3_stmt*> SqliteConnection::Bind(std::string_view sql,
                                             std::span<const Value> parameters) {
  TRY(CheckParameters(parameters));
  const Statement* const statement = TRY(Prepare(sql));
  TRY(BindAll(*statement, parameters));
  return statement->prepared.get();
}

Result<Rows> SqliteConnection::Query(std::string_view sql, std::span<const Value> parameters) {
  const Use statement(TRY(Bind(sql, parameters)));
  Rows rows;
  int code = sqlite3_step(statement.get());
  for (; code == SQLITE_ROW; code = sqlite3_step(statement.get())) {
    if (rows.size() == kMaxRows) return ResourceExhausted("more than {} rows", kMaxRows);
    rows.push_back(RowOf(statement.get()));
  }
  if (code != SQLITE_DONE) return FaultOf(handle_.get());
  return rows;
}

Result<std::int64_t> SqliteConnection::Execute(std::string_view sql,
                                               std::span<const Value> parameters) {
  const sqlite3_int64 before = sqlite3_total_changes64(handle_.get());
  TRY(Query(sql, parameters));
  // sqlite3_changes64 is that of an earlier statement if this one changes nothing.
  if (sqlite3_total_changes64(handle_.get()) == before) return std::int64_t{0};
  return std::int64_t{sqlite3_changes64(handle_.get())};
}

Result<void> SqliteConnection::Insert(const BulkInsert& rows) {
  TRY(CheckRows(rows));
  if (sqlite3_get_autocommit(handle_.get()) == 0) return InsertEach(rows);
  return InTransaction("BEGIN IMMEDIATE", [&](Connection&) { return InsertEach(rows); });
}

Result<void> SqliteConnection::InsertEach(const BulkInsert& rows) {
  std::string places;
  for (std::size_t i = 1; i <= rows.columns.size(); ++i) {
    places += Format("{}${}", i == 1 ? "" : ", ", i);
  }
  const std::string sql =
      Format("INSERT INTO {} ({}) VALUES ({}){}{}", rows.table, ColumnList(rows), places,
             rows.on_conflict.empty() ? "" : " ON CONFLICT ", rows.on_conflict);
  const Statement* const statement = TRY(Prepare(sql));
  for (const std::vector<Value>& row : rows.rows) {
    const Use use(statement->prepared.get());
    TRY(BindAll(*statement, row));
    if (sqlite3_step(use.get()) != SQLITE_DONE) return FaultOf(handle_.get());
  }
  return {};
}

Result<void> SqliteConnection::ExecuteScript(std::string_view sql) {
  const std::string text(sql);
  if (sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return FaultOf(handle_.get());
  }
  return {};
}

Result<void> SqliteConnection::InTransaction(std::string_view begin, const Database::Body& body) {
  TRY(Execute(begin));
  Result<void> done = body(*this);
  if (done.ok()) {
    const Result<std::int64_t> committed = Execute("COMMIT");
    if (!committed.ok()) done = committed.error();
  }
  // A full disk and the like have ended the transaction already.
  if (!done.ok() && sqlite3_get_autocommit(handle_.get()) == 0) {
    (void)ExecuteScript("ROLLBACK");
  }
  return done;
}

Result<void> SqliteConnection::CopyTo(const std::string& target) {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(target.c_str(), &opened, flags, nullptr);
  const Handle copy(opened);
  if (opened == nullptr) return Unavailable("the copy cannot be written");
  if (code != SQLITE_OK) return FaultOf(opened);
  sqlite3_backup* const backup = sqlite3_backup_init(opened, "main", handle_.get(), "main");
  if (backup == nullptr) return FaultOf(opened);
  // In one step, so that no writer makes it begin anew; in WAL mode it is in nobody's way.
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) return FaultOf(opened);
  return {};
}

}  // namespace sluice::db
