#include "protocol/features.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/testing.h"

namespace sluice::protocol {
namespace {

using table::Metadata;
using table::Protocol;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Protocol WithFeatures(std::vector<std::string> features) {
  return {.min_reader_version = 3,
          .min_writer_version = 7,
          .reader_features = features,
          .writer_features = std::move(features)};
}

Metadata With(const std::string& property, const std::string& value) {
  Metadata metadata;
  metadata.configuration = {{property, value}};
  return metadata;
}

const Metadata kPlain;
const Metadata kVectors = With("delta.enableDeletionVectors", "true");
const Metadata kMapped = With("delta.columnMapping.mode", "name");

TEST(NeedsOf, APlainTableNeedsNothing) {
  for (const Protocol& protocol :
       {Protocol{}, Protocol{.min_reader_version = 2, .min_writer_version = 5}, WithFeatures({}),
        WithFeatures({"deletionVectors", "columnMapping"}),
        WithFeatures({"v2Checkpoint", "vacuumProtocolCheck"})}) {
    const ReadingNeeds needs = NeedsOf(protocol, kPlain, /*has_vectors=*/false);
    EXPECT_FALSE(needs.needs_delta);
    EXPECT_THAT(needs.features, IsEmpty());
  }
}

TEST(NeedsOf, VectorsAreInForceWhereTheTableMayWriteThem) {
  const Protocol listed = WithFeatures({"deletionVectors"});
  EXPECT_THAT(NeedsOf(listed, kVectors, false).features, ElementsAre("deletionvectors"));
  EXPECT_TRUE(NeedsOf(listed, kVectors, false).needs_delta);
  EXPECT_TRUE(NeedsOf(listed, With("delta.enableDeletionVectors", "TRUE"), false).needs_delta);
  EXPECT_FALSE(NeedsOf(listed, With("delta.enableDeletionVectors", "false"), false).needs_delta);
  // A property without the feature means nothing.
  EXPECT_FALSE(NeedsOf(Protocol{}, kVectors, false).needs_delta);
}

TEST(NeedsOf, AVectorIsInForceEvenWhereTheTableWritesNoMore) {
  for (const Protocol& protocol : {Protocol{}, WithFeatures({"deletionVectors"})}) {
    const ReadingNeeds needs = NeedsOf(protocol, kPlain, /*has_vectors=*/true);
    EXPECT_TRUE(needs.needs_delta);
    EXPECT_THAT(needs.features, ElementsAre("deletionvectors"));
  }
}

TEST(NeedsOf, ColumnMappingIsInForceWithReaderVersion2OrTheFeature) {
  const Protocol version2{.min_reader_version = 2, .min_writer_version = 5};
  for (const Protocol& protocol : {version2, WithFeatures({"columnMapping"})}) {
    EXPECT_THAT(NeedsOf(protocol, kMapped, false).features, ElementsAre("columnmapping"));
    EXPECT_TRUE(NeedsOf(protocol, kMapped, false).needs_delta);
    EXPECT_TRUE(NeedsOf(protocol, With("delta.columnMapping.mode", "id"), false).needs_delta);
    EXPECT_FALSE(NeedsOf(protocol, With("delta.columnMapping.mode", "none"), false).needs_delta);
  }
  EXPECT_FALSE(NeedsOf(Protocol{}, kMapped, false).needs_delta);
}

TEST(NeedsOf, OtherFeaturesNeedDeltaButNoDeclaration) {
  const ReadingNeeds needs = NeedsOf(WithFeatures({"v2Checkpoint", "variantType"}), kPlain, false);
  EXPECT_TRUE(needs.needs_delta);
  EXPECT_THAT(needs.features, IsEmpty());
  // Lists of an older protocol do not count.
  Protocol old = WithFeatures({"variantType"});
  old.min_reader_version = 1;
  EXPECT_FALSE(NeedsOf(old, kPlain, false).needs_delta);
}

Capabilities Parsed(std::string_view header) { return ParseCapabilities(header).value(); }

// Mistake 12: one format asked for is an order, and of both a plain table answers parquet.
TEST(ChooseFormat, ObeysAnOrderAndPrefersParquet) {
  const ReadingNeeds plain;
  EXPECT_THAT(ChooseFormat(Parsed("responseformat=parquet"), plain),
              IsOkAnd(ResponseFormat::kParquet));
  EXPECT_THAT(ChooseFormat(Parsed("responseformat=delta"), plain), IsOkAnd(ResponseFormat::kDelta));
  EXPECT_THAT(ChooseFormat(Parsed("responseformat=delta,parquet"), plain),
              IsOkAnd(ResponseFormat::kParquet));
}

// Mistake 12: parquet for a table that needs delta is an error, not wrong rows.
TEST(ChooseFormat, NeverAnswersParquetWhereTheTableNeedsDelta) {
  const ReadingNeeds needs{.needs_delta = true, .features = {}};
  const auto refused = ChooseFormat(Parsed(""), needs);
  ASSERT_THAT(refused, FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(refused.error().message, HasSubstr("Unsupported Delta Table Properties"));
  EXPECT_THAT(ChooseFormat(Parsed("responseformat=delta"), needs), IsOkAnd(ResponseFormat::kDelta));
  EXPECT_THAT(ChooseFormat(Parsed("responseformat=delta,parquet"), needs),
              IsOkAnd(ResponseFormat::kDelta));
}

TEST(ChooseFormat, DemandsEachFeatureInForce) {
  const ReadingNeeds needs{.needs_delta = true, .features = {"deletionvectors", "columnmapping"}};
  for (const char* header : {"responseformat=delta", "responseformat=delta,parquet",
                             "responseformat=delta;readerfeatures=deletionvectors"}) {
    const auto refused = ChooseFormat(Parsed(header), needs);
    ASSERT_THAT(refused, FailsWith(ErrorCode::kUnsupported)) << header;
    EXPECT_THAT(refused.error().message, HasSubstr("Unsupported Delta Table Properties"));
  }
  EXPECT_THAT(
      ChooseFormat(Parsed("responseformat=delta;readerfeatures=columnMapping,deletionVectors"),
                   needs),
      IsOkAnd(ResponseFormat::kDelta));
}

// Mistake 13: Spark refuses a readable table that lists features of the log alone.
TEST(WithoutLogFeatures, DropsThemFromBothLists) {
  Protocol protocol = WithFeatures({"v2Checkpoint", "timestampNtz", "vacuumProtocolCheck"});
  protocol.writer_features->push_back("appendOnly");
  const Protocol told = WithoutLogFeatures(protocol);
  EXPECT_EQ(told.min_reader_version, 3);
  EXPECT_EQ(told.min_writer_version, 7);
  EXPECT_THAT(*told.reader_features, ElementsAre("timestampNtz"));
  EXPECT_THAT(*told.writer_features, ElementsAre("timestampNtz", "appendOnly"));
}

TEST(WithoutLogFeatures, KeepsVersion3WithEmptyLists) {
  const Protocol told = WithoutLogFeatures(WithFeatures({"v2Checkpoint"}));
  EXPECT_EQ(told.min_reader_version, 3);
  EXPECT_THAT(*told.reader_features, IsEmpty());
  EXPECT_THAT(*told.writer_features, IsEmpty());
}

TEST(WithoutLogFeatures, LeavesOlderProtocolsAlone) {
  const Protocol told = WithoutLogFeatures({.min_reader_version = 1,
                                            .min_writer_version = 7,
                                            .reader_features = {},
                                            .writer_features = {{"vacuumProtocolCheck"}}});
  EXPECT_EQ(told.reader_features, std::nullopt);
  EXPECT_THAT(*told.writer_features, ElementsAre("vacuumProtocolCheck"));
}

}  // namespace
}  // namespace sluice::protocol
