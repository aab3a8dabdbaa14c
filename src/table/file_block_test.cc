#include "table/file_block.h"

#include <thread>

#include "base/testing.h"
#include "table/testing.h"

namespace sluice::table {
namespace {

using expr::ColumnBounds;
using testing::ElementsAre;

const DeletionVector kVector{.storage_type = "u", .path_or_inline = "1", .offset = 2};

// The values of a column, row by row; null as "<null>".
std::vector<std::string> ValuesOf(const PartitionColumn& column) {
  std::vector<std::string> values;
  for (const std::uint32_t code : column.codes)
    values.push_back(column.values[code].text.value_or("<null>"));
  return values;
}

std::string StatsOf(const FileBlock& block, std::size_t row) {
  auto cursor = block.EscapedStats();
  return std::string(cursor.Get(row));
}

TEST(DeletionVectorTest, IdIsTypePathAndOffset) {
  const auto id_of = [](std::string type, std::string path, std::optional<std::int64_t> offset) {
    return DeletionVector{.storage_type = type, .path_or_inline = path, .offset = offset}.Id();
  };
  EXPECT_EQ(id_of("u", "ab^-aqEH", 4), "uab^-aqEH@4");
  EXPECT_EQ(id_of("p", "s3://b/c", 0), "ps3://b/c@0");
  EXPECT_EQ(id_of("i", "wi5b", std::nullopt), "iwi5b");
}

TEST(FileBlockTest, EveryMemberOfAFileReadsBack) {
  const std::vector<NamedPartitionValue> values = {{"p", "x"}};
  const auto metadata = MetadataOf({"id long", "p string"}, {"p"});
  const auto block = BlockMaker()
                         .Add({.path = "p=x/a%20b",
                               .size_bytes = 7,
                               .modification_time_ms = -8,
                               .data_change = false,
                               .partition_values = values,
                               .stats = R"({"numRecords":1})",
                               .extra = R"(,"tags":{"a":"b"})",
                               .deletion_vector = &kVector})
                         .Finish(*metadata);
  ASSERT_EQ(block->rows(), 1U);
  EXPECT_EQ(block->path(0), "p=x/a%20b");
  EXPECT_EQ(block->size_bytes(0), 7);
  EXPECT_EQ(block->modification_time_ms(0), -8);
  EXPECT_FALSE(block->data_change(0));
  EXPECT_EQ(block->extra(0), R"(,"tags":{"a":"b"})");
  EXPECT_EQ(block->deletion_vector_id(0), "u1@2");
  EXPECT_EQ(*block->deletion_vector(0), kVector);
  EXPECT_EQ(StatsOf(*block, 0), R"({\"numRecords\":1})");
  ASSERT_EQ(block->partition_columns().size(), 1U);
  EXPECT_EQ(block->partition_columns()[0].values[1].json_member, R"("p":"x")");
}

TEST(FileBlockTest, PartitionColumnsFoundLateAreNullBefore) {
  const auto metadata = MetadataOf({"p string", "q string"}, {"p", "q"});
  const auto block = BlockMaker()
                         .Add("a")
                         .Add("b", "", {{"q", "1"}})
                         .Add("c", "", {{"p", "2"}, {"q", "3"}})
                         .Add("d", "", {{"q", "1"}, {"p", "2"}})
                         .Add("e")
                         .Finish(*metadata);
  EXPECT_THAT(ValuesOf(block->partition_columns()[0]),
              ElementsAre("<null>", "<null>", "2", "2", "<null>"));
  EXPECT_THAT(ValuesOf(block->partition_columns()[1]),
              ElementsAre("<null>", "1", "3", "1", "<null>"));
  EXPECT_EQ(block->partition_columns()[1].values.size(), 3U);
}

TEST(FileBlockTest, NullAndMissingValuesAreNullAndTheEmptyTextIsKeptAsWritten) {
  const auto metadata = MetadataOf({"p string"}, {"p"});
  const auto block = BlockMaker()
                         .Add("a", "", {{"p", std::nullopt}})
                         .Add("b", "", {{"p", ""}})
                         .Add("c")
                         .Finish(*metadata);
  const PartitionColumn& column = block->partition_columns()[0];
  EXPECT_THAT(ValuesOf(column), ElementsAre("<null>", "", "<null>"));
  EXPECT_EQ(column.values[0].json_member, R"("p":null)");
  EXPECT_EQ(column.values[1].json_member, R"("p":"")");
  EXPECT_THAT(column.bounds.flags, ElementsAre(ColumnBounds::kAllNull, ColumnBounds::kAllNull));
}

TEST(FileBlockTest, OfAColumnNamedTwiceTheLastValueCountsAsInJson) {
  const auto metadata = MetadataOf({"p string"}, {"p"});
  const auto block = BlockMaker()
                         .Add("a", "", {{"p", "1"}, {"p", "2"}})
                         .Add("b", "", {{"p", "3"}})
                         .Add("c", "", {{"p", "4"}, {"p", "5"}})
                         .Finish(*metadata);
  EXPECT_THAT(ValuesOf(block->partition_columns()[0]), ElementsAre("2", "3", "5"));
}

TEST(FileBlockTest, ColumnsThatTheTableIsNotPartitionedByAreDropped) {
  const auto metadata = MetadataOf({"p string"}, {"p"});
  const auto block = BlockMaker().Add("a", "", {{"old", "1"}, {"p", "2"}}).Finish(*metadata);
  ASSERT_EQ(block->partition_columns().size(), 1U);
  EXPECT_THAT(ValuesOf(block->partition_columns()[0]), ElementsAre("2"));
}

TEST(FileBlockTest, ColumnThatNoFileNamesIsAllNull) {
  const auto metadata = MetadataOf({"p string"}, {"p"});
  const auto block = BlockMaker().Add("a").Add("b").Finish(*metadata);
  EXPECT_THAT(ValuesOf(block->partition_columns()[0]), ElementsAre("<null>", "<null>"));
}

TEST(FileBlockTest, ColumnThatMetadataNamesTwiceOrNotAtAllIsHarmless) {
  Metadata metadata = *MetadataOf({"p string"}, {"p", "", "p"});
  const auto block = BlockMaker().Add("a", "", {{"p", "1"}}).Finish(metadata);
  ASSERT_EQ(block->partition_columns().size(), 3U);
  EXPECT_THAT(ValuesOf(block->partition_columns()[0]), ElementsAre("1"));
  EXPECT_THAT(ValuesOf(block->partition_columns()[1]), ElementsAre("<null>"));
  EXPECT_THAT(ValuesOf(block->partition_columns()[2]), ElementsAre("<null>"));
}

TEST(FileBlockTest, PartitionBoundsAreTheValuesThemselves) {
  const auto metadata = MetadataOf({"n integer", "d date", "x double"}, {"n", "d", "x"});
  const auto block =
      BlockMaker().Add("a", "", {{"n", "-5"}, {"d", "1970-01-02"}, {"x", "1.5"}}).Finish(*metadata);
  const auto& columns = block->partition_columns();
  EXPECT_EQ(columns[0].bounds.min_int64[1], -5);
  EXPECT_EQ(columns[0].bounds.max_int64[1], -5);
  EXPECT_EQ(columns[1].bounds.min_int64[1], 1);
  EXPECT_EQ(columns[2].bounds.max_double[1], 1.5);
  EXPECT_EQ(columns[0].bounds.codes, &columns[0].codes);
}

TEST(FileBlockTest, PartitionValuesThatAreNotOfTheirTypeMayBeAnything) {
  const auto metadata = MetadataOf({"n integer", "x double"}, {"n", "x"});
  const auto block = BlockMaker().Add("a", "", {{"n", "five"}, {"x", "NaN"}}).Finish(*metadata);
  EXPECT_EQ(block->partition_columns()[0].bounds.flags[1], 0);
  EXPECT_EQ(block->partition_columns()[1].bounds.flags[1], 0);
}

TEST(FileBlockTest, PartitionTimestampsWithoutAZoneMayBeOfAnyZone) {
  const auto metadata = MetadataOf({"at timestamp"}, {"at"});
  const auto block = BlockMaker().Add("a", "", {{"at", "1970-01-01 00:00:00"}}).Finish(*metadata);
  const ColumnBounds& bounds = block->partition_columns()[0].bounds;
  EXPECT_LT(bounds.min_int64[1], -10 * 3'600'000'000);
  EXPECT_GT(bounds.max_int64[1], 10 * 3'600'000'000);
}

TEST(FileBlockTest, ExtrasAndVectorIdsMayBeSparse) {
  BlockMaker maker;
  for (int i = 0; i < 10; ++i) {
    const std::string path = std::to_string(i);
    maker.Add({.path = path,
               .extra = i == 4 ? std::string_view(",\"a\":1") : std::string_view(),
               .deletion_vector = i == 6 ? &kVector : nullptr});
  }
  const auto block = maker.Finish();
  for (std::size_t row = 0; row < 10; ++row) {
    EXPECT_EQ(block->extra(row), row == 4 ? ",\"a\":1" : "");
    EXPECT_EQ(block->deletion_vector_id(row), row == 6 ? "u1@2" : "");
  }
  EXPECT_TRUE(block->has_deletion_vectors());
  EXPECT_FALSE(BlockMaker().Add("a").Finish()->has_deletion_vectors());
}

TEST(FileBlockTest, AbsolutePathsOfFilesAndVectorsAreNoted) {
  const DeletionVector elsewhere{.storage_type = "p", .path_or_inline = "/elsewhere/1.bin"};
  const auto block = BlockMaker()
                         .Add("a/b.parquet")
                         .Add("/root/b.parquet")
                         .Add("s3://bucket/b.parquet")
                         .Add("p=a:b/c.parquet")
                         .Add("file:/tmp/c.parquet")
                         .Add("p=x%3Ay/c.parquet")
                         .Add({.path = "d", .size_bytes = 1, .deletion_vector = &kVector})
                         .Add({.path = "e", .size_bytes = 1, .deletion_vector = &elsewhere})
                         .Finish();
  EXPECT_THAT(block->absolute_rows(), ElementsAre(1, 2, 4, 7));
}

TEST(FileBlockTest, VeryLongStatisticsAreLeftOut) {
  const auto block = BlockMaker().Add("a", std::string((1 << 20) + 1, ' ')).Add("b", "{}").Finish();
  EXPECT_EQ(StatsOf(*block, 0), "");
  EXPECT_EQ(StatsOf(*block, 1), "{}");
}

TEST(FileBlockTest, FindsEachOfManyFilesAndNoOther) {
  constexpr std::size_t kFiles = 10'000;
  BlockMaker maker;
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string path = "part-" + std::to_string(i / 2);
    maker.Add({.path = path, .deletion_vector = i % 2 == 0 ? nullptr : &kVector});
  }
  const auto block = maker.Finish();
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string path = "part-" + std::to_string(i / 2);
    ASSERT_EQ(block->FindRow(path, i % 2 == 0 ? "" : "u1@2"), i);
    ASSERT_EQ(block->FindRow(path, "another"), std::nullopt);
  }
  EXPECT_EQ(block->FindRow("part", ""), std::nullopt);
  EXPECT_EQ(BlockMaker().Finish()->FindRow("part", ""), std::nullopt);
}

TEST(FileBlockTest, AddFromCopiesEverything) {
  const auto metadata = MetadataOf({"p string"}, {"p"});
  const std::vector<NamedPartitionValue> values = {{"p", "x"}};
  const auto block = BlockMaker()
                         .Add("/first", R"({"numRecords":1})")
                         .Add({.path = "second",
                               .size_bytes = 2,
                               .modification_time_ms = 3,
                               .data_change = false,
                               .partition_values = values,
                               .stats = "{\"a\":\"\\\"\"}",
                               .extra = ",\"b\":2",
                               .deletion_vector = &kVector})
                         .Finish(*metadata);
  FileBlockBuilder builder;
  auto stats = block->EscapedStats();
  ASSERT_THAT(builder.AddFrom(*block, 1, stats), IsOk());
  ASSERT_THAT(builder.AddFrom(*block, 0, stats), IsOk());
  const auto copy = std::move(builder).Finish(metadata->partition_columns, metadata->schema);
  for (const std::size_t row : {0U, 1U}) {
    const std::size_t from = 1 - row;
    EXPECT_EQ(copy->path(row), block->path(from));
    EXPECT_EQ(copy->size_bytes(row), block->size_bytes(from));
    EXPECT_EQ(copy->modification_time_ms(row), block->modification_time_ms(from));
    EXPECT_EQ(copy->data_change(row), block->data_change(from));
    EXPECT_EQ(copy->extra(row), block->extra(from));
    EXPECT_EQ(copy->deletion_vector_id(row), block->deletion_vector_id(from));
    EXPECT_EQ(StatsOf(*copy, row), StatsOf(*block, from));
  }
  EXPECT_THAT(ValuesOf(copy->partition_columns()[0]), ElementsAre("x", "<null>"));
  EXPECT_THAT(copy->absolute_rows(), ElementsAre(1));
}

TEST(FileBlockTest, MoreColumnsThanATableMayHaveAreRefused) {
  FileBlockBuilder builder;
  std::vector<std::string> names;
  for (int i = 0; i < 10'001; ++i) names.push_back(std::to_string(i));
  std::vector<NamedPartitionValue> values(names.begin(), names.begin());
  for (const std::string& name : names) values.push_back({name, "1"});
  EXPECT_THAT(builder.Add({.path = "a", .partition_values = values}),
              FailsWith(ErrorCode::kTooLarge));
}

TEST(FileBlockTest, IndexAndBoundsAreMadeOnceForManyThreads) {
  BlockMaker maker;
  for (int i = 0; i < 1000; ++i) maker.Add(std::to_string(i), R"({"minValues":{"id":1}})");
  const auto block = maker.Finish();
  const auto schema = SchemaOf({"id long"});
  const std::size_t before = block->memory_bytes();
  std::vector<const ColumnBounds*> found(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < found.size(); ++i) {
    threads.emplace_back([&, i] {
      found[i] = &block->StatsBounds({"id"}, schema.fields[0].type);
      EXPECT_EQ(block->FindRow(std::to_string(i), ""), i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found, testing::Each(found[0]));
  EXPECT_GT(block->memory_bytes(), before);
}

TEST(FileBlockTest, ManyFilesTakeLittleMemory) {
  BlockMaker maker;
  const std::vector<NamedPartitionValue> values = {{"p", "2024-01-01"}};
  for (int i = 0; i < 20'000; ++i) {
    const std::string path = "p=2024-01-01/part-00000-" + std::to_string(i) + std::string(50, 'x');
    maker.Add({.path = path, .partition_values = values, .stats = R"({"numRecords":1000})"});
  }
  const auto block = maker.Finish(*MetadataOf({"p date"}, {"p"}));
  EXPECT_LT(block->memory_bytes(), 20'000U * 200);
}

}  // namespace
}  // namespace sluice::table
