#include "catalog/store_scan.h"

#include "base/testing.h"
#include "catalog/lake_store_test_support.h"
#include "catalog/view.h"

namespace sluice::catalog {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::string kRoot = "s3://lake/warehouse";

class StoreScanTest : public testing::Test {
 protected:
  void AddTable(const std::string& path, const std::string& name = "00000000000000000000.json") {
    store_.AddTable(path.empty() ? kRoot : kRoot + "/" + path, name);
  }

  /// Searches with what the last search has found.
  FolderScan Scan(const StoreScanOptions& options = {}) {
    auto scan = ScanStore(store_, kRoot, known_, options);
    EXPECT_THAT(scan, IsOk());
    if (!scan.ok()) return {};
    EXPECT_THAT(View::MakeShares(std::vector{scan->found.share}), IsOk());
    known_ = std::move(scan->known);
    requests_ = scan->requests;
    return std::move(scan->found);
  }

  /// "schema.table=path" of every table, paths relative to the folder.
  std::vector<std::string> Names(const StoreScanOptions& options = {}) {
    std::vector<std::string> names;
    for (const auto& schema : Scan(options).share.schemas) {
      for (const auto& table : schema.tables) {
        names.push_back(schema.name + "." + table.name + "=" + table.location.substr(kRoot.size()));
      }
    }
    return names;
  }

  LakeStore store_;
  KnownFolders known_;
  std::size_t requests_ = 0;
};

TEST_F(StoreScanTest, NamesAreThoseOfAFolderOfThisMachine) {
  AddTable("weather");
  AddTable("retail/orders");
  AddTable("retail/eu/orders");
  AddTable("a.b");
  AddTable("a_b");
  store_.Put(kRoot + "/readme.txt");
  store_.Put("s3://lake/warehouse2/x/_delta_log/00000000000000000000.json");
  const FolderScan scan = Scan();
  EXPECT_EQ(scan.share.name, "warehouse");
  EXPECT_EQ(scan.table_count, 5U);
  EXPECT_THAT(scan.warnings, IsEmpty());
  EXPECT_THAT(Names(),
              ElementsAre("default.a_b=/a.b", "default.a_b_2=/a_b", "default.weather=/weather",
                          "retail.orders=/retail/orders", "retail_eu.orders=/retail/eu/orders"));
}

TEST_F(StoreScanTest, FolderMayBeOneTable) {
  AddTable("");
  AddTable("inner");
  EXPECT_THAT(Names(), ElementsAre("default.warehouse="));
  store_.Remove(kRoot + "/_delta_log");
  EXPECT_THAT(Names(), ElementsAre("default.inner=/inner"));
}

TEST_F(StoreScanTest, TableIsALogWithACommitOrACheckpoint) {
  AddTable("classic", "00000000000000000010.checkpoint.parquet");
  AddTable("empty", "_last_checkpoint");
  AddTable("sums", ".00000000000000000000.json.crc");
  AddTable("tables/inner");
  EXPECT_THAT(Names(), ElementsAre("default.classic=/classic", "tables.inner=/tables/inner"));
}

TEST_F(StoreScanTest, OtherNamesMayStandBeforeTheFirstCommit) {
  for (int version = 0; version < 2500; ++version) {
    store_.Put(Format("{}/orders/_delta_log/{:020}.crc", kRoot, version));
    store_.Put(Format("{}/orders/_delta_log/.{:020}.json.crc", kRoot, version));
  }
  AddTable("orders", "00000000000000002500.json");
  EXPECT_THAT(Names(), ElementsAre("default.orders=/orders"));
}

TEST_F(StoreScanTest, TablesInsideTablesAreNotLookedFor) {
  AddTable("orders");
  AddTable("orders/country=FR");
  EXPECT_THAT(Names(), ElementsAre("default.orders=/orders"));
  EXPECT_THAT(store_.TakeListed(), Not(Contains(HasSubstr("country"))));
}

TEST_F(StoreScanTest, WhatIsKnownAsATableIsNotLookedIntoAgain) {
  AddTable("weather");
  AddTable("retail/orders");
  Scan();
  EXPECT_THAT(store_.TakeListed(),
              UnorderedElementsAre(kRoot + "/_delta_log", kRoot, kRoot + "/weather/_delta_log",
                                   kRoot + "/retail/_delta_log", kRoot + "/retail",
                                   kRoot + "/retail/orders/_delta_log"));
  EXPECT_EQ(requests_, 6U);
  EXPECT_THAT(Names(), SizeIs(2));
  EXPECT_THAT(store_.TakeListed(),
              UnorderedElementsAre(kRoot + "/_delta_log", kRoot, kRoot + "/retail"));
  EXPECT_EQ(requests_, 3U);
}

TEST_F(StoreScanTest, LaterSearchesSeeWhatCameAndWent) {
  AddTable("weather");
  AddTable("retail/orders");
  Scan();
  AddTable("retail/customers");
  AddTable("new/deep/one");
  store_.Remove(kRoot + "/weather/");
  EXPECT_THAT(Names(),
              ElementsAre("new_deep.one=/new/deep/one", "retail.customers=/retail/customers",
                          "retail.orders=/retail/orders"));
  AddTable("retail");  // a folder becomes a table
  EXPECT_THAT(Names(), ElementsAre("default.retail=/retail", "new_deep.one=/new/deep/one"));
  store_.Remove(kRoot);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(StoreScanTest, NamesThatWouldLeadElsewhereAreLeftOut) {
  AddTable("good");
  AddTable("..");
  AddTable("x/../../secret");
  AddTable(".");
  AddTable("x//y");
  AddTable(std::string(5000, 'l'));
  const FolderScan scan = Scan();
  ASSERT_EQ(scan.table_count, 1U);
  EXPECT_EQ(scan.share.schemas[0].tables[0].location, kRoot + "/good");
  EXPECT_THAT(scan.warnings, Contains(AllOf(HasSubstr(kRoot + "/..:"), HasSubstr("skipped"))));
  EXPECT_THAT(store_.TakeListed(), Not(Contains(HasSubstr(".."))));
}

TEST_F(StoreScanTest, LimitsAreKeptAndTold) {
  for (int i = 0; i < 6; ++i) AddTable(Format("t{}", i));
  AddTable("deep/er/table");
  EXPECT_THAT(Names({.max_tables = 2}), SizeIs(2));
  EXPECT_THAT(Scan({.max_tables = 2}).warnings, ElementsAre(HasSubstr("more than 2 tables")));
  EXPECT_THAT(Names({.max_depth = 1}), SizeIs(6));
  EXPECT_THAT(Scan({.max_depth = 1}).warnings, ElementsAre(HasSubstr("deeper than 1 levels")));
  known_.clear();
  EXPECT_THAT(Scan({.max_folders = 8}).warnings, ElementsAre(HasSubstr("more than 8 folders")));
  EXPECT_THAT(ScanStore(store_, kRoot, {}, {.max_folders = 3}), FailsWith(ErrorCode::kTooLarge));
}

TEST_F(StoreScanTest, FailureIsNoEmptyFolder) {
  AddTable("orders");
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kPermissionDenied}) {
    store_.Fail(Error{.code = code, .message = "no"});
    EXPECT_THAT(ScanStore(store_, kRoot, {}), FailsWith(code));
  }
  store_.Fail(std::nullopt);
  EXPECT_THAT(Scan().warnings, IsEmpty());
}

TEST_F(StoreScanTest, EndsWhenItMayNotGoOn) {
  for (int i = 0; i < 100; ++i) AddTable(Format("t{}", i));
  std::atomic<int> left = 10;
  const auto scan = ScanStore(store_, kRoot, {}, {.may_go_on = [&]() -> Result<void> {
                                if (--left >= 0) return {};
                                return DeadlineExceeded("enough");
                              }});
  EXPECT_THAT(scan, FailsWith(ErrorCode::kDeadlineExceeded));
  EXPECT_THAT(store_.TakeListed(), SizeIs(10));
}

TEST_F(StoreScanTest, NothingThereIsAWarning) {
  const FolderScan scan = Scan();
  EXPECT_EQ(scan.table_count, 0U);
  EXPECT_THAT(scan.warnings, ElementsAre(HasSubstr("no Delta table in it")));
}

}  // namespace
}  // namespace sluice::catalog
