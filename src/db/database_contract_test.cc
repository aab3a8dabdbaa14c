#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/testing.h"
#include "db/database.h"
#include "db/testing.h"

namespace sluice::db {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// What every database promises.
class DatabaseContract : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    if (const std::string reason = TestDatabase::ReasonToSkip(GetParam()); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    place_.emplace(GetParam());
    database_ = place_->Open();
    Script(
        "CREATE TABLE pairs (id BIGINT NOT NULL PRIMARY KEY, text TEXT,"
        "  CHECK (text <> 'forbidden'));"
        "CREATE TABLE children (id BIGINT NOT NULL PRIMARY KEY,"
        "  pair BIGINT NOT NULL REFERENCES pairs (id) ON DELETE CASCADE)");
  }
  void TearDown() override { database_.reset(); }

  void Script(const std::string& sql) {
    ASSERT_THAT(database_->Run([&](Connection& c) { return c.ExecuteScript(sql); }), IsOk());
  }
  Result<void> Execute(std::string_view sql, std::vector<Value> parameters = {}) {
    return database_->Run([&](Connection& c) -> Result<void> {
      TRY(c.Execute(sql, parameters));
      return {};
    });
  }
  Rows Query(std::string_view sql, std::vector<Value> parameters = {}) {
    Rows rows;
    const auto query = [&](Connection& c) -> Result<void> {
      rows = TRY(c.Query(sql, parameters));
      return {};
    };
    EXPECT_THAT(database_->Run(query), IsOk());
    return rows;
  }
  std::int64_t Count(std::string_view table = "pairs") {
    return Query(Format("SELECT count(*) FROM {}", table)).at(0).Int(0);
  }

  std::optional<TestDatabase> place_;
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Backends, DatabaseContract, testing::ValuesIn(kBackends), BackendName);

TEST_P(DatabaseContract, GivesBackWhatItWasGiven) {
  const std::vector<std::string> texts = {"",
                                          "'",
                                          "\"; DROP TABLE pairs; --",
                                          "$1",
                                          "\t\n\r\\",
                                          "\\N",
                                          "\\.",
                                          "a\n\\.\nb",
                                          "\xf0\x9f\x90\x98 \xc3\xa4",
                                          "%s {} ? :a @b",
                                          std::string(100'000, 'x')};
  std::int64_t id = 0;
  for (const std::string& text : texts) {
    ASSERT_THAT(Execute("INSERT INTO pairs (id, text) VALUES ($1, $2)", {++id, text}), IsOk());
    const Rows rows = Query("SELECT id, text FROM pairs WHERE text = $1", {text});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].Int(0), id);
    EXPECT_EQ(rows[0].Text(1), text);
  }
}

TEST_P(DatabaseContract, KeepsNullAndTheEndsOfNumbers) {
  for (const std::int64_t id : {INT64_MIN, std::int64_t{0}, INT64_MAX}) {
    ASSERT_THAT(Execute("INSERT INTO pairs (id, text) VALUES ($1, $2)", {id, Value{}}), IsOk());
    const Rows rows = Query("SELECT id, text FROM pairs WHERE id = $1", {id});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].Int(0), id);
    EXPECT_TRUE(rows[0].IsNull(1));
    EXPECT_EQ(rows[0].Text(1), "");
    EXPECT_EQ(rows[0].OptionalInt(1), std::nullopt);
  }
}

TEST_P(DatabaseContract, ReadsAColumnOfAnotherKindAsNothing) {
  ASSERT_THAT(Execute("INSERT INTO pairs (id, text) VALUES (1, 'x')"), IsOk());
  const Rows rows = Query("SELECT id, text FROM pairs");
  EXPECT_EQ(rows[0].Text(0), "");
  EXPECT_EQ(rows[0].Int(1), 0);
}

TEST_P(DatabaseContract, ASumIsANumber) {
  ASSERT_THAT(Execute("INSERT INTO pairs (id) VALUES (5000000000), (6)"), IsOk());
  EXPECT_EQ(Query("SELECT sum(id) FROM pairs")[0].Int(0), 5000000006);
}

TEST_P(DatabaseContract, AParameterMayStandTwiceAndOutOfOrder) {
  ASSERT_THAT(Execute("INSERT INTO pairs (id, text) VALUES ($2, $1)", {"b", 1}), IsOk());
  EXPECT_EQ(Query("SELECT id FROM pairs WHERE text = $1 OR text = $1", {"b"}).size(), 1u);
}

TEST_P(DatabaseContract, RefusesWhatNoDatabaseKeeps) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff")}) {
    EXPECT_THAT(Execute("INSERT INTO pairs (id, text) VALUES (1, $1)", {text}),
                FailsWith(ErrorCode::kInvalidArgument));
    EXPECT_THAT(database_->Run([&](Connection& c) {
      const std::string_view columns[] = {"id", "text"};
      const std::vector<Value> rows[] = {{1, text}};
      return c.Insert({"pairs", columns, rows});
    }),
                FailsWith(ErrorCode::kInvalidArgument));
  }
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseContract, NamesErrorsByTheirKind) {
  ASSERT_THAT(Execute("INSERT INTO pairs (id, text) VALUES (1, 'secret value')"), IsOk());
  const Result<void> taken = Execute("INSERT INTO pairs (id, text) VALUES (1, 'b')");
  EXPECT_THAT(taken, FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(Execute("INSERT INTO pairs (id) VALUES ($1)", {Value{}}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Execute("INSERT INTO pairs (id, text) VALUES (2, 'forbidden')"),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Execute("INSERT INTO children (id, pair) VALUES (1, 7)"),
              FailsWith(ErrorCode::kInvalidArgument));
  const Result<void> wrong = Execute("SELECT nonsense FROM nowhere");
  EXPECT_THAT(wrong, FailsWith(ErrorCode::kInternal));
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("nowhere")));
  EXPECT_THAT(wrong.error().detail, HasSubstr("nowhere"));
  EXPECT_THAT(Execute("SELECT 1; SELECT 2"), FailsWith(ErrorCode::kInternal));
}

TEST_P(DatabaseContract, CountsChangedRows) {
  Script("INSERT INTO pairs (id) VALUES (1), (2), (3)");
  ASSERT_THAT(database_->Run([](Connection& c) -> Result<void> {
    EXPECT_THAT(c.Execute("UPDATE pairs SET text = 'x' WHERE id > $1", {1}), IsOkAnd(2));
    EXPECT_THAT(c.Execute("DELETE FROM pairs WHERE id > $1", {10}), IsOkAnd(0));
    EXPECT_THAT(c.Execute("DELETE FROM pairs"), IsOkAnd(3));
    return {};
  }),
              IsOk());
}

TEST_P(DatabaseContract, DeletesWhatBelongsToARow) {
  Script("INSERT INTO pairs (id) VALUES (1); INSERT INTO children (id, pair) VALUES (1, 1)");
  ASSERT_THAT(Execute("DELETE FROM pairs"), IsOk());
  EXPECT_EQ(Count("children"), 0);
}

TEST_P(DatabaseContract, AFailedTransactionLeavesNoTrace) {
  EXPECT_THAT(database_->InTransaction([](Connection& c) -> Result<void> {
    TRY(c.Execute("INSERT INTO pairs (id) VALUES (1)"));
    return NotFound("changed my mind");
  }),
              FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(database_->InTransaction([](Connection& c) -> Result<void> {
    TRY(c.Execute("INSERT INTO pairs (id) VALUES (1)"));
    TRY(c.Execute("INSERT INTO pairs (id) VALUES (1)"));
    return {};
  }),
              FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseContract, TransactionsOfManyThreadsAreAllDone) {
  Script("INSERT INTO pairs (id, text) VALUES (1, '0')");
  constexpr int kThreads = 8;
  constexpr int kEach = 20;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kEach; ++j) {
        EXPECT_THAT(
            Execute("UPDATE pairs SET text = CAST(CAST(text AS BIGINT) + 1 AS TEXT) WHERE id = 1"),
            IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Query("SELECT text FROM pairs")[0].Text(0), std::to_string(kThreads * kEach));
}

TEST_P(DatabaseContract, ASnapshotSeesOneMoment) {
  if (GetParam() == Backend::kSqliteInMemory) GTEST_SKIP() << "it has one connection, for one user";
  Script("INSERT INTO pairs (id) VALUES (1)");
  ASSERT_THAT(database_->ReadSnapshot([&](Connection& c) -> Result<void> {
    EXPECT_EQ(TRY(c.Query("SELECT id FROM pairs")).size(), 1u);
    std::thread([&] { Script("INSERT INTO pairs (id) VALUES (2)"); }).join();
    EXPECT_EQ(TRY(c.Query("SELECT id FROM pairs")).size(), 1u);
    return {};
  }),
              IsOk());
  EXPECT_EQ(Count(), 2);
}

TEST_P(DatabaseContract, ASnapshotWritesNothing) {
  if (GetParam() == Backend::kSqliteInMemory) GTEST_SKIP() << "its one connection writes";
  const auto write = [](Connection& c) { return c.ExecuteScript("INSERT INTO pairs VALUES (1)"); };
  EXPECT_FALSE(database_->ReadSnapshot(write).ok());
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseContract, BulkInsertSkipsWhatIsThere) {
  Script("INSERT INTO pairs (id, text) VALUES (2, 'old')");
  const std::string_view columns[] = {"id", "text"};
  const std::vector<Value> rows[] = {{1, "tab\there"}, {2, "new"}, {3, "a\nb\r\n\\n"},
                                     {3, "twice"},     {4, "\\."}, {5, Value{}},
                                     {6, "\\N"},       {7, ""},    {8, "back\\slash"}};
  const auto insert = [&](Connection& c) { return c.Insert({"pairs", columns, rows}); };
  ASSERT_THAT(database_->InTransaction(insert), IsOk());
  ASSERT_THAT(database_->Run(insert), IsOk());
  const Rows found = Query("SELECT text FROM pairs ORDER BY id");
  ASSERT_EQ(found.size(), 8u);
  EXPECT_EQ(found[0].Text(0), "tab\there");
  EXPECT_EQ(found[1].Text(0), "old");
  EXPECT_EQ(found[2].Text(0), "a\nb\r\n\\n");
  EXPECT_EQ(found[3].Text(0), "\\.");
  EXPECT_TRUE(found[4].IsNull(0));
  EXPECT_EQ(found[5].Text(0), "\\N");
  EXPECT_FALSE(found[6].IsNull(0));
  EXPECT_EQ(found[7].Text(0), "back\\slash");
}

TEST_P(DatabaseContract, BulkInsertMayRefuseWhatIsThere) {
  const std::string_view columns[] = {"id", "text"};
  const std::vector<Value> rows[] = {{1, "a\tb"}, {2, Value{}}};
  const auto insert = [&](Connection& c) {
    return c.Insert({"pairs", columns, rows, /*on_conflict=*/""});
  };
  ASSERT_THAT(database_->InTransaction(insert), IsOk());
  EXPECT_EQ(Count(), 2);
  EXPECT_THAT(database_->InTransaction(insert), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(database_->Run(insert), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(Count(), 2);
}

TEST_P(DatabaseContract, BulkInsertMayChangeWhatIsThere) {
  const std::string_view columns[] = {"id", "text"};
  const std::vector<Value> rows[] = {{1, "one"}, {2, "two"}};
  const std::vector<Value> again[] = {{2, "more"}, {3, "three"}};
  constexpr std::string_view kLonger =
      "(id) DO UPDATE SET text = pairs.text || excluded.text WHERE pairs.id < 3";
  ASSERT_THAT(database_->Run([&](Connection& c) -> Result<void> {
    TRY(c.Insert({"pairs", columns, rows, kLonger}));
    TRY(c.Insert({"pairs", columns, again, kLonger}));
    return {};
  }),
              IsOk());
  const Rows found = Query("SELECT text FROM pairs ORDER BY id");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].Text(0), "one");
  EXPECT_EQ(found[1].Text(0), "twomore");
  EXPECT_EQ(found[2].Text(0), "three");
}

TEST_P(DatabaseContract, BulkInsertIsAllOrNothing) {
  const std::string_view columns[] = {"id", "text"};
  const std::vector<Value> rows[] = {{1, "fine"}, {2, "forbidden"}};
  EXPECT_THAT(database_->Run([&](Connection& c) {
    return c.Insert({"pairs", columns, rows});
  }),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseContract, BulkInsertTakesManyRowsAndTwoTimesInATransaction) {
  const std::string_view columns[] = {"id", "text"};
  std::vector<std::vector<Value>> rows;
  for (int i = 0; i < 20'000; ++i) rows.push_back({i, std::string(50, 'x')});
  ASSERT_THAT(database_->InTransaction([&](Connection& c) -> Result<void> {
    const std::span<const std::vector<Value>> all = rows;
    TRY(c.Insert({"pairs", columns, all.first(15'000)}));
    TRY(c.Insert({"pairs", columns, all.last(15'000)}));
    return {};
  }),
              IsOk());
  EXPECT_EQ(Count(), 20'000);
}

/// Waits until it was called so often.
class Ear {
 public:
  std::function<void()> Heard() {
    return [this] {
      const std::lock_guard lock(mutex_);
      ++count_;
      changed_.notify_all();
    };
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  bool WaitFor(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return count_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST_P(DatabaseContract, ListenersHearOfCommits) {
  Ear ear;
  const auto listener = database_->Listen("news", 1h, ear.Heard());
  const int connects = GetParam() == Backend::kPostgres ? 1 : 0;
  ASSERT_TRUE(ear.WaitFor(connects));
  ASSERT_THAT(database_->InTransaction([&](Connection& c) { return database_->Notify(c, "news"); }),
              IsOk());
  EXPECT_TRUE(ear.WaitFor(connects + 1));
}

TEST_P(DatabaseContract, ListenersHearNothingOfWhatFailedAndOfOtherChannels) {
  Ear ear;
  const auto listener = database_->Listen("news", 1h, ear.Heard());
  const int connects = GetParam() == Backend::kPostgres ? 1 : 0;
  ASSERT_TRUE(ear.WaitFor(connects));
  EXPECT_FALSE(database_
                   ->InTransaction([&](Connection& c) -> Result<void> {
                     TRY(database_->Notify(c, "news"));
                     return NotFound("changed my mind");
                   })
                   .ok());
  ASSERT_THAT(
      database_->InTransaction([&](Connection& c) { return database_->Notify(c, "sport"); }),
      IsOk());
  ASSERT_THAT(database_->InTransaction([&](Connection& c) { return database_->Notify(c, "news"); }),
              IsOk());
  EXPECT_TRUE(ear.WaitFor(connects + 1));
  EXPECT_EQ(ear.count(), connects + 1);
}

TEST_P(DatabaseContract, ListenersAreCalledAtEveryInterval) {
  Ear ear;
  const auto listener = database_->Listen("news", 1ms, ear.Heard());
  EXPECT_TRUE(ear.WaitFor(5));
}

TEST_P(DatabaseContract, ListenersStopAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) {
    Ear ear;
    const auto listener = database_->Listen("news", 1h, ear.Heard());
    if (i % 2 == 0 && GetParam() == Backend::kPostgres) ear.WaitFor(1);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1min);
}

constexpr Migration kSteps[] = {
    {1, "first", "CREATE TABLE a (x BIGINT); INSERT INTO a VALUES (1);",
     "CREATE TABLE a (x BIGINT); INSERT INTO a VALUES (1);"},
    {2, "second", "ALTER TABLE a ADD COLUMN y TEXT", "ALTER TABLE a ADD COLUMN y TEXT"},
};

TEST_P(DatabaseContract, MigrationsAreTakenOnce) {
  ASSERT_THAT(Migrate(*database_, "test", std::span(kSteps).first(1)), IsOk());
  ASSERT_THAT(Migrate(*database_, "test", kSteps), IsOk());
  ASSERT_THAT(Migrate(*database_, "test", kSteps), IsOk());
  EXPECT_EQ(Query("SELECT x, y FROM a").size(), 1u);
}

TEST_P(DatabaseContract, TwoMayMigrateAtOnce) {
  std::vector<std::unique_ptr<Database>> others;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    // A database in memory is only that of one Database.
    if (GetParam() != Backend::kSqliteInMemory) others.push_back(place_->Open());
    Database& database = others.empty() ? *database_ : *others.back();
    threads.emplace_back([&] { EXPECT_THAT(Migrate(database, "test", kSteps), IsOk()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Count("a"), 1);
}

TEST_P(DatabaseContract, ANewerSchemaIsRefused) {
  ASSERT_THAT(Migrate(*database_, "test", kSteps), IsOk());
  const Result<void> older = Migrate(*database_, "test", std::span(kSteps).first(1));
  EXPECT_THAT(older, FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(Migrate(*database_, "other", std::span<const Migration>()), IsOk());
}

TEST_P(DatabaseContract, AMigrationThatFailsLeavesTheVersionBefore) {
  const Migration steps[] = {
      kSteps[0],
      {2, "broken", "UPDATE a SET x = 2; SELECT nonsense", "UPDATE a SET x = 2; SELECT nonsense"}};
  EXPECT_FALSE(Migrate(*database_, "test", steps).ok());
  EXPECT_EQ(Query("SELECT x FROM a")[0].Int(0), 1);
  EXPECT_THAT(Migrate(*database_, "test", kSteps), IsOk());
}

}  // namespace
}  // namespace sluice::db
