#include "catalog/folder_scan.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing.h"
#include "catalog/view.h"

namespace sluice::catalog {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FolderScanTest : public testing::Test {
 protected:
  FolderScanTest() {
    std::string pattern = testing::TempDir() + "sluice-scan-XXXXXX";
    top_ = fs::canonical(mkdtemp(pattern.data()));
    root_ = top_ / "warehouse";
    fs::create_directory(root_);
  }
  ~FolderScanTest() override {
    fs::permissions(root_, fs::perms::owner_all);
    fs::remove_all(top_);
  }

  void AddTable(const std::string& path, const std::string& file = "00000000000000000000.json") {
    const fs::path log = root_ / path / "_delta_log";
    fs::create_directories(log);
    std::ofstream(log / file) << "{}";
  }

  FolderScan Scan(const FolderScanOptions& options = {}) {
    auto scan = ScanFolder(root_, options);
    EXPECT_THAT(scan, IsOk());
    if (!scan.ok()) return {};
    // Whatever is found must be a catalog.
    EXPECT_THAT(View::MakeShares(std::vector{scan->share}), IsOk());
    return std::move(*scan);
  }

  /// "schema.table=path" of every table, paths relative to the folder.
  std::vector<std::string> Names(const FolderScanOptions& options = {}) {
    std::vector<std::string> names;
    for (const auto& schema : Scan(options).share.schemas) {
      for (const auto& table : schema.tables) {
        const std::string path = table.location.substr(root_.native().size());
        names.push_back(schema.name + "." + table.name + "=" + path);
      }
    }
    return names;
  }

  fs::path top_;
  fs::path root_;
};

TEST_F(FolderScanTest, NamesComeFromThePath) {
  AddTable("weather");
  AddTable("retail/orders");
  AddTable("retail/eu/orders");
  const FolderScan scan = Scan();
  EXPECT_EQ(scan.share.name, "warehouse");
  EXPECT_EQ(scan.table_count, 3u);
  EXPECT_THAT(scan.warnings, IsEmpty());
  EXPECT_THAT(Names(), ElementsAre("default.weather=/weather", "retail.orders=/retail/orders",
                                   "retail_eu.orders=/retail/eu/orders"));
  EXPECT_TRUE(scan.share.schemas[0].tables[0].history_shared);
}

TEST_F(FolderScanTest, FolderMayBeOneTable) {
  AddTable("");
  AddTable("inner");
  EXPECT_THAT(Names(), ElementsAre("default.warehouse="));
}

TEST_F(FolderScanTest, CheckpointAloneIsATableAndAnEmptyLogIsNot) {
  AddTable("a", "00000000000000000010.checkpoint.parquet");
  AddTable("b", "00000000000000000010.checkpoint.0000000001.0000000002.parquet");
  AddTable("c", "_last_checkpoint");
  AddTable("d", "00000000000000000000.crc");
  AddTable("e", "0.json");
  fs::create_directories(root_ / "f" / "_delta_log");
  EXPECT_THAT(Names(), ElementsAre("default.a=/a", "default.b=/b"));
}

TEST_F(FolderScanTest, TablesInsideTablesAreNotLookedFor) {
  AddTable("outer");
  AddTable("outer/date=1/inner");
  EXPECT_THAT(Names(), ElementsAre("default.outer=/outer"));
}

TEST_F(FolderScanTest, IllegalCharactersBecomeUnderscores) {
  AddTable("my lake/v1.2/daily sales");
  AddTable("bad\xff");
  AddTable("caf\xc3\xa9");
  EXPECT_THAT(Names(), ElementsAre("default.bad_=/bad\xff", "default.caf\xc3\xa9=/caf\xc3\xa9",
                                   "my_lake_v1_2.daily_sales=/my lake/v1.2/daily sales"));
}

TEST_F(FolderScanTest, ClashesAreNumberedInByteOrderOfPaths) {
  AddTable("a b/t");
  AddTable("a.b/t");
  AddTable("a/b/t");
  AddTable("a_b/t");
  EXPECT_THAT(Names(),
              ElementsAre("a_b.t=/a b/t", "a_b.t_2=/a.b/t", "a_b.t_3=/a/b/t", "a_b.t_4=/a_b/t"));
}

TEST_F(FolderScanTest, NamesThatDifferInCaseAloneClash) {
  AddTable("s/T");
  AddTable("s/t");
  EXPECT_THAT(Names(), ElementsAre("s.T=/s/T", "s.t_2=/s/t"));
}

TEST_F(FolderScanTest, NumberNeverTakesTheNameOfAnotherTable) {
  AddTable("a.b");
  AddTable("a b");
  AddTable("a_b_2");
  EXPECT_THAT(Names(),
              ElementsAre("default.a_b=/a b", "default.a_b_3=/a.b", "default.a_b_2=/a_b_2"));
}

TEST_F(FolderScanTest, SchemasThatDifferInCaseAloneAreOne) {
  AddTable("Sales/a");
  AddTable("sales/b");
  EXPECT_THAT(Names(), ElementsAre("Sales.a=/Sales/a", "Sales.b=/sales/b"));
}

TEST_F(FolderScanTest, LongNamesAreCutBetweenCharactersAndStayApart) {
  std::string deep;
  for (int i = 0; i < 4; ++i) deep += std::string(99, static_cast<char>('a' + i)) + "/";
  AddTable(deep + "t");
  AddTable(deep + "x/t");
  const auto schemas = Scan().share.schemas;
  ASSERT_THAT(schemas, SizeIs(1));
  EXPECT_EQ(schemas[0].name.size(), 255u);
  EXPECT_EQ(schemas[0].tables[1].name, "t_2");

  const std::string wide = std::string(253, 'w');
  AddTable(wide + "\xc3\xa9");  // 255 bytes: fits
  AddTable(wide + " e");
  AddTable(wide + "_e");
  std::vector<std::string> names;
  const FolderScan scan = Scan();
  for (const auto& table : scan.share.schemas[1].tables) names.push_back(table.name);
  EXPECT_THAT(names, ElementsAre(wide + "_e", wide + "_2", wide + "\xc3\xa9"));
}

TEST_F(FolderScanTest, LinksBackIntoTheFolderAddNothing) {
  AddTable("real/t");
  fs::create_directory_symlink(root_, root_ / "real" / "loop");
  fs::create_directory_symlink(root_ / "real", root_ / "alias");
  fs::create_directory_symlink(top_, root_ / "up");
  fs::create_directory_symlink("self", root_ / "self");
  EXPECT_THAT(Names(), ElementsAre("real.t=/real/t"));
}

TEST_F(FolderScanTest, LinksOutsideNeedAnAllowedRoot) {
  fs::create_directories(top_ / "other/t/_delta_log");
  std::ofstream(top_ / "other/t/_delta_log/00000000000000000000.json") << "{}";
  fs::create_directory_symlink(top_ / "other", root_ / "link");
  const FolderScan refused = Scan();
  EXPECT_EQ(refused.table_count, 0u);
  ASSERT_FALSE(refused.warnings.empty());
  EXPECT_THAT(refused.warnings[0], HasSubstr("which no allowed root holds"));
  EXPECT_THAT(Names({.allowed_roots = {top_ / "other"}}), ElementsAre("link.t=/link/t"));
}

TEST_F(FolderScanTest, EmptyFolderIsAWarning) {
  const FolderScan scan = Scan();
  EXPECT_EQ(scan.table_count, 0u);
  ASSERT_THAT(scan.warnings, SizeIs(1));
  EXPECT_THAT(scan.warnings[0], HasSubstr("no Delta table in it"));
}

TEST_F(FolderScanTest, UnreadableSubfoldersAreSkippedAndNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  AddTable("a");
  AddTable("b/t");
  fs::permissions(root_ / "b", fs::perms::none);
  const FolderScan scan = Scan();
  fs::permissions(root_ / "b", fs::perms::owner_all);
  EXPECT_EQ(scan.table_count, 1u);
  ASSERT_THAT(scan.warnings, SizeIs(1));
  EXPECT_THAT(scan.warnings[0], HasSubstr("/b: skipped"));
}

TEST_F(FolderScanTest, LogThatCannotBeReadIsNamedAndNotSearched) {
  AddTable("a");
  AddTable("broken/inner");
  fs::create_directory_symlink("_delta_log", root_ / "broken" / "_delta_log");
  const FolderScan scan = Scan();
  EXPECT_EQ(scan.table_count, 1u);
  ASSERT_THAT(scan.warnings, SizeIs(1));
  EXPECT_THAT(scan.warnings[0], HasSubstr("/broken: skipped"));
}

TEST_F(FolderScanTest, MissingFolderIsAnError) {
  EXPECT_THAT(ScanFolder(root_ / "none"), FailsWith(ErrorCode::kNotFound));
  std::ofstream(root_ / "file") << "x";
  EXPECT_THAT(ScanFolder(root_ / "file"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(FolderScanTest, LimitsHoldAndAreReported) {
  for (const char* name : {"a", "b", "c"}) AddTable(name);
  AddTable("d/e/f/t");
  FolderScan scan = Scan({.max_tables = 2});
  EXPECT_EQ(scan.table_count, 2u);
  EXPECT_THAT(scan.warnings[0], HasSubstr("more than 2 tables"));
  scan = Scan({.max_depth = 2});
  EXPECT_EQ(scan.table_count, 3u);
  EXPECT_THAT(scan.warnings[0], HasSubstr("deeper than 2 levels"));
  scan = Scan({.max_directories = 3});
  EXPECT_EQ(scan.table_count, 2u);
  EXPECT_THAT(scan.warnings[0], HasSubstr("more than 3 folders"));
}

}  // namespace
}  // namespace sluice::catalog
