#include "db/postgres_connection_internal.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "db/copy_text_internal.h"
#include "db/parameters_internal.h"

namespace sluice::db {
namespace {

using std::chrono::steady_clock;

// How much later than the server itself we give up an answer.
constexpr std::chrono::seconds kGrace{2};
constexpr int kMaxIdleReads = 100;
constexpr std::size_t kCopyPieceBytes = 256 << 10;

// PostgreSQL's pg_type.dat.
enum TypeOid : Oid { kBool = 16, kInt8 = 20, kInt2 = 21, kInt4 = 23, kNumeric = 1700 };

/// Source: PostgreSQL 15, appendix A, "PostgreSQL Error Codes".
Error KindOf(std::string_view state) {
  if (state == "23505") return AlreadyExists("that is in the database already");
  const std::string_view kind = state.substr(0, 2);
  if (kind == "22" || kind == "23") return InvalidArgument("the database does not take that value");
  if (state == "53100") return Unavailable("the database is full");
  // A statement that took too long, a lock that others held, a transaction in another's way.
  if (state == "57014" || state == "55P03" || kind == "40") {
    return Unavailable("the database is busy");
  }
  // 25006: a server that only reads, since another one has taken over.
  if (kind == "08" || kind == "53" || kind == "57" || kind == "58" || state == "25006" ||
      state == "25P03" || state == "25P04") {
    return Unavailable("the database does not answer");
  }
  if (state == "XX001" || state == "XX002") return CorruptData("the database is damaged");
  return Internal("the database refuses a statement");
}

Value ColumnOf(const PGresult* answer, int row, int column) {
  if (PQgetisnull(answer, row, column) != 0) return std::monostate{};
  const std::string_view text(PQgetvalue(answer, row, column),
                              static_cast<std::size_t>(PQgetlength(answer, row, column)));
  const Oid type = PQftype(answer, column);
  if (type == kBool) return std::int64_t{text == "t"};
  if (type == kInt2 || type == kInt4 || type == kInt8 || type == kNumeric) {
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(text.begin(), text.end(), number);
    if (fault == std::errc() && end == text.end()) return number;
  }
  return std::string(text);
}

std::int64_t MillisUntil(steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
  return std::clamp<std::int64_t>(left, 0, 1'000'000'000);
}

/// libpq would write these to the terminal.
void IgnoreNotice(void*, const PGresult*) {}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const PostgresSettings& settings, int wake) {
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(settings, wake));
  TRY(connection->Connect());
  TRY(connection->SetUp());
  return connection;
}

Result<void> PostgresConnection::Connect() {
  // A network that swallows what is sent shows itself after this, long before an answer is due.
  const std::string unheard = std::to_string(settings_.connect_timeout.count());
  // The URL may say otherwise of what stands before it, and of nothing that stands behind it.
  const char* const names[] = {
      "fallback_application_name", "keepalives_idle", "keepalives_interval", "keepalives_count",
      "tcp_user_timeout",          "dbname",          "client_encoding",     nullptr};
  const char* const values[] = {
      "sluice", "10", "5", "3", unheard.c_str(), settings_.url.Reveal().c_str(), "UTF8", nullptr};
  handle_.reset(PQconnectStartParams(names, values, /*expand_dbname=*/1));
  if (handle_ == nullptr) return Broken("no memory");
  if (PQstatus(handle_.get()) == CONNECTION_BAD) return Broken("connecting");
  PQsetNoticeReceiver(handle_.get(), IgnoreNotice, nullptr);
  const Deadline deadline = steady_clock::now() + settings_.connect_timeout;
  for (PostgresPollingStatusType wants = PGRES_POLLING_WRITING; wants != PGRES_POLLING_OK;
       wants = PQconnectPoll(handle_.get())) {
    if (wants == PGRES_POLLING_FAILED) return Broken("connecting");
    TRY(AwaitSocket(wants == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline));
  }
  if (PQsetnonblocking(handle_.get(), 1) != 0) return Broken("connecting");
  return {};
}

Result<void> PostgresConnection::SetUp() {
  // An idle transaction holds locks: if this machine goes away in one, the server must end it.
  TRY(
      Query("SELECT set_config('statement_timeout', $1, false), "
            "set_config('idle_in_transaction_session_timeout', $1, false)",
            {std::to_string(settings_.statement_timeout.count())}));
  return {};
}

PostgresConnection::Deadline PostgresConnection::AnswerDeadline() const {
  return steady_clock::now() + settings_.statement_timeout + kGrace;
}

Result<void> PostgresConnection::AwaitSocket(short events, Deadline deadline) {
  for (;;) {
    pollfd waits[] = {{.fd = PQsocket(handle_.get()), .events = events, .revents = 0},
                      {.fd = wake_, .events = POLLIN, .revents = 0}};
    if (waits[0].fd < 0) return Broken("the connection has ended");
    const int ready = ::poll(waits, 2, static_cast<int>(MillisUntil(deadline)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return Broken("poll failed");
    if (ready == 0) return Broken("no answer in time");
    if (waits[1].revents != 0) return Broken("stopped");
    return {};
  }
}

Result<PostgresConnection::Answer> PostgresConnection::NextAnswer() {
  const Deadline deadline = AnswerDeadline();
  for (;;) {
    const int unsent = PQflush(handle_.get());
    if (unsent < 0) return Broken("sending");
    if (unsent == 0 && PQisBusy(handle_.get()) == 0) return Answer(PQgetResult(handle_.get()));
    TRY(AwaitSocket(static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), deadline));
    if (PQconsumeInput(handle_.get()) == 0) return Broken("receiving");
  }
}

Error PostgresConnection::Broken(std::string_view what) {
  is_broken_ = true;
  const char* const said = handle_ != nullptr ? PQerrorMessage(handle_.get()) : "";
  return WithDetail(Unavailable("the database does not answer"),
                    WithoutPasswords(Format("PostgreSQL: {}: {}", what, said)));
}

Error PostgresConnection::FaultOf(const PGresult* answer) {
  const char* const field = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  // libpq's own faults have no code: the connection broke.
  const std::string state = field != nullptr ? field : "08006";
  if (state == "40001" || state == "40P01") was_in_conflict_ = true;
  if (state == "25006" || PQstatus(handle_.get()) == CONNECTION_BAD) is_broken_ = true;
  return WithDetail(KindOf(state), WithoutPasswords(Format("PostgreSQL {}: {}", state,
                                                           PQresultErrorMessage(answer))));
}

std::string PostgresConnection::WithoutPasswords(std::string text) const {
  for (const Secret& password : settings_.passwords) {
    const std::string& secret = password.Reveal();
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

Result<void> PostgresConnection::Send(std::string_view sql, std::span<const Value> parameters) {
  TRY(CheckParameters(parameters));
  std::vector<std::string> numbers;
  numbers.reserve(parameters.size());  // so that no text moves
  std::vector<const char*> values;
  for (const Value& value : parameters) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      values.push_back(numbers.emplace_back(std::to_string(*number)).c_str());
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      values.push_back(text->c_str());
    } else {
      values.push_back(nullptr);
    }
  }
  if (is_broken_) return Broken("the connection broke before");
  const std::string terminated(sql);
  if (PQsendQueryParams(handle_.get(), terminated.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, /*resultFormat=*/0) == 0) {
    return Broken("sending");
  }
  // Row by row, so that what is too large need not be in memory as a whole.
  PQsetSingleRowMode(handle_.get());
  return {};
}

Result<void> PostgresConnection::ReadRows(const PGresult* answer, Rows& rows) {
  const int columns = PQnfields(answer);
  for (int row = 0; row < PQntuples(answer); ++row) {
    if (rows.size() == kMaxRows) {
      is_broken_ = true;  // Reading the rest would take longer than a new connection.
      return ResourceExhausted("more than {} rows", kMaxRows);
    }
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      values.push_back(ColumnOf(answer, row, column));
    }
    rows.emplace_back(std::move(values));
  }
  return {};
}

Result<PostgresConnection::Outcome> PostgresConnection::ReadOutcome() {
  Outcome outcome;
  Result<void> fault;
  for (;;) {
    const Answer answer = TRY(NextAnswer());
    if (answer == nullptr) break;
    switch (PQresultStatus(answer.get())) {
      case PGRES_SINGLE_TUPLE:
      case PGRES_TUPLES_OK: TRY(ReadRows(answer.get(), outcome.rows)); break;
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY: break;
      case PGRES_COPY_IN: return outcome;  // The rows come next.
      default:
        if (fault.ok()) fault = FaultOf(answer.get());
        continue;
    }
    const std::string_view changed = PQcmdTuples(answer.get());
    std::from_chars(changed.begin(), changed.end(), outcome.changed);
    outcome.command = PQcmdStatus(answer.get());
  }
  TRY(std::move(fault));
  return outcome;
}

Result<Rows> PostgresConnection::Query(std::string_view sql, std::span<const Value> parameters) {
  TRY(Send(sql, parameters));
  Outcome outcome = TRY(ReadOutcome());
  return std::move(outcome.rows);
}

Result<std::int64_t> PostgresConnection::Execute(std::string_view sql,
                                                 std::span<const Value> parameters) {
  TRY(Send(sql, parameters));
  const Outcome outcome = TRY(ReadOutcome());
  return outcome.changed;
}

Result<void> PostgresConnection::ExecuteScript(std::string_view sql) {
  if (is_broken_) return Broken("the connection broke before");
  const std::string script(sql);
  if (PQsendQuery(handle_.get(), script.c_str()) == 0) return Broken("sending");
  TRY(ReadOutcome());
  return {};
}

Result<void> PostgresConnection::Insert(const BulkInsert& rows) {
  TRY(CheckRows(rows));
  if (rows.rows.empty()) return {};
  if (PQtransactionStatus(handle_.get()) == PQTRANS_INTRANS) return InsertStaged(rows);
  TRY(Execute("BEGIN"));
  return FinishTransaction([&](Connection&) { return InsertStaged(rows); });
}

/// COPY itself cannot skip rows. The temporary table is kept for the next time, empty.
Result<void> PostgresConnection::InsertStaged(const BulkInsert& rows) {
  const std::string columns = ColumnList(rows);
  if (rows.on_conflict.empty()) return CopyIn(rows, Format("{} ({})", rows.table, columns));
  const std::string staging =
      Format("staging_{}_{:x}", rows.table, std::hash<std::string>{}(columns));
  TRY(
      Execute(Format("CREATE TEMPORARY TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS "
                     "SELECT {} FROM {} WITH NO DATA",
                     staging, columns, rows.table)));
  TRY(CopyIn(rows, Format("{} ({})", staging, columns)));
  TRY(Execute(Format("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT {}", rows.table, columns,
                     columns, staging, rows.on_conflict)));
  TRY(Execute(Format("DELETE FROM {}", staging)));
  return {};
}

Result<void> PostgresConnection::CopyIn(const BulkInsert& rows, const std::string& staging) {
  TRY(Send(Format("COPY {} FROM STDIN", staging), {}));
  TRY(ReadOutcome());
  std::string piece;
  for (const std::vector<Value>& row : rows.rows) {
    AppendCopyRow(row, piece);
    if (piece.size() < kCopyPieceBytes) continue;
    TRY(PutCopyData(piece));
    piece.clear();
  }
  TRY(PutCopyData(piece));
  const Deadline deadline = AnswerDeadline();
  for (;;) {
    const int ended = PQputCopyEnd(handle_.get(), nullptr);
    if (ended < 0) return Broken("sending rows");
    if (ended == 1) break;
    TRY(AwaitSocket(POLLOUT, deadline));
  }
  TRY(ReadOutcome());
  return {};
}

Result<void> PostgresConnection::PutCopyData(std::string_view text) {
  const Deadline deadline = AnswerDeadline();
  for (;;) {
    const int put = PQputCopyData(handle_.get(), text.data(), static_cast<int>(text.size()));
    if (put < 0) return Broken("sending rows");
    // Sent, not only kept: memory holds one piece.
    const int unsent = PQflush(handle_.get());
    if (unsent < 0) return Broken("sending rows");
    if (put == 1 && unsent == 0) return {};
    TRY(AwaitSocket(POLLOUT, deadline));
    if (put == 1) text = {};
  }
}

Result<void> PostgresConnection::FinishTransaction(const Database::Body& body) {
  was_in_conflict_ = false;
  Result<void> done = body(*this);
  if (done.ok()) {
    TRY(Send("COMMIT", {}));
    const Result<Outcome> outcome = ReadOutcome();
    if (is_broken_ && !outcome.ok()) {
      return WithDetail(
          Unavailable("the database went away before it said whether it took the change: look"),
          outcome.error().detail);
    }
    if (!outcome.ok()) return outcome.error();
    // What COMMIT answers after a statement that failed.
    if (outcome->command == "ROLLBACK") done = Internal("the transaction had failed");
  } else if (!is_broken_) {
    // Should this fail, the connection is not IsUsable().
    (void)ExecuteScript("ROLLBACK");
  }
  return done;
}

bool PostgresConnection::IsUsable() {
  if (is_broken_ || PQtransactionStatus(handle_.get()) != PQTRANS_IDLE) return false;
  // Nobody was asked, so what there is to read is a notice, or a farewell and then the end.
  for (int reads = 0; reads < kMaxIdleReads; ++reads) {
    pollfd wait = {.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, 0) <= 0) return true;
    if (PQconsumeInput(handle_.get()) == 0) return false;
  }
  return false;
}

Result<void> PostgresConnection::Listen(const std::string& channel) {
  char* const quoted = PQescapeIdentifier(handle_.get(), channel.data(), channel.size());
  if (quoted == nullptr) return Broken("the channel's name");
  const std::string statement = Format("LISTEN {}", quoted);
  PQfreemem(quoted);
  return ExecuteScript(statement);
}

Result<void> PostgresConnection::AwaitNotification(std::chrono::milliseconds timeout) {
  const Deadline deadline = steady_clock::now() + timeout;
  for (;;) {
    bool was_notified = false;
    while (PGnotify* notification = PQnotifies(handle_.get())) {
      PQfreemem(notification);
      was_notified = true;
    }
    if (was_notified || MillisUntil(deadline) == 0) return {};
    pollfd waits[] = {{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0},
                      {.fd = wake_, .events = POLLIN, .revents = 0}};
    if (waits[0].fd < 0) return Broken("the connection has ended");
    const int ready = ::poll(waits, 2, static_cast<int>(MillisUntil(deadline)));
    if (waits[1].revents != 0) return Broken("stopped");
    if (ready > 0 && PQconsumeInput(handle_.get()) == 0) return Broken("receiving");
  }
}

}  // namespace sluice::db
