#include "columnar/parquet_writer.h"

#include "base/testing.h"
#include "columnar/parquet_reader.h"
#include "columnar/testing.h"

namespace sluice::columnar {
namespace {

Batch ReadBack(std::string bytes) {
  auto reader = ParquetReader::Open(std::make_shared<BytesObject>(std::move(bytes)), "test.parquet",
                                    {.select_leaf = [](std::string_view) { return true; }});
  EXPECT_THAT(reader, IsOk());
  auto batch = (*reader)->Next();
  EXPECT_THAT(batch, IsOk());
  return std::move(**batch);
}

TEST(ParquetWriterTest, EveryTypeIsReadBackAsItWasWritten) {
  const std::vector<std::string> two = {"x", "naïve"};
  const std::vector<std::string> none;
  const auto bytes = EncodeParquet(
      {{"n", NewColumnType::kInteger, {INT64_MIN, {}, INT64_MAX}},
       {"t", NewColumnType::kText, {std::string_view("a"), std::string_view(), {}}},
       {"b", NewColumnType::kBoolean, {true, false, {}}},
       {"at", NewColumnType::kTimestamp, {std::int64_t{1'795'255'200'123'000}, {}, -1}},
       {"l", NewColumnType::kTextList, {&two, &none, {}}}});
  ASSERT_THAT(bytes, IsOk());
  const Batch batch = ReadBack(*bytes);
  ASSERT_EQ(batch.rows, 3);
  const Column& numbers = *batch.Find("n");
  EXPECT_EQ(numbers.Integer(0), INT64_MIN);
  EXPECT_TRUE(numbers.IsNull(1));
  EXPECT_EQ(numbers.Integer(2), INT64_MAX);
  const Column& texts = *batch.Find("t");
  EXPECT_EQ(texts.Text(0), "a");
  EXPECT_FALSE(texts.IsNull(1));
  EXPECT_TRUE(texts.IsNull(2));
  EXPECT_EQ(batch.Find("b")->Integer(0), 1);
  EXPECT_TRUE(batch.Find("b")->IsNull(2));
  const Column& times = *batch.Find("at");
  EXPECT_EQ(times.type(), ValueType::kTimestamp);
  EXPECT_FALSE(times.is_local());
  EXPECT_EQ(times.Integer(0), 1'795'255'200'123'000);
  const Column& lists = *batch.Find("l");
  EXPECT_EQ(lists.Elements(0), std::pair(std::size_t{0}, std::size_t{2}));
  EXPECT_EQ(lists.children().front().Text(1), "naïve");
  EXPECT_FALSE(lists.IsNull(1));
  EXPECT_TRUE(lists.IsNull(2));
}

TEST(ParquetWriterTest, AValueOfAnotherTypeIsNull) {
  const auto bytes = EncodeParquet({{"n", NewColumnType::kInteger, {true}}});
  ASSERT_THAT(bytes, IsOk());
  EXPECT_TRUE(ReadBack(*bytes).Find("n")->IsNull(0));
}

TEST(ParquetWriterTest, AFileMayHaveNoRows) {
  EXPECT_THAT(EncodeParquet({{"n", NewColumnType::kInteger, {}}}), IsOk());
}

}  // namespace
}  // namespace sluice::columnar
