#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/file_descriptor.h"
#include "base/testing.h"
#include "db/copy_text_internal.h"
#include "db/database.h"
#include "db/testing.h"

namespace sluice::db {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr char kPassword[] = "correct-horse";

TEST(CopyText, EscapesWhatCopyWouldMisread) {
  std::string text;
  AppendCopyRow({Value{}, std::int64_t{-5}, std::string("\\.\t\r\n\\N"), std::string()}, text);
  EXPECT_EQ(text, "\\N\t-5\t\\\\.\\t\\r\\n\\\\N\t\n");
}

TEST(PostgresUrl, WhatIsNoneIsRefusedWithoutBeingQuoted) {
  for (const std::string& url :
       {std::string("host=a password=correct-horse"), std::string("mysql://u:correct-horse@h/d"),
        std::string("postgresql://u:correct-horse@h:port:1/%zz"), std::string()}) {
    const auto opened = OpenPostgres({.url = Secret(url)});
    ASSERT_THAT(opened, FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(opened.error().ToString(), Not(HasSubstr(kPassword)));
  }
}

/// A port of this machine. The kernel accepts connections; nobody answers.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), any, size), 0);
    EXPECT_EQ(::listen(socket_.get(), 16), 0);
    EXPECT_EQ(::getsockname(socket_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  Secret Url() const {
    return Secret(Format("postgresql://u:{}@127.0.0.1:{}/d", kPassword, port_));
  }

 private:
  FileDescriptor socket_;
  int port_ = 0;
};

Result<void> Nothing(Connection&) { return {}; }

TEST(PostgresUnreachable, AServerThatIsDownIsUnavailable) {
  std::optional<SilentServer> server(std::in_place);
  const Secret url = server->Url();
  server.reset();
  const auto database = OpenPostgres({.url = url});
  ASSERT_THAT(database, IsOk());
  const Result<void> done = (*database)->InTransaction(Nothing);
  ASSERT_THAT(done, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(done.error().ToString(), Not(HasSubstr(kPassword)));
}

TEST(PostgresUnreachable, AServerThatSaysNothingIsUnavailableInTime) {
  const SilentServer server;
  const auto database = OpenPostgres({.url = server.Url(), .connect_timeout = 50ms});
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT((*database)->Run(Nothing), FailsWith(ErrorCode::kUnavailable));
}

TEST(PostgresUnreachable, AListenerIsCalledAllTheSameAndStopsAtOnce) {
  const SilentServer server;
  std::atomic<int> calls{0};
  {
    const auto database = OpenPostgres({.url = server.Url(), .connect_timeout = 1ms});
    ASSERT_THAT(database, IsOk());
    const auto listener = (*database)->Listen("news", 1ms, [&] { ++calls; });
    while (calls < 3) std::this_thread::yield();
  }
  const auto start = std::chrono::steady_clock::now();
  {
    const auto database = OpenPostgres({.url = server.Url(), .connect_timeout = 1h});
    ASSERT_THAT(database, IsOk());
    const auto listener = (*database)->Listen("news", 1h, [] {});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1min);
}

class PostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = TestDatabase::ReasonToSkip(Backend::kPostgres);
    if (!reason.empty()) GTEST_SKIP() << reason;
    place_.emplace(Backend::kPostgres);
    database_ = place_->Open();
    other_ = place_->Open();
    const auto make = [](Connection& c) {
      return c.ExecuteScript(
          "CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT NOT NULL);"
          "INSERT INTO t VALUES (1, 0), (2, 0)");
    };
    ASSERT_THAT(database_->Run(make), IsOk());
  }
  void TearDown() override {
    database_.reset();
    other_.reset();
  }

  static Result<std::int64_t> ProcessOf(Connection& connection) {
    const Rows rows = TRY(connection.Query("SELECT pg_backend_pid()"));
    return rows.at(0).Int(0);
  }
  std::int64_t ProcessOf(Database& database) {
    std::int64_t process = 0;
    const auto ask = [&](Connection& c) -> Result<void> {
      process = TRY(ProcessOf(c));
      return {};
    };
    EXPECT_THAT(database.Run(ask), IsOk());
    return process;
  }
  /// Ends a server process, and waits until it has gone.
  void Terminate(std::int64_t process) {
    const auto terminate = [&](Connection& c) -> Result<void> {
      TRY(c.Query("SELECT pg_terminate_backend($1::int, 30000)", {process}));
      return {};
    };
    EXPECT_THAT(other_->Run(terminate), IsOk());
  }

  std::optional<TestDatabase> place_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Database> other_;
};

TEST_F(PostgresTest, AWrongPasswordIsUnavailableAndNotShown) {
  std::string url = PostgresUrl();
  const std::size_t colon = url.find(':', url.find("://") + 3);
  url.replace(colon + 1, url.find('@') - colon - 1, kPassword);
  const auto database = OpenPostgres({.url = Secret(url)});
  ASSERT_THAT(database, IsOk());
  const Result<void> done = (*database)->Run(Nothing);
  ASSERT_THAT(done, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(done.error().detail, HasSubstr("password authentication failed"));
  EXPECT_THAT(done.error().ToString(), Not(HasSubstr(kPassword)));
}

TEST_F(PostgresTest, AConnectionThatBrokeWhileIdleGoesUnnoticed) {
  Terminate(ProcessOf(*database_));
  EXPECT_THAT(database_->InTransaction(Nothing), IsOk());
  Terminate(ProcessOf(*database_));
  EXPECT_THAT(database_->ReadSnapshot(Nothing), IsOk());
  Terminate(ProcessOf(*database_));
  EXPECT_NE(ProcessOf(*database_), 0);
}

TEST_F(PostgresTest, AConnectionThatBreaksInATransactionIsUnavailableAndReplaced) {
  const auto half_done = [&](Connection& c) -> Result<void> {
    TRY(c.Execute("UPDATE t SET n = 1"));
    Terminate(TRY(ProcessOf(c)));
    TRY(c.Execute("UPDATE t SET n = 2"));
    return {};
  };
  EXPECT_THAT(database_->InTransaction(half_done), FailsWith(ErrorCode::kUnavailable));
  const auto look = [](Connection& c) -> Result<void> {
    const Rows rows = TRY(c.Query("SELECT sum(n) FROM t"));
    EXPECT_EQ(rows[0].Int(0), 0);
    return {};
  };
  EXPECT_THAT(database_->InTransaction(look), IsOk());
}

TEST_F(PostgresTest, AConnectionThatBreaksAtCommitLeavesItOpenWhetherItWasDone) {
  const auto break_off = [&](Connection& c) -> Result<void> {
    TRY(c.Execute("UPDATE t SET n = 1"));
    Terminate(TRY(ProcessOf(c)));
    return {};
  };
  const Result<void> done = database_->InTransaction(break_off);
  ASSERT_THAT(done, FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(done.error().message, HasSubstr("before it said whether it took the change"));
}

TEST_F(PostgresTest, ABodyThatHidesAFailureDoesNotCommit) {
  const auto hide = [](Connection& c) -> Result<void> {
    TRY(c.Execute("UPDATE t SET n = 1"));
    EXPECT_FALSE(c.Execute("INSERT INTO t VALUES (1, 1)").ok());
    return {};
  };
  EXPECT_FALSE(database_->InTransaction(hide).ok());
}

TEST_F(PostgresTest, DeadlocksAreTriedAnew) {
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  const auto update_both = [&](std::int64_t first, std::int64_t second) {
    bool is_first_try = true;
    return database_->InTransaction([&, first, second](Connection& c) -> Result<void> {
      TRY(c.Execute("UPDATE t SET n = n + 1 WHERE id = $1", {first}));
      if (std::exchange(is_first_try, false)) {
        std::unique_lock lock(mutex);
        ++waiting;
        changed.notify_all();
        changed.wait(lock, [&] { return waiting == 2; });
      }
      TRY(c.Execute("UPDATE t SET n = n + 1 WHERE id = $1", {second}));
      return {};
    });
  };
  std::thread other([&] { EXPECT_THAT(update_both(2, 1), IsOk()); });
  EXPECT_THAT(update_both(1, 2), IsOk());
  other.join();
  const auto look = [](Connection& c) -> Result<void> {
    const Rows rows = TRY(c.Query("SELECT n FROM t"));
    EXPECT_EQ(rows[0].Int(0), 2);
    EXPECT_EQ(rows[1].Int(0), 2);
    return {};
  };
  EXPECT_THAT(database_->Run(look), IsOk());
}

TEST_F(PostgresTest, AStatementThatTakesTooLongIsUnavailable) {
  const auto hasty = OpenPostgres({.url = place_->Url(), .statement_timeout = 20ms});
  ASSERT_THAT(hasty, IsOk());
  const auto sleep = [](Connection& c) -> Result<void> {
    TRY(c.Query("SELECT pg_sleep(600)"));
    return {};
  };
  EXPECT_THAT((*hasty)->Run(sleep), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT((*hasty)->Run(Nothing), IsOk());
}

TEST_F(PostgresTest, ATransactionThatIsIdleTooLongIsEnded) {
  const auto hasty = OpenPostgres({.url = place_->Url(), .statement_timeout = 20ms});
  ASSERT_THAT(hasty, IsOk());
  const auto idle = [&](Connection& c) -> Result<void> {
    const std::int64_t process = TRY(ProcessOf(c));
    const auto wait = [&](Connection& o) -> Result<void> {
      for (bool is_there = true; is_there;) {
        const Rows rows = TRY(o.Query("SELECT 1 FROM pg_stat_activity WHERE pid = $1", {process}));
        is_there = !rows.empty();
      }
      return {};
    };
    TRY(other_->Run(wait));
    TRY(c.Query("SELECT 1"));
    return {};
  };
  EXPECT_THAT((*hasty)->InTransaction(idle), FailsWith(ErrorCode::kUnavailable));
}

TEST_F(PostgresTest, CallsWaitForAConnectionAndNotForEver) {
  const auto small = OpenPostgres({.url = place_->Url(),
                                   .max_connections = 1,
                                   .connect_timeout = 2s,
                                   .statement_timeout = 10ms});
  ASSERT_THAT(small, IsOk());
  const auto hold = [&](Connection&) -> Result<void> {
    std::thread([&] {
      EXPECT_THAT((*small)->Run(Nothing), FailsWith(ErrorCode::kUnavailable));
    }).join();
    return {};
  };
  EXPECT_THAT((*small)->Run(hold), IsOk());
}

TEST_F(PostgresTest, AListenerComesBackAfterItsConnectionBroke) {
  std::mutex mutex;
  std::condition_variable changed;
  int calls = 0;
  const auto listener = database_->Listen("store_test_channel", 1h, [&] {
    const std::lock_guard lock(mutex);
    ++calls;
    changed.notify_all();
  });
  const auto wait_for = [&](int count) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 30s, [&] { return calls >= count; }));
  };
  wait_for(1);
  const auto end_all = [](Connection& c) -> Result<void> {
    TRY(
        c.Query("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                "WHERE query = 'LISTEN \"store_test_channel\"'"));
    return {};
  };
  ASSERT_THAT(other_->Run(end_all), IsOk());
  wait_for(2);
  const auto notify = [&](Connection& c) { return other_->Notify(c, "store_test_channel"); };
  ASSERT_THAT(other_->InTransaction(notify), IsOk());
  wait_for(3);
}

TEST_F(PostgresTest, CopyingIsLeftToPgDump) {
  EXPECT_THAT(database_->CopyTo("/nowhere"), FailsWith(ErrorCode::kUnsupported));
}

}  // namespace
}  // namespace sluice::db
