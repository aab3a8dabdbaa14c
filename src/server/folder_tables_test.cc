#include "server/folder_tables.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "catalog/follower.h"
#include "catalog/lake_store_test_support.h"
#include "db/database.h"
#include "observe/collecting_logger.h"

namespace sluice::server {
namespace {

using catalog::Entry;
using std::chrono::hours;
using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kFolder = "s3://lake/warehouse";

/// Buckets whose stores a test plays, by their names.
class FolderTablesTest : public testing::Test {
 protected:
  FolderTablesTest() {
    const auto factory = [this](const config::StoreOptions&, const std::string& bucket,
                                const storage::CloudContext&) -> Result<storage::Store> {
      if (bucket == "s3://other") return storage::Store{.objects = other_};
      return storage::Store{.objects = lake_};
    };
    stores_ =
        storage::Stores::New({}, {.clock = clock_, .environment = {}}, {{"s3", factory}}).value();
  }

  /// Searches as often as it can, unless told otherwise.
  std::unique_ptr<FolderTables> Start(milliseconds interval = milliseconds(1),
                                      milliseconds start_wait = hours(1)) {
    return std::make_unique<FolderTables>(
        FolderTables::Dependencies{.stores = *stores_,
                                   .log = log_,
                                   .shared = [] { return std::vector{kFolder}; },
                                   .changed = [this] { ++changes_; }},
        FolderTables::Options{.allowed_roots = {},
                              .interval = interval,
                              .time_per_request = milliseconds(0),
                              .start_wait = start_wait,
                              .check_timeout = hours(1),
                              .keep_unshared = milliseconds(1)});
  }

  static std::vector<std::string> Names(const Result<FolderTables::Tables>& tables) {
    if (!tables.ok()) return {tables.error().ToString()};
    std::vector<std::string> names;
    for (const auto& schema : *tables) {
      for (const auto& table : schema.tables) names.push_back(schema.name + "." + table.name);
    }
    return names;
  }
  static std::vector<std::string> Find(FolderTables& tables, const std::string& location) {
    return Names(tables.Find({.location = location}));
  }
  /// Until `is_so`; a test that waits for what never comes is ended from outside.
  template <typename Condition>
  static void WaitUntil(Condition is_so) {
    while (!is_so()) std::this_thread::yield();
  }

  const ManualClock clock_{SystemTime(hours(500'000))};
  std::shared_ptr<catalog::LakeStore> lake_ = std::make_shared<catalog::LakeStore>();
  std::shared_ptr<catalog::LakeStore> other_ = std::make_shared<catalog::LakeStore>();
  std::unique_ptr<storage::Stores> stores_;
  observe::CollectingLogger log_;
  std::atomic<int> changes_ = 0;
};

TEST_F(FolderTablesTest, AtTheStartTheFirstSearchIsWaitedFor) {
  lake_->AddTable(kFolder + "/retail/orders");
  const auto tables = Start(hours(1));
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("retail.orders"));
  EXPECT_THAT(Find(*tables, "s3a://lake/warehouse/"), ElementsAre("retail.orders"));
  EXPECT_EQ(changes_, 0);
}

TEST_F(FolderTablesTest, AStoreThatHangsDelaysTheStartNoLongerThanAllowed) {
  lake_->AddTable(kFolder + "/retail/orders");
  lake_->Hang();
  const auto tables = Start(hours(1), milliseconds(1));
  EXPECT_THAT(Find(*tables, kFolder), IsEmpty());
  tables->Started();
  lake_->Release();
  WaitUntil([&] { return changes_ > 0; });
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("retail.orders"));
}

TEST_F(FolderTablesTest, WhatComesAndGoesIsTold) {
  lake_->AddTable(kFolder + "/one");
  const auto tables = Start();
  tables->Started();
  EXPECT_THAT(Find(*tables, kFolder), IsEmpty());  // never waits
  WaitUntil([&] { return changes_ > 0; });
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
  int before = changes_;
  lake_->AddTable(kFolder + "/two");
  WaitUntil([&] { return changes_ > before; });
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one", "default.two"));
  before = changes_;
  lake_->Remove(kFolder + "/one/");
  WaitUntil([&] { return changes_ > before; });
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.two"));
}

TEST_F(FolderTablesTest, AStoreThatFailsChangesNothingAndIsToldOnce) {
  lake_->AddTable(kFolder + "/one");
  const auto tables = Start();
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
  lake_->Fail(Unavailable("no answer"));
  lake_->TakeListed();
  std::size_t listed = 0;
  WaitUntil([&] {
    listed += lake_->TakeListed().size();
    return listed > 3;
  });
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
  const auto failures = log_.TakeLines();
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_THAT(failures[0], HasSubstr("its tables stay as they were"));
  lake_->Fail(std::nullopt);
  std::vector<std::string> lines;
  WaitUntil([&] { return !(lines = log_.TakeLines()).empty(); });
  EXPECT_THAT(lines, ElementsAre(HasSubstr("can be searched again")));
}

TEST_F(FolderTablesTest, AStoreThatHangsHoldsNobodyUp) {
  lake_->AddTable(kFolder + "/one");
  const auto tables = Start();
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
  tables->Started();
  lake_->Hang();
  lake_->WaitUntilSomeoneHangs();
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
  EXPECT_THAT(Find(*tables, "s3://lake/unknown"), IsEmpty());
  other_->AddTable("s3://other/x/two");
  EXPECT_THAT(tables->Check("s3://other/x"), IsOk());
  EXPECT_THAT(Find(*tables, "s3://other/x"), ElementsAre("default.two"));
  lake_->Release();
}

TEST_F(FolderTablesTest, AChangeOfTheCatalogIsInForceWhileAStoreHangs) {
  lake_->AddTable(kFolder + "/one");
  const auto tables = Start();
  const auto database = db::OpenSqlite({}).value();
  const auto store = catalog::Store::Open(*database).value();
  const auto change = [&](const std::function<Result<void>(catalog::Transaction&)>& body) {
    return store->Change(body);
  };
  ASSERT_THAT(change([](catalog::Transaction& transaction) -> Result<void> {
                TRY(transaction.PutShare({.id = "1", .name = "sales"}));
                TRY(transaction.PutEntry(
                    "1", {.id = "2", .kind = Entry::Kind::kFolder, .location = kFolder}));
                return transaction.PutRecipient({.id = "3", .name = "acme"});
              }),
              IsOk());
  catalog::Catalog catalog{catalog::View::Of({})};
  catalog::Follower follower(
      {.store = *store, .catalog = catalog, .clock = clock_, .log = log_},
      catalog::ViewBuilder([&](const Entry& folder) { return tables->Find(folder); }));
  ASSERT_THAT(follower.Start({.poll_interval = hours(24)}), IsOk());
  tables->Started();
  lake_->Hang();
  lake_->WaitUntilSomeoneHangs();
  ASSERT_THAT(change([](catalog::Transaction& transaction) {
                return transaction.PutRecipient({.id = "3", .name = "acme", .enabled = false});
              }),
              IsOk());
  ASSERT_THAT(follower.Refresh(), IsOk());
  EXPECT_FALSE(catalog.Current()->FindRecipient("acme")->record.enabled);
  const auto share = catalog.Current()->FindShare(protocol::ShareName("sales"));
  ASSERT_THAT(share->tables(), SizeIs(1));
  EXPECT_THAT(follower.folders(), ElementsAre(kFolder));
  lake_->Release();
  tables->Stop();
}

TEST_F(FolderTablesTest, CheckTellsWhatIsWrongAndKeepsWhatItFinds) {
  const auto tables = Start(hours(1));
  tables->Started();
  const auto empty = tables->Check(kFolder);
  ASSERT_THAT(empty, FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(empty.error().message, HasSubstr(kFolder));
  lake_->Fail(PermissionDenied("no access"));
  EXPECT_THAT(tables->Check(kFolder), FailsWith(ErrorCode::kPermissionDenied));
  lake_->Fail(std::nullopt);
  EXPECT_THAT(tables->Check("https://example.com/data"), FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(tables->Check("hdfs://name/data"), FailsWith(ErrorCode::kNotImplemented));
  lake_->AddTable(kFolder + "/one");
  ASSERT_THAT(tables->Check(kFolder), IsOk());
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
}

TEST_F(FolderTablesTest, FoldersAreSearchedAtOnceWhenTold) {
  lake_->AddTable(kFolder + "/one");
  const auto tables = Start(hours(1));
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
  tables->Started();
  lake_->AddTable(kFolder + "/two");
  lake_->Remove(kFolder + "/one/_delta_log");  // what is known of it is not believed
  tables->SearchSoon();
  WaitUntil([&] { return Find(*tables, kFolder) == std::vector<std::string>{"default.two"}; });
}

TEST_F(FolderTablesTest, WhatIsSharedNoMoreIsForgotten) {
  lake_->AddTable(kFolder + "/one");
  other_->AddTable("s3://other/x/two");
  const auto tables = Start(hours(1));
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
  EXPECT_THAT(Find(*tables, "s3://other/x"), ElementsAre("default.two"));
  tables->Started();
  WaitUntil([&] { return Find(*tables, "s3://other/x").empty(); });
  EXPECT_THAT(Find(*tables, kFolder), ElementsAre("default.one"));
}

TEST_F(FolderTablesTest, AFolderOfThisMachineIsSearchedWhenItIsAskedFor) {
  std::string pattern = testing::TempDir() + "folder-tables-XXXXXX";
  const std::filesystem::path root = mkdtemp(pattern.data());
  std::filesystem::create_directories(root / "one" / "_delta_log");
  std::ofstream(root / "one" / "_delta_log" / "00000000000000000000.json") << "{}";
  const auto tables = Start();
  EXPECT_THAT(Find(*tables, root), ElementsAre("default.one"));
  EXPECT_THAT(tables->Check(root), IsOk());
  std::filesystem::remove_all(root);
  EXPECT_THAT(tables->Find({.location = root}), FailsWith(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace sluice::server
