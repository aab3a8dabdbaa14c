#include "table/snapshot.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "base/testing.h"
#include "table/testing.h"

namespace sluice::table {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string StatsOf(int rows, int min, int max) {
  return R"({"numRecords":)" + std::to_string(rows) + R"(,"minValues":{"id":)" +
         std::to_string(min) + R"(},"maxValues":{"id":)" + std::to_string(max) +
         R"(},"nullCount":{"id":0}})";
}

// Three files of ten rows: ids 0-9, 10-19, 20-29.
SnapshotPtr ThreeFiles() {
  const auto metadata = MetadataOf({"id long", "name string"});
  BlockMaker maker;
  maker.Add("a", StatsOf(10, 0, 9)).Add("b", StatsOf(10, 10, 19)).Add("c", StatsOf(10, 20, 29));
  return SnapshotOf(maker.Finish(*metadata), metadata);
}

std::vector<expr::Predicate> Where(const Snapshot& snapshot, std::string_view sql) {
  return {expr::ParseSqlHint(sql, snapshot.metadata().schema).value()};
}

Change ChangeOf(std::int64_t version, const std::vector<std::string>& added,
                const std::vector<std::string>& removed) {
  Change change{.version = Version(version)};
  BlockMaker maker;
  for (const std::string& path : added) {
    maker.Add(path, StatsOf(1, 0, 1));
    change.named_files.emplace_back(path, "");
  }
  for (const std::string& path : removed) change.named_files.emplace_back(path, "");
  change.added = maker.Finish();
  return change;
}

TEST(SnapshotTest, SumsItsFiles) {
  const SnapshotPtr snapshot = ThreeFiles();
  EXPECT_EQ(snapshot->file_count(), 3U);
  EXPECT_EQ(snapshot->total_bytes(), 3);
  EXPECT_THAT(PathsOf(*snapshot), ElementsAre("a", "b", "c"));
}

TEST(SnapshotTest, ExtendPutsNewFilesFirstAndTakesRemovedOnesAway) {
  const auto next = ThreeFiles()->Extend(ChangeOf(1, {"d", "e"}, {"b"}));
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ((*next)->version(), Version(1));
  EXPECT_EQ((*next)->file_count(), 4U);
  EXPECT_EQ((*next)->total_bytes(), 4);
  EXPECT_THAT(PathsOf(**next), ElementsAre("d", "e", "a", "c"));
}

TEST(SnapshotTest, ExtendLeavesTheOlderSnapshotAsItWas) {
  const SnapshotPtr before = ThreeFiles();
  ASSERT_THAT(before->Extend(ChangeOf(1, {"d"}, {"a", "b", "c"})), IsOk());
  EXPECT_THAT(PathsOf(*before), ElementsAre("a", "b", "c"));
}

TEST(SnapshotTest, FileAddedAgainMovesToTheFront) {
  const auto next = ThreeFiles()->Extend(ChangeOf(1, {"b"}, {}));
  EXPECT_THAT(PathsOf(**next), ElementsAre("b", "a", "c"));
}

TEST(SnapshotTest, RemovingWhatIsNotThereChangesNothing) {
  const auto next = ThreeFiles()->Extend(ChangeOf(1, {}, {"x", "a", "a"}));
  EXPECT_THAT(PathsOf(**next), ElementsAre("b", "c"));
  EXPECT_EQ((*next)->total_bytes(), 2);
}

TEST(SnapshotTest, FileAndItsDeletionVectorAreOneName) {
  const auto metadata = MetadataOf({"id long"});
  const DeletionVector first{.storage_type = "i", .path_or_inline = "v1"};
  const DeletionVector second{.storage_type = "i", .path_or_inline = "v2"};
  const auto block = BlockMaker().Add({.path = "a", .deletion_vector = &first}).Add("b").Finish();
  Change change{.version = Version(1)};
  change.added = BlockMaker().Add({.path = "a", .deletion_vector = &second}).Finish();
  change.named_files = {{"a", "iv1"}, {"a", "iv2"}, {"b", "iv1"}};
  const auto next = SnapshotOf(block, metadata)->Extend(std::move(change));
  EXPECT_THAT(PathsOf(**next), ElementsAre("a#iv2", "b"));
}

TEST(SnapshotTest, SpellingsOfOneAbsolutePathAreOneFile) {
  const auto block = BlockMaker().Add("file:///a/b").Add("/a/c").Add("file://host/d").Finish();
  Change change = ChangeOf(1, {}, {"/a/b", "/a/c", "/d"});
  const auto next = SnapshotOf(block, MetadataOf({"id long"}))->Extend(std::move(change));
  EXPECT_THAT(PathsOf(**next), ElementsAre("file://host/d"));
}

TEST(SnapshotTest, MetadataAndProtocolStayUntilAChangeNamesThem) {
  const SnapshotPtr first = ThreeFiles();
  Change change = ChangeOf(1, {}, {});
  change.metadata = MetadataOf({"id long", "more string"});
  const SnapshotPtr second = first->Extend(std::move(change)).value();
  EXPECT_EQ(second->metadata().schema.fields.size(), 2U);
  EXPECT_EQ(&second->protocol(), &first->protocol());
  const SnapshotPtr third = second->Extend(ChangeOf(2, {}, {})).value();
  EXPECT_EQ(&third->metadata(), &second->metadata());
}

TEST(SnapshotTest, TableMayBecomeEmptyAndFullAgain) {
  SnapshotPtr snapshot = ThreeFiles()->Extend(ChangeOf(1, {}, {"a", "b", "c"})).value();
  EXPECT_EQ(snapshot->file_count(), 0U);
  EXPECT_EQ(snapshot->total_bytes(), 0);
  EXPECT_THAT(snapshot->segments(), IsEmpty());
  EXPECT_THAT(PathsOf(*snapshot), IsEmpty());
  snapshot = snapshot->Extend(ChangeOf(2, {"a"}, {})).value();
  EXPECT_THAT(PathsOf(*snapshot), ElementsAre("a"));
}

// A table as a plain list of what each commit left of its files, newest first.
class Model {
 public:
  void Commit(const std::vector<std::string>& added, const std::vector<std::string>& removed) {
    for (const std::string& path : added) place_[path] = {-commit_, order_++};
    for (const std::string& path : removed) place_.erase(path);
    ++commit_;
  }
  std::vector<std::string> Paths() const {
    std::vector<std::pair<Place, std::string>> sorted;
    for (const auto& [path, place] : place_) sorted.emplace_back(place, path);
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::string> paths;
    for (auto& [place, path] : sorted) paths.push_back(path);
    return paths;
  }

 private:
  using Place = std::pair<int, int>;  // newest commit first, then in its order
  std::map<std::string, Place> place_;
  int commit_ = 0;
  int order_ = 0;
};

// Some of the first `limit` names, each once.
std::vector<std::string> SomeNames(std::mt19937& random, std::size_t count, unsigned limit) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    std::string name = "part-" + std::to_string(random() % limit);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

class SnapshotHistory : public testing::TestWithParam<unsigned> {};

TEST_P(SnapshotHistory, ExtendingEqualsTheModelAfterEveryCommit) {
  std::mt19937 random(GetParam());
  const auto metadata = MetadataOf({"id long"});
  SnapshotPtr snapshot = SnapshotOf(BlockMaker().Finish(), metadata);
  Model model;
  const unsigned names = 20 + random() % 300;
  for (int version = 1; version <= 150; ++version) {
    const auto added = SomeNames(random, random() % 12, names);
    auto removed = SomeNames(random, random() % (version % 20 == 0 ? 200 : 8), names);
    std::erase_if(removed, [&](const std::string& path) {
      return std::find(added.begin(), added.end(), path) != added.end();
    });
    model.Commit(added, removed);
    snapshot = snapshot->Extend(ChangeOf(version, added, removed)).value();
    const auto expected = model.Paths();
    ASSERT_EQ(PathsOf(*snapshot), expected) << "version " << version;
    ASSERT_EQ(snapshot->file_count(), expected.size());
    ASSERT_EQ(snapshot->total_bytes(), static_cast<std::int64_t>(expected.size()));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SnapshotHistory, testing::Range(0U, 20U));

TEST(SnapshotTest, NumberOfBlocksStaysLogarithmic) {
  SnapshotPtr snapshot = ThreeFiles();
  std::size_t most = 0;
  for (int version = 1; version <= 2000; ++version) {
    snapshot = snapshot->Extend(ChangeOf(version, {"part-" + std::to_string(version)}, {})).value();
    most = std::max(most, snapshot->segments().size());
  }
  EXPECT_EQ(snapshot->file_count(), 2003U);
  EXPECT_LE(static_cast<double>(most), 2 * std::log2(2000) + 2);
}

TEST(SnapshotTest, MemoryDoesNotGrowWithCommitsThatReplaceFiles) {
  SnapshotPtr snapshot = ThreeFiles()->Extend(ChangeOf(1, {"x"}, {})).value();
  std::size_t early = 0;
  for (int version = 2; version <= 1000; ++version) {
    snapshot =
        snapshot->Extend(ChangeOf(version, {"x" + std::to_string(version % 50)}, {})).value();
    if (version == 200) early = snapshot->memory_bytes();
  }
  EXPECT_LT(snapshot->memory_bytes(), early * 2);
}

TEST(SnapshotSelectTest, PredicatesSkipFilesThatCannotMatch) {
  const SnapshotPtr snapshot = ThreeFiles();
  const FileSelection selection = snapshot->Select(Where(*snapshot, "id >= 15"), std::nullopt);
  EXPECT_EQ(selection.file_count, 2U);
  EXPECT_THAT(PathsOf(selection), ElementsAre("b", "c"));
  EXPECT_THAT(PathsOf(snapshot->Select(Where(*snapshot, "id = 99"), std::nullopt)), IsEmpty());
}

TEST(SnapshotSelectTest, EveryOneOfSeveralPredicatesSkips) {
  const SnapshotPtr snapshot = ThreeFiles();
  std::vector<expr::Predicate> both = Where(*snapshot, "id >= 10");
  both.push_back(Where(*snapshot, "id < 20")[0]);
  EXPECT_THAT(PathsOf(snapshot->Select(both, std::nullopt)), ElementsAre("b"));
}

TEST(SnapshotSelectTest, RemovedFilesAreNotSelected) {
  const SnapshotPtr snapshot = ThreeFiles()->Extend(ChangeOf(1, {}, {"b"})).value();
  const FileSelection selection = snapshot->Select(Where(*snapshot, "id >= 15"), std::nullopt);
  EXPECT_EQ(selection.file_count, 1U);
  EXPECT_THAT(PathsOf(selection), ElementsAre("c"));
}

TEST(SnapshotSelectTest, LimitStopsOnceEnoughRowsAreCertain) {
  const SnapshotPtr snapshot = ThreeFiles();
  EXPECT_THAT(PathsOf(snapshot->Select({}, 1)), ElementsAre("a"));
  EXPECT_THAT(PathsOf(snapshot->Select({}, 10)), ElementsAre("a"));
  EXPECT_THAT(PathsOf(snapshot->Select({}, 11)), ElementsAre("a", "b"));
  EXPECT_THAT(PathsOf(snapshot->Select({}, 1000)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(PathsOf(snapshot->Select({}, INT64_MAX)), ElementsAre("a", "b", "c"));
}

TEST(SnapshotSelectTest, LimitOfNothingSelectsNothing) {
  const FileSelection selection = ThreeFiles()->Select({}, 0);
  EXPECT_EQ(selection.file_count, 0U);
  EXPECT_THAT(PathsOf(selection), IsEmpty());
}

TEST(SnapshotSelectTest, FilesWithoutRowCountsDoNotFillTheLimit) {
  const auto metadata = MetadataOf({"id long"});
  const auto block = BlockMaker().Add("a").Add("b", "{").Add("c", StatsOf(5, 0, 1)).Finish();
  EXPECT_THAT(PathsOf(SnapshotOf(block, metadata)->Select({}, 1)), ElementsAre("a", "b", "c"));
}

// Two files of ten rows; `deleted` of the first are deleted.
SnapshotPtr WithDeletedRows(std::int64_t deleted, const std::string& stats = StatsOf(10, 0, 9)) {
  const auto metadata = MetadataOf({"id long"});
  const DeletionVector vector{
      .storage_type = "i", .path_or_inline = "v", .offset = {}, .cardinality = deleted};
  BlockMaker maker;
  maker.Add({.path = "a", .stats = stats, .deletion_vector = &vector})
      .Add("b", StatsOf(10, 10, 19));
  return SnapshotOf(maker.Finish(*metadata), metadata);
}

TEST(SnapshotSelectTest, LimitDoesNotCountDeletedRows) {
  EXPECT_THAT(PathsOf(WithDeletedRows(4)->Select({}, 6)), ElementsAre("a#iv"));
  EXPECT_THAT(PathsOf(WithDeletedRows(4)->Select({}, 7)), ElementsAre("a#iv", "b"));
  EXPECT_THAT(PathsOf(WithDeletedRows(0)->Select({}, 10)), ElementsAre("a#iv"));
}

TEST(SnapshotSelectTest, VectorThatDeletesMoreThanAFileHoldsCountsForNothing) {
  for (const std::int64_t deleted : {std::int64_t{10}, std::int64_t{11}, INT64_MAX}) {
    EXPECT_THAT(PathsOf(WithDeletedRows(deleted)->Select({}, 1)), ElementsAre("a#iv", "b"));
  }
  EXPECT_THAT(PathsOf(WithDeletedRows(3, "")->Select({}, 1)), ElementsAre("a#iv", "b"));
}

TEST(SnapshotSelectTest, BoundsOfAFileWithAVectorStillBoundItsRows) {
  const SnapshotPtr snapshot = WithDeletedRows(4);
  EXPECT_THAT(PathsOf(snapshot->Select(Where(*snapshot, "id > 9"), std::nullopt)),
              ElementsAre("b"));
  EXPECT_THAT(PathsOf(snapshot->Select(Where(*snapshot, "id <= 9"), std::nullopt)),
              ElementsAre("a#iv"));
}

// Columns "id" and "p" (which the table is partitioned by) that files know by other names.
std::shared_ptr<const Metadata> MappedMetadata() {
  Metadata metadata;
  metadata.schema = expr::ParseSchema(
                        R"({"type":"struct","fields":[
              {"name":"id","type":"long","metadata":{"delta.columnMapping.physicalName":"col-1"}},
              {"name":"p","type":"long","metadata":{"delta.columnMapping.physicalName":"col-2"}}]})")
                        .value();
  expr::MapColumns(metadata.schema);
  metadata.partition_columns = {"p"};
  return std::make_shared<const Metadata>(std::move(metadata));
}

TEST(SnapshotSelectTest, MappedColumnsArePrunedByTheirStoredNames) {
  const auto metadata = MappedMetadata();
  const auto stats = [](int min, int max) {
    return R"({"numRecords":1,"minValues":{"col-1":)" + std::to_string(min) +
           R"(},"maxValues":{"col-1":)" + std::to_string(max) + "}}";
  };
  BlockMaker maker;
  maker.Add("a", stats(0, 9), {{"col-2", "7"}}).Add("b", stats(10, 19), {{"col-2", "8"}});
  const SnapshotPtr snapshot = SnapshotOf(maker.Finish(*metadata), metadata);
  for (const char* condition :
       {"id > 9", "p = 8", "p > 7 AND id < 100", "id IS NOT NULL AND p = 8"})
    EXPECT_THAT(PathsOf(snapshot->Select(Where(*snapshot, condition), std::nullopt)),
                ElementsAre("b"))
        << condition;
}

TEST(SnapshotSelectTest, ColumnThatWasAFloatIsNeverPrunedByItsDigits) {
  Metadata made;
  made.schema = expr::ParseSchema(R"({"type":"struct","fields":[)"
                                  R"({"name":"x","type":"double","metadata":{"delta.typeChanges":)"
                                  R"([{"fromType":"float","toType":"double"}]}},)"
                                  R"({"name":"p","type":"double","metadata":{"delta.typeChanges":)"
                                  R"([{"fromType":"float","toType":"double"}]}}]})")
                    .value();
  made.partition_columns = {"p"};
  const auto metadata = std::make_shared<const Metadata>(std::move(made));
  BlockMaker maker;
  maker.Add("a", R"({"numRecords":1,"minValues":{"x":0.1},"maxValues":{"x":0.1}})", {{"p", "0.1"}});
  const SnapshotPtr snapshot = SnapshotOf(maker.Finish(*metadata), metadata);
  for (const char* column : {"x", "p"}) {
    for (const char* condition : {" = 0.1", " = 0.10000000149011612", " > 0.1", " <= 0.1"})
      EXPECT_EQ(snapshot->Select(Where(*snapshot, column + std::string(condition)), std::nullopt)
                    .file_count,
                1U)
          << column << condition;
    EXPECT_EQ(snapshot->Select(Where(*snapshot, column + std::string(" < 0.05")), std::nullopt)
                  .file_count,
              0U)
        << column;
  }
}

TEST(SnapshotSelectTest, LimitCountsOnlyRowsThatCertainlyMatch) {
  const SnapshotPtr snapshot = ThreeFiles();
  // Of "a" only some rows match: how many is not known.
  EXPECT_THAT(PathsOf(snapshot->Select(Where(*snapshot, "id >= 5"), 5)), ElementsAre("a", "b"));
}

TEST(SnapshotSelectTest, NoPredicatesSelectWithoutLookingAtAnyFile) {
  const FileSelection selection = ThreeFiles()->Select({}, std::nullopt);
  EXPECT_EQ(selection.file_count, 3U);
  for (const auto& rows : selection.rows) EXPECT_FALSE(rows.has_value());
}

// Files of known rows under random predicates: one that holds a matching row is never left out.
TEST(SnapshotSelectTest, NeverDropsAFileThatHoldsAMatchingRow) {
  std::mt19937 random(7);
  const auto metadata = MetadataOf({"id long", "p integer"}, {"p"});
  struct File {
    int min, max, p;
  };
  std::vector<File> files;
  BlockMaker maker;
  for (int i = 0; i < 400; ++i) {
    const int min = static_cast<int>(random() % 100) - 50;
    File file{.min = min,
              .max = min + static_cast<int>(random() % 10),
              .p = static_cast<int>(random() % 5)};
    const std::string p = std::to_string(file.p);
    const std::vector<NamedPartitionValue> values = {{"p", p}};
    const std::string path = std::to_string(i);
    const std::string stats = random() % 4 == 0 ? "" : StatsOf(2, file.min, file.max);
    maker.Add(path, stats, values);
    files.push_back(file);
  }
  const SnapshotPtr snapshot = SnapshotOf(maker.Finish(*metadata), metadata);
  const char* const kOps[] = {"=", "<", "<=", ">", ">=", "<>"};
  for (int round = 0; round < 300; ++round) {
    const int op = static_cast<int>(random() % 6);
    const int bound = static_cast<int>(random() % 120) - 60;
    const int p = static_cast<int>(random() % 6);
    const std::string sql = "id " + std::string(kOps[op]) + " " + std::to_string(bound) +
                            " AND NOT p = " + std::to_string(p);
    const auto chosen = PathsOf(snapshot->Select(Where(*snapshot, sql), std::nullopt));
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto holds = [&](int id) {
        const bool results[] = {id == bound, id<bound, id <= bound, id> bound, id >= bound,
                                id != bound};
        return results[op] && files[i].p != p;
      };
      if (!holds(files[i].min) && !holds(files[i].max)) continue;
      ASSERT_NE(std::find(chosen.begin(), chosen.end(), std::to_string(i)), chosen.end()) << sql;
    }
  }
}

TEST(FileCursorTest, WalksSegmentsInOrderWithTheirStatistics) {
  const SnapshotPtr snapshot = ThreeFiles()->Extend(ChangeOf(1, {"d"}, {"b"})).value();
  const FileSelection selection = snapshot->Select({}, std::nullopt);
  FileCursor cursor(selection);
  std::vector<std::string> seen;
  while (cursor.Next()) {
    seen.push_back(std::string(cursor.block().path(cursor.row())) + " " +
                   std::string(cursor.EscapedStats().substr(0, 18)));
  }
  EXPECT_THAT(seen, ElementsAre(R"(d {\"numRecords\":1,)", R"(a {\"numRecords\":10)",
                                R"(c {\"numRecords\":10)"));
  EXPECT_FALSE(cursor.Next());
}

// Two segments: 150 files of which some are gone, and 3 newer ones; all of them and a selection.
TEST(FileCursorTest, SkippingIsWalkingWithoutALook) {
  BlockMaker maker;
  for (int i = 0; i < 150; ++i) maker.Add(std::to_string(i));
  const SnapshotPtr before = SnapshotOf(maker.Finish(), MetadataOf({"id long"}));
  const SnapshotPtr snapshot =
      before->Extend(ChangeOf(1, {"x", "y", "z"}, {"0", "63", "64", "65", "149"})).value();
  ASSERT_EQ(snapshot->segments().size(), 2U);
  for (const auto limit : {std::optional<std::int64_t>(), std::optional<std::int64_t>(1'000'000)}) {
    const FileSelection selection = snapshot->Select({}, limit);
    const std::vector<std::string> all = PathsOf(selection);
    ASSERT_EQ(all.size(), 148U);
    for (std::size_t count = 0; count <= all.size() + 1; ++count) {
      FileCursor cursor(selection);
      ASSERT_EQ(cursor.Skip(count), std::min(count, all.size()));
      ASSERT_EQ(cursor.Next(), count < all.size());
      if (count >= all.size()) continue;
      ASSERT_EQ(cursor.block().path(cursor.row()), all[count]);
      ASSERT_EQ(cursor.Skip(2), std::min<std::size_t>(2, all.size() - count - 1));
      ASSERT_EQ(cursor.Next(), count + 3 < all.size());
      if (count + 3 >= all.size()) continue;
      ASSERT_EQ(cursor.block().path(cursor.row()), all[count + 3]);
    }
  }
}

TEST(FileCursorTest, KeepsItsSnapshotAlive) {
  FileSelection selection = ThreeFiles()->Select({}, std::nullopt);
  EXPECT_THAT(PathsOf(selection), ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace sluice::table
