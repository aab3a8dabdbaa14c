#include "table/compressed_text.h"

#include <random>

#include "base/testing.h"

namespace sluice::table {
namespace {

CompressedText Pack(const std::vector<std::string>& rows) {
  CompressedText text;
  for (const std::string& row : rows) text.Add([&](std::string& out) { out += row; });
  text.Finish();
  return text;
}

void ExpectReadsBack(const std::vector<std::string>& rows) {
  const CompressedText text = Pack(rows);
  ASSERT_EQ(text.rows(), rows.size());
  CompressedText::Cursor ascending(text);
  for (std::size_t row = 0; row < rows.size(); ++row) ASSERT_EQ(ascending.Get(row), rows[row]);
  CompressedText::Cursor descending(text);
  for (std::size_t row = rows.size(); row-- > 0;) ASSERT_EQ(descending.Get(row), rows[row]);
}

std::string RandomText(std::mt19937& random, std::size_t size) {
  std::string text;
  while (text.size() < size) text.push_back(static_cast<char>(random()));
  return text;
}

TEST(CompressedTextTest, NoRowsAreNoText) {
  const CompressedText text = Pack({});
  EXPECT_EQ(text.rows(), 0U);
}

TEST(CompressedTextTest, RowsOfRandomLengthsReadBack) {
  std::mt19937 random(1);
  std::vector<std::string> rows;
  for (int i = 0; i < 3000; ++i) rows.push_back(RandomText(random, random() % 50));
  ExpectReadsBack(rows);
}

TEST(CompressedTextTest, EmptyRowsReadBackEmpty) {
  ExpectReadsBack(std::vector<std::string>(1000));
  std::vector<std::string> rows(1000);
  rows[255] = "last of a chunk";
  rows[256] = "first of the next";
  ExpectReadsBack(rows);
}

TEST(CompressedTextTest, ChunkBordersLoseNothing) {
  for (const std::size_t count : {1U, 255U, 256U, 257U, 511U, 512U, 513U}) {
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back("row " + std::to_string(i));
    ExpectReadsBack(rows);
  }
}

TEST(CompressedTextTest, TextThatDoesNotCompressIsKeptPlain) {
  std::mt19937 random(2);
  std::vector<std::string> rows;
  for (int i = 0; i < 600; ++i) rows.push_back(RandomText(random, 100));
  ExpectReadsBack(rows);
  EXPECT_LT(Pack(rows).memory_bytes(), 600U * 110);
}

TEST(CompressedTextTest, RepeatedTextTakesAFractionOfItsSize) {
  const std::vector<std::string> rows(
      10'000, R"({"numRecords":100,"minValues":{"id":1},"maxValues":{"id":100}})");
  EXPECT_LT(Pack(rows).memory_bytes(), rows.size() * rows[0].size() / 5);
}

TEST(CompressedTextTest, CursorsDoNotDisturbEachOther) {
  std::vector<std::string> rows;
  for (int i = 0; i < 600; ++i) rows.push_back(std::string(20, 'x') + std::to_string(i));
  const CompressedText text = Pack(rows);
  CompressedText::Cursor one(text);
  CompressedText::Cursor other(text);
  const std::string_view first = one.Get(0);
  EXPECT_EQ(other.Get(599), rows[599]);
  EXPECT_EQ(first, rows[0]);
}

}  // namespace
}  // namespace sluice::table
