#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/testing.h"
#include "db/database.h"
#include "db/testing.h"

namespace sluice::db {
namespace {

using namespace std::chrono_literals;

class SqliteTest : public testing::Test {
 protected:
  std::string path() const { return place_.path(); }
  Result<void> Run(Database& database, const std::string& sql) {
    return database.Run([&](Connection& c) { return c.ExecuteScript(sql); });
  }
  static unsigned ModeOf(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
  }

  TestDatabase place_{Backend::kSqliteFile};
};

TEST_F(SqliteTest, FilesAreForTheirOwnerAlone) {
  const auto database = place_.Open();
  ASSERT_THAT(Run(*database, "CREATE TABLE t (x)"), IsOk());
  for (const char* ending : {"", "-wal", "-shm"}) EXPECT_EQ(ModeOf(path() + ending), 0600u);
}

TEST_F(SqliteTest, CommitsAreSynchronous) {
  const auto database = place_.Open();
  ASSERT_THAT(database->Run([](Connection& c) -> Result<void> {
    const Rows mode = TRY(c.Query("PRAGMA journal_mode"));
    const Rows synchronous = TRY(c.Query("PRAGMA synchronous"));
    const Rows foreign_keys = TRY(c.Query("PRAGMA foreign_keys"));
    EXPECT_EQ(mode[0].Text(0), "wal");
    EXPECT_EQ(synchronous[0].Int(0), 2);
    EXPECT_EQ(foreign_keys[0].Int(0), 1);
    return {};
  }),
              IsOk());
}

TEST_F(SqliteTest, AnotherFileIsNoDatabase) {
  std::ofstream(path()) << std::string(5'000, 'x');
  EXPECT_THAT(OpenSqlite({.path = path()}), FailsWith(ErrorCode::kCorruptData));
}

TEST_F(SqliteTest, AFolderThatIsMissingIsUnavailable) {
  const auto opened = OpenSqlite({.path = path() + "/nowhere/test.db"});
  EXPECT_THAT(opened, FailsWith(ErrorCode::kUnavailable));
}

TEST_F(SqliteTest, APathIsNeverAUri) {
  const std::string folder = std::filesystem::path(path()).parent_path();
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  EXPECT_THAT(OpenSqlite({.path = "file:x?mode=memory"}), IsOk());
  std::filesystem::current_path(before);
  EXPECT_TRUE(std::filesystem::exists(folder + "/file:x?mode=memory"));
}

TEST_F(SqliteTest, WhatIsCommittedIsThereAfterwards) {
  ASSERT_THAT(Run(*place_.Open(), "CREATE TABLE t (x); INSERT INTO t VALUES (1)"), IsOk());
  EXPECT_THAT(Run(*place_.Open(), "INSERT INTO t VALUES (2)"), IsOk());
}

TEST_F(SqliteTest, AWriterThatAnotherProgramHoldsUpIsUnavailable) {
  const auto database = place_.Open();
  const auto other = OpenSqlite({.path = path(), .busy_timeout = 10ms});
  ASSERT_THAT(other, IsOk());
  ASSERT_THAT(database->InTransaction([&](Connection&) -> Result<void> {
    EXPECT_THAT((*other)->InTransaction([](Connection&) -> Result<void> { return {}; }),
                FailsWith(ErrorCode::kUnavailable));
    return {};
  }),
              IsOk());
}

TEST_F(SqliteTest, AWriterThatThisProgramHoldsUpIsUnavailable) {
  const auto database = OpenSqlite({.path = path(), .busy_timeout = 10ms});
  ASSERT_THAT(database, IsOk());
  ASSERT_THAT((*database)->InTransaction([&](Connection&) -> Result<void> {
    std::thread([&] {
      EXPECT_THAT((*database)->Run([](Connection&) -> Result<void> { return {}; }),
                  FailsWith(ErrorCode::kUnavailable));
    }).join();
    return {};
  }),
              IsOk());
}

TEST_F(SqliteTest, ACopyIsWholeAndItsOwnersAlone) {
  const auto database = place_.Open();
  ASSERT_THAT(Run(*database, "CREATE TABLE t (x); INSERT INTO t VALUES (1)"), IsOk());
  const std::string copy = path() + ".copy";
  // Another's transaction that is not committed is not in it, and not in its way.
  ASSERT_THAT(database->InTransaction([&](Connection& c) -> Result<void> {
    TRY(c.Execute("INSERT INTO t VALUES (2)"));
    std::thread([&] { EXPECT_THAT(database->CopyTo(copy), IsOk()); }).join();
    return {};
  }),
              IsOk());
  EXPECT_EQ(ModeOf(copy), 0600u);
  EXPECT_THAT(database->CopyTo(copy), FailsWith(ErrorCode::kAlreadyExists));
  const auto opened = OpenSqlite({.path = copy});
  ASSERT_THAT(opened, IsOk());
  ASSERT_THAT((*opened)->ReadSnapshot([](Connection& c) -> Result<void> {
    EXPECT_EQ(TRY(c.Query("SELECT x FROM t")).size(), 1u);
    return {};
  }),
              IsOk());
}

TEST_F(SqliteTest, ADatabaseInMemoryCanBeCopiedToo) {
  const auto database = OpenSqlite({});
  ASSERT_THAT(database, IsOk());
  ASSERT_THAT(Run(**database, "CREATE TABLE t (x)"), IsOk());
  EXPECT_THAT((*database)->CopyTo(path()), IsOk());
  EXPECT_THAT(Run(*place_.Open(), "INSERT INTO t VALUES (1)"), IsOk());
}

}  // namespace
}  // namespace sluice::db
