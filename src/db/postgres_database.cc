#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "base/file_descriptor.h"
#include "db/pool_internal.h"
#include "db/postgres_connection_internal.h"

namespace sluice::db {
namespace {

constexpr int kMaxRepeats = 3;
// Between two connections of a listener.
constexpr std::chrono::milliseconds kMaxPause{1'000};

struct Subscription {
  std::string channel;
  std::chrono::milliseconds poll_interval{};
  std::function<void()> heard;
};

class PostgresListener final : public Listener {
 public:
  PostgresListener(PostgresSettings settings, Subscription subscription)
      : settings_(std::move(settings)),
        subscription_(std::move(subscription)),
        wake_(::eventfd(0, EFD_CLOEXEC)),
        thread_([this] { Run(); }) {}
  ~PostgresListener() override {
    is_stopping_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);  // A counter at 0 takes it.
    thread_.join();
  }

 private:
  void Run() {
    while (!is_stopping_) {
      const Result<std::unique_ptr<PostgresConnection>> connection = Connect();
      if (connection.ok()) {
        ListenOn(**connection);
      } else if (!is_stopping_) {
        subscription_.heard();
      }
      Pause();
    }
  }

  Result<std::unique_ptr<PostgresConnection>> Connect() {
    auto connection = TRY(PostgresConnection::Open(settings_, wake_.get()));
    TRY(connection->Listen(subscription_.channel));
    return connection;
  }

  /// Until the connection breaks. Notifications may have been missed before it was there.
  void ListenOn(PostgresConnection& connection) {
    do {
      if (is_stopping_) return;
      subscription_.heard();
    } while (connection.AwaitNotification(subscription_.poll_interval).ok());
  }

  void Pause() {
    pollfd wait = {.fd = wake_.get(), .events = POLLIN, .revents = 0};
    const auto pause = std::min(subscription_.poll_interval, kMaxPause);
    ::poll(&wait, 1, static_cast<int>(pause.count()));
  }

  const PostgresSettings settings_;
  const Subscription subscription_;
  const FileDescriptor wake_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(PostgresSettings settings, std::size_t max_connections)
      : settings_(std::move(settings)),
        pool_({.limit = max_connections,
               .patience = settings_.connect_timeout + settings_.statement_timeout,
               .make = [this] { return PostgresConnection::Open(settings_); }}) {}

  Result<void> Run(const Body& body) override {
    const auto connection = TRY(pool_.Borrow());
    return body(*connection);
  }

  Result<void> InTransaction(const Body& body) override { return Repeat("BEGIN", body); }

  Result<void> ReadSnapshot(const Body& body) override {
    return Repeat("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body);
  }

  Result<void> Notify(Connection& connection, std::string_view channel) override {
    TRY(connection.Query("SELECT pg_notify($1, '')", {std::string(channel)}));
    return {};
  }

  std::unique_ptr<Listener> Listen(std::string channel, std::chrono::milliseconds poll_interval,
                                   std::function<void()> heard) override {
    return std::make_unique<PostgresListener>(
        settings_, Subscription{std::move(channel), poll_interval, std::move(heard)});
  }

  Result<void> CopyTo(const std::string&) override {
    return Unsupported("PostgreSQL is copied by its own program, pg_dump");
  }

  Dialect dialect() const override { return Dialect::kPostgres; }

 private:
  using Loan = Pool<PostgresConnection>::Loan;

  /// A connection whose transaction has begun. One that broke while it was idle shows it here at
  /// the latest, before anything was done.
  Result<Loan> Begin(std::string_view begin) {
    {
      Loan connection = TRY(pool_.Borrow());
      const Result<std::int64_t> begun = connection->Execute(begin);
      if (begun.ok()) return connection;
      if (!connection->is_broken()) return begun.error();
    }
    Loan another = TRY(pool_.Borrow());
    TRY(another->Execute(begin));
    return another;
  }

  Result<void> Repeat(std::string_view begin, const Body& body) {
    for (int repeats = 0;; ++repeats) {
      const Loan connection = TRY(Begin(begin));
      Result<void> done = connection->FinishTransaction(body);
      if (done.ok() || !connection->was_in_conflict() || repeats == kMaxRepeats) return done;
    }
  }

  const PostgresSettings settings_;
  Pool<PostgresConnection> pool_;
};

/// The passwords that a URL holds. Errors: kInvalidArgument; libpq's own words would quote the URL.
Result<std::vector<Secret>> PasswordsIn(const Secret& url) {
  const std::string& text = url.Reveal();
  const bool is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
  char* fault = nullptr;
  PQconninfoOption* const options = is_url ? PQconninfoParse(text.c_str(), &fault) : nullptr;
  PQfreemem(fault);
  if (options == nullptr) {
    return InvalidArgument(
        "the database's URL is none: it is written "
        "postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full");
  }
  std::vector<Secret> passwords;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    // How libpq marks what must not be shown.
    const bool is_secret = option->dispchar[0] == '*';
    if (is_secret && option->val != nullptr && option->val[0] != '\0') {
      passwords.emplace_back(option->val);
    }
  }
  PQconninfoFree(options);
  return passwords;
}

}  // namespace

Result<std::unique_ptr<Database>> OpenPostgres(const PostgresOptions& options) {
  PostgresSettings settings{.url = options.url,
                            .connect_timeout = options.connect_timeout,
                            .statement_timeout = options.statement_timeout};
  settings.passwords = TRY(PasswordsIn(options.url));
  return std::unique_ptr<Database>(
      std::make_unique<PostgresDatabase>(std::move(settings), options.max_connections));
}

}  // namespace sluice::db
