#include "sharing/byte_range.h"

#include <gtest/gtest.h>

namespace sluice::sharing {
namespace {

using Kind = ByteRange::Kind;

void ExpectPart(std::string_view range, std::uint64_t offset, std::uint64_t length) {
  const ByteRange parsed = ParseByteRange(range, 100);
  EXPECT_EQ(parsed.kind, Kind::kPart) << range;
  EXPECT_EQ(parsed.offset_bytes, offset) << range;
  EXPECT_EQ(parsed.length_bytes, length) << range;
}

TEST(ByteRange, ReadsTheThreeForms) {
  ExpectPart("bytes=0-9", 0, 10);
  ExpectPart("bytes=0-", 0, 100);
  ExpectPart("bytes=90-200", 90, 10);
  ExpectPart("bytes=-30", 70, 30);
  ExpectPart("bytes=-300", 0, 100);
  ExpectPart("Bytes=99-99", 99, 1);
  ExpectPart("bytes=5-99999999999999999999999", 5, 95);
}

TEST(ByteRange, TellsWhatCannotBeSatisfied) {
  for (const char* range :
       {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(ParseByteRange(range, 100).kind, Kind::kUnsatisfiable) << range;
  }
  EXPECT_EQ(ParseByteRange("bytes=0-", 0).kind, Kind::kUnsatisfiable);
}

TEST(ByteRange, TakesWhatItDoesNotUnderstandForTheWhole) {
  for (const char* range : {"", "lines=1-2", "bytes=", "bytes=5", "bytes=a-b", "bytes=9-5",
                            "bytes=0-1,5-6", "bytes=--5", "bytes=+1-2"}) {
    EXPECT_EQ(ParseByteRange(range, 100).kind, Kind::kWhole) << range;
  }
}

}  // namespace
}  // namespace sluice::sharing
