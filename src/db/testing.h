#pragma once

// Databases for tests, here and in modules that keep their tables in them. Included by tests only.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "db/database.h"

namespace sluice::db {

enum class Backend { kSqliteInMemory, kSqliteFile, kPostgres };

inline constexpr Backend kBackends[] = {Backend::kSqliteInMemory, Backend::kSqliteFile,
                                        Backend::kPostgres};

inline std::string BackendName(const testing::TestParamInfo<Backend>& backend) {
  switch (backend.param) {
    case Backend::kSqliteInMemory: return "SqliteInMemory";
    case Backend::kSqliteFile: return "SqliteFile";
    default: return "Postgres";
  }
}

/// The server for tests, as the environment names it; empty if it does not.
inline std::string PostgresUrl() {
  const char* const url = std::getenv("SLUICE_TEST_POSTGRES");
  return url != nullptr ? url : "";
}

/// An empty database of a test's own, gone with it. Of PostgreSQL: a schema of the server that
/// SLUICE_TEST_POSTGRES names; call Skip() first.
class TestDatabase {
 public:
  explicit TestDatabase(Backend backend) : backend_(backend) {
    static std::atomic<int> made{0};
    const std::string name = Format("sluice_test_{}_{}", ::getpid(), ++made);
    if (backend == Backend::kSqliteFile) {
      folder_ = testing::TempDir() + name;
      std::filesystem::create_directory(folder_);
    } else if (backend == Backend::kPostgres && !PostgresUrl().empty()) {
      schema_ = name;
      OnServer("CREATE SCHEMA " + schema_);
    }
  }
  ~TestDatabase() {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
    if (!schema_.empty()) OnServer("DROP SCHEMA " + schema_ + " CASCADE");
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  /// Why the test cannot run; empty if it can.
  static std::string ReasonToSkip(Backend backend) {
    if (backend != Backend::kPostgres || !PostgresUrl().empty()) return "";
    return "SLUICE_TEST_POSTGRES names no server; tests/stores/run_catalog_contract.py starts one";
  }

  /// Once more each time. Of a database in memory each is another one.
  std::unique_ptr<Database> Open() const {
    auto opened = backend_ == Backend::kPostgres
                      ? OpenPostgres({.url = Url()})
                      : OpenSqlite({.path = folder_.empty() ? "" : path()});
    CHECK(opened.ok(), "the test's database cannot be opened");
    return std::move(opened).value();
  }

  std::string path() const { return folder_ + "/test.db"; }
  Secret Url() const {
    const std::string url = PostgresUrl();
    const char separator = url.find('?') == std::string::npos ? '?' : '&';
    return Secret(Format("{}{}options=-csearch_path%3D{}", url, separator, schema_));
  }

 private:
  static void OnServer(const std::string& sql) {
    auto server = OpenPostgres({.url = Secret(PostgresUrl()), .max_connections = 1});
    CHECK(server.ok(), "SLUICE_TEST_POSTGRES is no URL");
    const auto done = (*server)->Run([&](Connection& c) { return c.ExecuteScript(sql); });
    CHECK(done.ok(), "the server of SLUICE_TEST_POSTGRES refuses a schema");
  }

  const Backend backend_;
  std::string folder_;
  std::string schema_;
};

}  // namespace sluice::db
