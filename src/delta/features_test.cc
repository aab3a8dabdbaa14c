#include "delta/features.h"

#include "base/testing.h"

namespace sluice::delta {
namespace {

using testing::HasSubstr;

table::Protocol ReaderOf(int version, std::optional<std::vector<std::string>> features = {}) {
  return {.min_reader_version = version,
          .min_writer_version = 7,
          .reader_features = std::move(features),
          .writer_features = {}};
}

table::Metadata MappedBy(const std::string& mode) {
  table::Metadata metadata;
  metadata.configuration = {{"delta.columnMapping.mode", mode}};
  return metadata;
}

TEST(FeaturesTest, VersionOneIsReadable) { EXPECT_THAT(CheckReadable(ReaderOf(1), {}), IsOk()); }

TEST(FeaturesTest, VersionThreeWithoutFeaturesIsReadable) {
  EXPECT_THAT(CheckReadable(ReaderOf(3, {{}}), {}), IsOk());
  EXPECT_THAT(CheckReadable(ReaderOf(3), {}), IsOk());
}

TEST(FeaturesTest, VersionTwoIsReadableUntilColumnsAreMapped) {
  EXPECT_THAT(CheckReadable(ReaderOf(2), {}), IsOk());
  EXPECT_THAT(CheckReadable(ReaderOf(2), MappedBy("none")), IsOk());
  for (const char* mode : {"name", "id"}) {
    const auto checked = CheckReadable(ReaderOf(2), MappedBy(mode));
    ASSERT_THAT(checked, FailsWith(ErrorCode::kUnsupported)) << mode;
    EXPECT_THAT(checked.error().message, HasSubstr("columnMapping"));
  }
}

TEST(FeaturesTest, LaterVersionsAreRefusedByNumber) {
  for (const int version : {4, 9, 2147483647}) {
    const auto checked = CheckReadable(ReaderOf(version), {});
    ASSERT_THAT(checked, FailsWith(ErrorCode::kUnsupported));
    EXPECT_THAT(checked.error().message, HasSubstr(std::to_string(version)));
  }
}

TEST(FeaturesTest, EveryFeatureIsRefusedByName) {
  for (const char* feature :
       {"columnMapping", "deletionVectors", "timestampNtz", "typeWidening", "typeWidening-preview",
        "v2Checkpoint", "vacuumProtocolCheck", "variantType", "catalogManaged", "timeMachine"}) {
    const auto checked = CheckReadable(ReaderOf(3, {{feature}}), {});
    ASSERT_THAT(checked, FailsWith(ErrorCode::kUnsupported)) << feature;
    EXPECT_THAT(checked.error().message, HasSubstr(feature));
  }
}

TEST(FeaturesTest, AllFeaturesThatAreMissingAreNamed) {
  const auto checked = CheckReadable(ReaderOf(3, {{"deletionVectors", "timeMachine"}}), {});
  ASSERT_THAT(checked, FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(checked.error().message, HasSubstr("deletionVectors, timeMachine"));
}

}  // namespace
}  // namespace sluice::delta
