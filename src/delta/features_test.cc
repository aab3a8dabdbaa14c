#include "delta/features.h"

#include "base/format.h"
#include "base/testing.h"
#include "expr/schema.h"

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

table::Metadata ChangedFrom(const std::string& from, const std::string& to) {
  table::Metadata metadata;
  metadata.schema =
      expr::ParseSchema(
          R"({"type":"struct","fields":[{"name":"s","type":{"type":"struct","fields":[)"
          R"({"name":"c","type":"long","metadata":{"delta.typeChanges":[{"fromType":")" +
          from + R"(","toType":")" + to + R"("}]}}]}}]})")
          .value();
  return metadata;
}

Error Refusal(const table::Protocol& protocol, const table::Metadata& metadata = {}) {
  const auto checked = CheckReadable(protocol, metadata);
  EXPECT_FALSE(checked.ok());
  return checked.ok() ? Error{} : checked.error();
}

TEST(FeaturesTest, VersionOneIsReadable) { EXPECT_THAT(CheckReadable(ReaderOf(1), {}), IsOk()); }

TEST(FeaturesTest, VersionTwoIsReadableWhateverTheMapping) {
  EXPECT_THAT(CheckReadable(ReaderOf(2), {}), IsOk());
  for (const char* mode : {"none", "name", "id"})
    EXPECT_THAT(CheckReadable(ReaderOf(2), MappedBy(mode)), IsOk()) << mode;
}

TEST(FeaturesTest, EveryFeatureOfReadersIsKnownAloneAndTogether) {
  const std::vector<std::string> known = {
      "columnMapping", "deletionVectors",     "geospatial",
      "timestampNtz",  "typeWidening",        "typeWidening-preview",
      "v2Checkpoint",  "vacuumProtocolCheck", "variantShredding",
      "variantType",   "variantType-preview", "variantShredding-preview"};
  for (const std::string& feature : known)
    EXPECT_THAT(CheckReadable(ReaderOf(3, {{feature}}), {}), IsOk()) << feature;
  EXPECT_THAT(CheckReadable(ReaderOf(3, known), MappedBy("id")), IsOk());
  EXPECT_THAT(CheckReadable(ReaderOf(3, {{}}), {}), IsOk());
}

TEST(FeaturesTest, OtherFeaturesAreRefusedByName) {
  for (const char* feature :
       {"catalogManaged", "catalogOwned-preview", "catalogOwned", "timeMachine", "DeletionVectors",
        "redirectReaderWriter-preview", ""}) {
    const Error error = Refusal(ReaderOf(3, {{feature}}));
    EXPECT_EQ(error.code, ErrorCode::kUnsupported) << feature;
    EXPECT_EQ(
        error.message,
        Format("the table needs reader features that this server does not support: {}", feature));
  }
}

TEST(FeaturesTest, AllFeaturesThatAreUnknownAreNamedAndNoOther) {
  const Error error = Refusal(ReaderOf(3, {{"catalogManaged", "deletionVectors", "timeMachine"}}));
  EXPECT_THAT(error.message, testing::EndsWith("support: catalogManaged, timeMachine"));
}

TEST(FeaturesTest, FeaturesOfWritersAreNoMatterOfReaders) {
  table::Protocol protocol = ReaderOf(1);
  protocol.writer_features = {{"timeMachine", "catalogManaged"}};
  EXPECT_THAT(CheckReadable(protocol, {}), IsOk());
  protocol.min_reader_version = 2;
  EXPECT_THAT(CheckReadable(protocol, {}), IsOk());
  protocol = ReaderOf(3, {{"deletionVectors"}});
  protocol.writer_features = {{"timeMachine", "deletionVectors"}};
  EXPECT_THAT(CheckReadable(protocol, {}), IsOk());
}

TEST(FeaturesTest, LaterVersionsAreRefusedByNumber) {
  for (const int version : {4, 9, 2147483647}) {
    const Error error = Refusal(ReaderOf(version));
    EXPECT_EQ(error.code, ErrorCode::kUnsupported);
    EXPECT_THAT(error.message, HasSubstr(std::to_string(version)));
  }
}

TEST(FeaturesTest, ProtocolThatContradictsItselfIsCorrupt) {
  EXPECT_EQ(Refusal(ReaderOf(3)).code, ErrorCode::kCorruptData);
  EXPECT_EQ(Refusal(ReaderOf(1, {{"deletionVectors"}})).code, ErrorCode::kCorruptData);
  EXPECT_EQ(Refusal(ReaderOf(2, {{"columnMapping"}})).code, ErrorCode::kCorruptData);
}

TEST(FeaturesTest, UnknownMappingIsRefusedByName) {
  const Error error = Refusal(ReaderOf(2), MappedBy("hash"));
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message, HasSubstr("'hash'"));
}

TEST(FeaturesTest, MappingThatTheProtocolDoesNotAnnounceIsCorrupt) {
  for (const char* mode : {"name", "id"}) {
    EXPECT_EQ(Refusal(ReaderOf(1), MappedBy(mode)).code, ErrorCode::kCorruptData);
    EXPECT_EQ(Refusal(ReaderOf(3, {{"deletionVectors"}}), MappedBy(mode)).code,
              ErrorCode::kCorruptData);
  }
  EXPECT_THAT(CheckReadable(ReaderOf(1), MappedBy("none")), IsOk());
}

TEST(FeaturesTest, TypeChangesAreThoseOfTheFormat) {
  const table::Protocol protocol = ReaderOf(3, {{"typeWidening"}});
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"byte", "long"},
                                                        {"float", "double"},
                                                        {"integer", "double"},
                                                        {"date", "timestamp_ntz"},
                                                        {"long", "decimal(20,0)"},
                                                        {"decimal(6, 2)", "decimal(10, 4)"}}) {
    EXPECT_THAT(CheckReadable(protocol, ChangedFrom(from, to)), IsOk()) << from << " " << to;
  }
  const Error error = Refusal(protocol, ChangedFrom("long", "integer"));
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message, HasSubstr("'c' was changed from long to integer"));
}

}  // namespace
}  // namespace sluice::delta
