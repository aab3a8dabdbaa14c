#include "columnar/parquet_reader.h"

#include "base/testing.h"
#include "columnar/testing.h"

namespace sluice::columnar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool Everything(std::string_view) { return true; }

Result<std::vector<Batch>> ReadAll(std::string bytes, ParquetReadOptions options = {}) {
  if (!options.select_leaf) options.select_leaf = Everything;
  const auto reader = TRY(
      ParquetReader::Open(std::make_unique<BytesObject>(std::move(bytes)), "f.parquet", options));
  std::vector<Batch> batches;
  while (true) {
    std::optional<Batch> batch = TRY(reader->Next());
    if (!batch) return batches;
    batches.push_back(*std::move(batch));
  }
}

// The one column of a file of one batch.
Column ReadColumn(const ArrowArray& array, const ParquetWriteOptions& options = {}) {
  const auto batches = ReadAll(WriteParquet({{"c", array}}, options));
  CHECK(batches.ok() && batches->size() == 1, "the test's file is read as one batch");
  return batches->front().columns[0];
}

// A file with a column of every kind that matters.
std::string SmallFile() {
  const auto map = arrow::map(arrow::utf8(), arrow::utf8());
  const auto nested = arrow::struct_(
      {arrow::field("path", arrow::utf8()), arrow::field("values", map),
       arrow::field("list", arrow::list(arrow::int64())), arrow::field("flag", arrow::boolean())});
  return WriteParquet(
      {{"n", ArrayOf(arrow::int64(), "[1, null, 3]")},
       {"add", ArrayOf(nested, R"([{"path": "a", "values": [["k", "v"]], "list": [1, 2]}, null,
                                   {"path": "b", "values": [], "list": null, "flag": true}])")}});
}

// Is replaced after so many reads, and notes what it was told.
class FailingObject final : public storage::RandomAccessObject {
 public:
  FailingObject(std::string bytes, int good_reads)
      : bytes_(std::move(bytes)), good_reads_(good_reads) {}

  std::uint64_t size_bytes() const override { return bytes_.size_bytes(); }
  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    if (good_reads_-- <= 0) return Unavailable("f.parquet was replaced");
    return bytes_.ReadAt(offset, out);
  }
  void WillRead(const std::vector<std::vector<storage::ByteSpan>>& told) const override {
    rounds = told;
  }

  mutable std::vector<std::vector<storage::ByteSpan>> rounds;

 private:
  const BytesObject bytes_;
  mutable int good_reads_;
};

// Touches every value that a file shows.
std::size_t Walk(const Column& column, std::size_t row) {
  if (column.IsNull(row)) return 1;
  switch (column.type()) {
    case ValueType::kText:
    case ValueType::kBinary: {
      std::size_t sum = 0;
      for (const char byte : column.Text(row)) sum += static_cast<unsigned char>(byte);
      return sum;
    }
    case ValueType::kStruct: {
      std::size_t sum = 0;
      for (const Column& child : column.children()) sum += Walk(child, row);
      return sum;
    }
    case ValueType::kList:
    case ValueType::kMap: {
      std::size_t sum = 0;
      const auto [begin, end] = column.Elements(row);
      for (std::size_t i = begin; i < end; ++i) {
        for (const Column& child : column.children()) sum += Walk(child, i);
      }
      return sum;
    }
    case ValueType::kReal: return column.Real(row) > 0 ? 1 : 0;
    case ValueType::kDecimal: return column.DecimalText(row).size();
    case ValueType::kOther: return 0;
    default: return column.Integer(row) != 0 ? 1 : 0;
  }
}

void ReadAndWalk(std::string bytes) {
  const auto batches = ReadAll(std::move(bytes));
  if (!batches.ok()) return;
  std::size_t sum = 0;
  for (const Batch& batch : *batches) {
    for (const Column& column : batch.columns) {
      for (std::size_t row = 0; row < batch.rows; ++row) sum += Walk(column, row);
    }
  }
  EXPECT_GE(sum, 0U);
}

TEST(ParquetReaderTest, EveryTypeComesBack) {
  EXPECT_EQ(ReadColumn(ArrayOf(arrow::boolean(), "[true]")).Integer(0), 1);
  EXPECT_EQ(ReadColumn(ArrayOf(arrow::int8(), "[-5]")).Integer(0), -5);
  EXPECT_EQ(ReadColumn(ArrayOf(arrow::uint16(), "[65535]")).Integer(0), 65535);
  EXPECT_EQ(ReadColumn(ArrayOf(arrow::date32(), "[-3]")).Integer(0), -3);
  EXPECT_EQ(ReadColumn(ArrayOf(arrow::float32(), "[2.5]")).Real(0), 2.5);
  EXPECT_EQ(ReadColumn(ArrayOf(arrow::float64(), "[-2.5]")).Real(0), -2.5);
  EXPECT_EQ(ReadColumn(ArrayOf(arrow::utf8(), R"(["é"])")).Text(0), "é");
  const Column binary = ReadColumn(ArrayOf(arrow::binary(), R"(["b"])"));
  EXPECT_EQ(binary.type(), ValueType::kBinary);
  EXPECT_EQ(binary.Text(0), "b");
  for (const int precision : {5, 15, 38}) {  // int32, int64 and bytes inside the file
    const Column decimal = ReadColumn(ArrayOf(arrow::decimal128(precision, 2), R"(["-1.20"])"));
    EXPECT_EQ(decimal.type(), ValueType::kDecimal);
    EXPECT_EQ(decimal.DecimalText(0), "-1.20");
  }
}

TEST(ParquetReaderTest, TimestampsBefore1970ComeBackInMicroseconds) {
  for (const auto unit : {arrow::TimeUnit::MILLI, arrow::TimeUnit::MICRO, arrow::TimeUnit::NANO}) {
    for (const char* zone : {"", "UTC"}) {
      const auto type = arrow::timestamp(unit, zone);
      const Column column = ReadColumn(ArrayOf(type, R"(["1969-12-31 23:59:59.123"])"));
      ASSERT_EQ(column.type(), ValueType::kTimestamp) << type->ToString();
      EXPECT_EQ(column.Integer(0), -877'000) << type->ToString();
    }
  }
}

TEST(ParquetReaderTest, Int96TimestampsKeepTheirMicroseconds) {
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO);
  const auto array =
      ArrayOf(type, R"(["1969-12-31 23:59:59.123456", "2021-01-01 00:00:00.000001"])");
  const Column column = ReadColumn(array, {.int96_timestamps = true});
  ASSERT_EQ(column.type(), ValueType::kTimestamp);
  EXPECT_EQ(column.Integer(0), -876'544);
  EXPECT_EQ(column.Integer(1), 1'609'459'200'000'001);
}

TEST(ParquetReaderTest, Int96DatesFarAwayDoNotOverflow) {
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO);
  const Column column =
      ReadColumn(ArrayOf(type, R"(["9999-12-31 23:59:59"])"), {.int96_timestamps = true});
  EXPECT_FALSE(column.IsNull(0));
}

TEST(ParquetReaderTest, LayoutsThatTheWriterAskedForAreReadAsText) {
  for (const auto& type : {arrow::utf8_view(), arrow::large_utf8(),
                           arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    const Column column =
        ReadColumn(ArrayOf(type, R"(["a", null, "a"])"), {.keep_arrow_schema = true});
    EXPECT_EQ(column.type(), ValueType::kText) << type->ToString();
    EXPECT_EQ(column.Text(2), "a") << type->ToString();
    EXPECT_TRUE(column.IsNull(1)) << type->ToString();
  }
}

TEST(ParquetReaderTest, BatchesHoldAtMostTheRowsAskedFor) {
  const std::string file =
      WriteParquet({{"n", ArrayOf(arrow::int64(), "[1, 2, 3, 4, 5]")}}, {.rows_per_group = 3});
  const auto batches = ReadAll(file, {.select_leaf = {}, .batch_rows = 2});
  ASSERT_THAT(batches, IsOk());
  std::vector<std::int64_t> values;
  for (const Batch& batch : *batches) {
    EXPECT_LE(batch.rows, 2U);
    for (std::size_t row = 0; row < batch.rows; ++row)
      values.push_back(batch.Find("n")->Integer(row));
  }
  EXPECT_THAT(values, ElementsAre(1, 2, 3, 4, 5));
}

TEST(ParquetReaderTest, OnlyChosenLeavesAreRead) {
  const auto batches = ReadAll(
      SmallFile(), {.select_leaf = [](std::string_view leaf) { return leaf == "add.path"; }});
  ASSERT_THAT(batches, IsOk());
  ASSERT_EQ(batches->size(), 1U);
  const Batch& batch = batches->front();
  EXPECT_EQ(batch.Find("n"), nullptr);
  ASSERT_NE(batch.Find("add"), nullptr);
  EXPECT_EQ(batch.Find("add")->children().size(), 1U);
  EXPECT_TRUE(batch.Find("add")->IsNull(1));
  EXPECT_EQ(batch.Find("add")->Find("path")->Text(2), "b");
}

TEST(ParquetReaderTest, LeavesTellWhetherTheyHoldValues) {
  const std::string file = WriteParquet({{"some", ArrayOf(arrow::int64(), "[1, null]")},
                                         {"none", ArrayOf(arrow::int64(), "[null, null]")}});
  const auto leaves = ReadParquetLeaves(std::make_unique<BytesObject>(file), "f.parquet");
  ASSERT_THAT(leaves, IsOk());
  ASSERT_EQ(leaves->size(), 2U);
  EXPECT_EQ((*leaves)[0].path, "some");
  EXPECT_TRUE((*leaves)[0].has_values);
  EXPECT_EQ((*leaves)[1].path, "none");
  EXPECT_FALSE((*leaves)[1].has_values);
}

TEST(ParquetReaderTest, FileThatSaysItIsTooLargeIsRefused) {
  EXPECT_THAT(ReadAll(SmallFile(), {.select_leaf = {}, .max_uncompressed_bytes = 10}),
              FailsWith(ErrorCode::kTooLarge));
}

TEST(ParquetReaderTest, WhatIsNoParquetFileIsCorruptAndNamed) {
  for (const char* bytes : {"", "PAR1", "PAR1PAR1", "no parquet file, but long enough for one"}) {
    const auto read = ReadAll(bytes);
    ASSERT_THAT(read, FailsWith(ErrorCode::kCorruptData)) << bytes;
    EXPECT_THAT(read.error().detail, HasSubstr("f.parquet"));
    EXPECT_THAT(ReadParquetLeaves(std::make_unique<BytesObject>(bytes), "f.parquet"),
                FailsWith(ErrorCode::kCorruptData));
  }
}

TEST(ParquetReaderTest, FaultOfTheStoreIsNoFaultOfTheFile) {
  const std::string file = SmallFile();
  for (int good_reads = 0; good_reads < 2; ++good_reads) {
    const auto object = std::make_shared<FailingObject>(file, good_reads);
    const auto reader = ParquetReader::Open(object, "f.parquet", {.select_leaf = Everything});
    const auto error = reader.ok() ? (*reader)->Next().error() : reader.error();
    EXPECT_EQ(error.code, ErrorCode::kUnavailable) << good_reads;
    EXPECT_EQ(error.message, "f.parquet was replaced");
  }
  EXPECT_THAT(ReadParquetLeaves(std::make_shared<FailingObject>(file, 0), "f.parquet"),
              FailsWith(ErrorCode::kUnavailable));
}

TEST(ParquetReaderTest, TellsTheObjectWhatItWillRead) {
  const auto object = std::make_shared<FailingObject>(SmallFile(), 1);
  ASSERT_THAT(ParquetReader::Open(object, "f.parquet", {.select_leaf = Everything}), IsOk());
  ASSERT_EQ(object->rounds.size(), 1U);
  ASSERT_FALSE(object->rounds[0].empty());
  EXPECT_EQ(object->rounds[0][0].offset, 4U);  // after the file's magic
  EXPECT_GT(object->rounds[0][0].length, 0U);
}

TEST(ParquetReaderTest, TruncatedFilesAreErrors) {
  const std::string file = SmallFile();
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ReadAll(file.substr(0, size)).ok()) << size;
  }
}

TEST(ParquetReaderTest, DamagedFilesNeverCrash) {
  const std::string file = SmallFile();
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ mask);
      ReadAndWalk(std::move(damaged));
    }
  }
}

}  // namespace
}  // namespace sluice::columnar
