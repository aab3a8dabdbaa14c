#include "delta/checksum.h"

#include "base/testing.h"
#include "table/testing.h"

namespace sluice::delta {
namespace {

using testing::HasSubstr;

// Two files of three bytes each.
table::SnapshotPtr TwoFiles() {
  table::Metadata metadata = *table::MetadataOf({"id long"});
  metadata.id = "m";
  table::Protocol protocol{.min_reader_version = 3,
                           .min_writer_version = 7,
                           .reader_features = {{"deletionVectors", "timestampNtz"}},
                           .writer_features = {{"deletionVectors", "timestampNtz"}}};
  const auto block = table::BlockMaker()
                         .Add({.path = "a", .size_bytes = 3})
                         .Add({.path = "b", .size_bytes = 3})
                         .Finish(metadata);
  return std::make_shared<const table::Snapshot>(
      table::Version(4), std::make_shared<table::Metadata>(metadata),
      std::make_shared<table::Protocol>(protocol),
      std::vector<table::Segment>{table::Segment::Whole(block)});
}

TEST(ChecksumTest, RightChecksumIsTaken) {
  EXPECT_THAT(
      VerifyChecksum(R"({"txnId":"t","tableSizeBytes":6,"numFiles":2,"numMetadata":1,)"
                     R"("metadata":{"id":"m","name":"x"},"protocol":{"minReaderVersion":3,)"
                     R"("minWriterVersion":7,"readerFeatures":["timestampNtz","deletionVectors"],)"
                     R"("writerFeatures":["deletionVectors","timestampNtz"]}})",
                     *TwoFiles()),
      IsOk());
}

TEST(ChecksumTest, EveryDifferenceIsCorruptAndNamed) {
  for (const auto& [text, name] : std::vector<std::pair<std::string, std::string>>{
           {R"({"numFiles":3})", "numFiles is 2 by the log, 3 by the checksum"},
           {R"({"tableSizeBytes":5})", "tableSizeBytes is 6 by the log, 5 by the checksum"},
           {R"({"metadata":{"id":"n"}})", "id of the metadata"},
           {R"({"protocol":{"minReaderVersion":1}})", "minReaderVersion"},
           {R"({"protocol":{"minWriterVersion":2}})", "minWriterVersion"},
           {R"({"protocol":{"readerFeatures":["deletionVectors"]}})", "readerFeatures"},
           {R"({"protocol":{"writerFeatures":[]}})", "writerFeatures"}}) {
    const auto verified = VerifyChecksum(text, *TwoFiles());
    ASSERT_THAT(verified, FailsWith(ErrorCode::kCorruptData)) << text;
    EXPECT_THAT(verified.error().detail, HasSubstr(name));
    EXPECT_THAT(verified.error().message, testing::Not(HasSubstr(name)));
  }
}

TEST(ChecksumTest, OnlyWhatIsThereIsCompared) {
  for (const char* text : {"{}", R"({"numFiles":2})", R"({"metadata":{},"protocol":{}})",
                           R"({"numFiles":null,"metadata":null,"protocol":null})"}) {
    EXPECT_THAT(VerifyChecksum(text, *TwoFiles()), IsOk()) << text;
  }
}

TEST(ChecksumTest, UnreadableChecksumIsNoFault) {
  for (const char* text : {"", "{", "[]", "\xff", R"({"numFiles":"3"})", R"({"metadata":[]})",
                           R"({"protocol":{"readerFeatures":[1]}})"}) {
    EXPECT_THAT(VerifyChecksum(text, *TwoFiles()), IsOk()) << text;
  }
}

}  // namespace
}  // namespace sluice::delta
