#include "protocol/capabilities.h"

#include <gtest/gtest.h>

#include <string>

#include "base/testing.h"

namespace sluice::protocol {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Capabilities Parsed(std::string_view header) { return ParseCapabilities(header).value(); }

http::Headers With(const std::string& name, const std::string& value) {
  http::Headers headers;
  headers.Add(name, value);
  return headers;
}

// Mistake 4: an endStreamAction is for those who ask for it.
TEST(ParseCapabilities, TakesParquetWithoutAHeader) {
  for (const Capabilities& capabilities :
       {ParseCapabilities(http::Headers()).value(), Parsed(""), Parsed("responseformat="),
        Parsed("responseformat"), Parsed(";;=;"), Parsed("other=1;responseformats=delta")}) {
    EXPECT_TRUE(capabilities.accepts_parquet);
    EXPECT_FALSE(capabilities.accepts_delta);
    EXPECT_THAT(capabilities.reader_features, IsEmpty());
    EXPECT_FALSE(capabilities.include_end_stream_action);
    EXPECT_FALSE(capabilities.async_query);
  }
}

TEST(ParseCapabilities, ReadsWhatThePythonClientSends) {
  const Capabilities capabilities =
      Parsed("responseformat=delta,parquet;readerfeatures=deletionvectors,columnmapping");
  EXPECT_TRUE(capabilities.accepts_parquet);
  EXPECT_TRUE(capabilities.accepts_delta);
  EXPECT_THAT(capabilities.reader_features, ElementsAre("deletionvectors", "columnmapping"));
}

// Mistake 11: names and values count in any case, and spaces do not.
TEST(ParseCapabilities, ReadsAnyCaseAndSpaces) {
  const Capabilities capabilities = Parsed(
      " ResponseFormat = DELTA ;readerFeatures= deletionVectors , ,timestampNtz;"
      "IncludeEndStreamAction=True ; asyncQuery = true;");
  EXPECT_FALSE(capabilities.accepts_parquet);
  EXPECT_TRUE(capabilities.accepts_delta);
  EXPECT_TRUE(capabilities.HasReaderFeature("deletionvectors"));
  EXPECT_TRUE(capabilities.HasReaderFeature("timestampntz"));
  EXPECT_FALSE(capabilities.HasReaderFeature("columnmapping"));
  EXPECT_TRUE(capabilities.include_end_stream_action);
  EXPECT_TRUE(capabilities.async_query);
}

TEST(ParseCapabilities, PassesOverUnknownFormatsBesideKnownOnes) {
  const Capabilities capabilities = Parsed("responseformat=iceberg,parquet");
  EXPECT_TRUE(capabilities.accepts_parquet);
  EXPECT_FALSE(capabilities.accepts_delta);
}

TEST(ParseCapabilities, RefusesFormatsThatAreAllUnknown) {
  const auto result = ParseCapabilities("responseformat=Spreadsheet,csv;asyncquery=true");
  ASSERT_THAT(result, FailsWith(ErrorCode::kUnsupported));
  EXPECT_EQ(result.error().message,
            "unsupported responseformat 'spreadsheet,csv': this server has parquet and delta");
}

TEST(ParseCapabilities, BoundsTheHeader) {
  EXPECT_THAT(ParseCapabilities(std::string(kMaxCapabilitiesBytes, ';')), IsOk());
  EXPECT_THAT(ParseCapabilities(std::string(kMaxCapabilitiesBytes + 1, ';')),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST(ParseCapabilities, FindsTheHeaderInAnyCase) {
  EXPECT_TRUE(
      ParseCapabilities(With("Delta-Sharing-Capabilities", "responseformat=delta"))->accepts_delta);
}

// Mistake 11: clients search the answer's header for lower-case substrings without spaces.
TEST(CapabilitiesOfResponse, IsLowerCaseWithoutSpaces) {
  EXPECT_EQ(CapabilitiesOfResponse({}), "responseformat=parquet");
  EXPECT_EQ(
      CapabilitiesOfResponse({.format = ResponseFormat::kDelta, .include_end_stream_action = true}),
      "responseformat=delta;includeendstreamaction=true");
}

// Mistake 14: an asynchronous answer says so.
TEST(CapabilitiesOfResponse, SaysThatAnAnswerIsAsynchronous) {
  EXPECT_EQ(CapabilitiesOfResponse({.async_query = true}),
            "responseformat=parquet;asyncquery=true");
}

// Mistake 19: each format has its own ids unless the client says which it wants.
TEST(ParseFileIdHash, KnowsTwoInAnyCase) {
  EXPECT_THAT(ParseFileIdHash(http::Headers()), IsOkAnd(std::nullopt));
  EXPECT_THAT(ParseFileIdHash(With("FileIdHash", "Delta")), IsOkAnd(FileIdHash::kDelta));
  EXPECT_THAT(ParseFileIdHash(With("fileidhash", " parquet ")), IsOkAnd(FileIdHash::kParquet));
  EXPECT_EQ(FileIdHashName(FileIdHash::kDelta), "delta");
  EXPECT_EQ(FileIdHashName(FileIdHash::kParquet), "parquet");
  EXPECT_EQ(DefaultFileIdHash(ResponseFormat::kDelta), FileIdHash::kDelta);
  EXPECT_EQ(DefaultFileIdHash(ResponseFormat::kParquet), FileIdHash::kParquet);
}

TEST(ParseFileIdHash, RefusesOthersInTheReferencesWords) {
  const auto unknown = ParseFileIdHash(With("fileidhash", "crc32"));
  ASSERT_THAT(unknown, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(unknown.error().message, "Unsupported fileidhash: 'crc32'");
  EXPECT_THAT(ParseFileIdHash(With("fileidhash", " ")), FailsWith(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::protocol
