#include "protocol/table_lines.h"

#include "base/testing.h"
#include "table/testing.h"

namespace sluice::protocol {
namespace {

using table::BlockMaker;
using table::Metadata;
using table::NamedPartitionValue;
using table::SnapshotPtr;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr char kSchema[] =
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,)"
    R"("metadata":{"comment":"key","delta.columnMapping.id":1}},)"
    R"({"name":"day","type":"date","nullable":true,"metadata":{}}]})";
const SystemTime kExpiry{std::chrono::milliseconds(1'700'000'000'123)};

std::shared_ptr<const Metadata> MetadataOfOrders() {
  Metadata metadata;
  metadata.id = "t-1";
  metadata.name = "orders";
  metadata.description = "all \"orders\"";
  metadata.format_options = {{"mergeSchema", "true"}};
  metadata.schema_string = kSchema;
  metadata.schema = expr::ParseSchema(kSchema).value();
  metadata.partition_columns = {"day"};
  metadata.configuration = {{"delta.enableChangeDataFeed", "true"}, {"owner", "secret"}};
  metadata.created_time_ms = 1'600'000'000'000;
  return std::make_shared<const Metadata>(std::move(metadata));
}

SnapshotPtr OneFile(const table::DataFile& file,
                    const std::shared_ptr<const Metadata>& metadata = MetadataOfOrders()) {
  return table::SnapshotOf(BlockMaker().Add(file).Finish(*metadata), metadata);
}

const std::vector<NamedPartitionValue> kDay = {{.column = "day", .text = "2024-01-02"}};
const table::DataFile kFile = {.path = "day=2024-01-02/a%20b.parquet",
                               .size_bytes = 573,
                               .modification_time_ms = 1'700'000'000'000,
                               .data_change = true,
                               .partition_values = kDay,
                               .stats = R"({"numRecords":1})"};

std::string LinesOf(const SnapshotPtr& snapshot, const FileLineRenderer::Options& options) {
  const FileLineRenderer renderer(options);
  const table::FileSelection selection = snapshot->Select({}, std::nullopt);
  table::FileCursor cursor(selection);
  std::string lines;
  while (cursor.Next()) {
    renderer.Append(
        cursor.block(), cursor.row(), cursor.EscapedStats(),
        [](std::string& out) { out += "http://u/1?a=b"; }, lines);
  }
  return lines;
}

std::string ParquetLines(const SnapshotPtr& snapshot) {
  return LinesOf(snapshot, {.format = ResponseFormat::kParquet,
                            .id_hash = FileIdHash::kParquet,
                            .urls_expire_at = kExpiry});
}

std::string DeltaLines(const SnapshotPtr& snapshot) {
  return LinesOf(
      snapshot,
      {.format = ResponseFormat::kDelta, .id_hash = FileIdHash::kDelta, .urls_expire_at = kExpiry});
}

TEST(HeadLines, OfParquetShowWhatRecipientsNeedAndNoMore) {
  EXPECT_EQ(
      RenderHeadLines(*OneFile(kFile), ResponseFormat::kParquet, /*history_shared=*/true),
      R"({"protocol":{"minReaderVersion":1}})"
      "\n"
      R"({"metaData":{"id":"t-1","name":"orders","description":"all \"orders\"",)"
      R"("format":{"provider":"parquet"},"schemaString":"{\"type\":\"struct\",\"fields\":[)"
      R"({\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{\"comment\":\"key\"}},)"
      R"({\"name\":\"day\",\"type\":\"date\",\"nullable\":true,\"metadata\":{}}]}",)"
      R"("partitionColumns":["day"],"configuration":{"enableChangeDataFeed":"true"},)"
      R"("size":573,"numFiles":1}})"
      "\n");
}

TEST(HeadLines, OfDeltaAreTheActionsVerbatim) {
  EXPECT_EQ(RenderHeadLines(*OneFile(kFile), ResponseFormat::kDelta, /*history_shared=*/false),
            R"({"protocol":{"deltaProtocol":{"minReaderVersion":1,"minWriterVersion":1}}})"
            "\n"
            R"({"metaData":{"deltaMetadata":{"id":"t-1","name":"orders",)"
            R"("description":"all \"orders\"","format":{"provider":"parquet",)"
            R"("options":{"mergeSchema":"true"}},"schemaString":"{\"type\":\"struct\",\"fields\":[)"
            R"({\"name\":\"id\",\"type\":\"long\",\"nullable\":true,)"
            R"(\"metadata\":{\"comment\":\"key\",\"delta.columnMapping.id\":1}},)"
            R"({\"name\":\"day\",\"type\":\"date\",\"nullable\":true,\"metadata\":{}}]}",)"
            R"("partitionColumns":["day"],"configuration":{"delta.enableChangeDataFeed":"true",)"
            R"("owner":"secret"},"createdTime":1600000000000},"size":573,"numFiles":1}})"
            "\n");
}

TEST(HeadLines, NameFeaturesOnlyWhereTheProtocolHasThem) {
  const table::Protocol protocol{.min_reader_version = 3,
                                 .min_writer_version = 7,
                                 .reader_features = {{"timestampNtz"}},
                                 .writer_features = {{"timestampNtz", "appendOnly"}}};
  const table::Snapshot snapshot(table::Version(4), MetadataOfOrders(),
                                 std::make_shared<const table::Protocol>(protocol), {});
  const std::string head = RenderHeadLines(snapshot, ResponseFormat::kDelta, true);
  EXPECT_EQ(
      head.substr(0, head.find('\n')),
      R"({"protocol":{"deltaProtocol":{"minReaderVersion":3,"minWriterVersion":7,)"
      R"("readerFeatures":["timestampNtz"],"writerFeatures":["timestampNtz","appendOnly"]}}})");
  // The parquet form has no features: a table that needs them is refused before.
  EXPECT_THAT(RenderHeadLines(snapshot, ResponseFormat::kParquet, true),
              HasSubstr(R"({"protocol":{"minReaderVersion":1}})"));
}

TEST(HeadLines, LeaveOutWhatTheTableDoesNotSay) {
  const auto metadata = table::MetadataOf({"id long"});
  const SnapshotPtr empty = table::SnapshotOf(BlockMaker().Finish(*metadata), metadata);
  EXPECT_THAT(RenderHeadLines(*empty, ResponseFormat::kParquet, true),
              EndsWith(R"("partitionColumns":[],"configuration":{},"size":0,"numFiles":0}})"
                       "\n"));
  const std::string delta = RenderHeadLines(*empty, ResponseFormat::kDelta, true);
  EXPECT_THAT(delta, HasSubstr(R"({"deltaMetadata":{"id":"table","format":{"provider":"parquet",)"
                               R"("options":{}},"schemaString":)"));
  EXPECT_THAT(delta, EndsWith(R"("configuration":{}},"size":0,"numFiles":0}})"
                              "\n"));
}

TEST(HeadLines, TellOfTheChangeDataFeedOnlyWithHistory) {
  const auto says_feed = [](const SnapshotPtr& snapshot, bool history_shared) {
    const std::string head = RenderHeadLines(*snapshot, ResponseFormat::kParquet, history_shared);
    return head.find("enableChangeDataFeed") != std::string::npos;
  };
  EXPECT_TRUE(says_feed(OneFile(kFile), true));
  EXPECT_FALSE(says_feed(OneFile(kFile), false));
  Metadata off = *MetadataOfOrders();
  off.configuration = {{"delta.enableChangeDataFeed", "false"}};
  EXPECT_FALSE(says_feed(OneFile(kFile, std::make_shared<const Metadata>(off)), true));
}

TEST(HeadLines, AreTheSameBytesEveryTime) {
  // Spark takes a schemaString that differs between two answers for a changed schema.
  for (const ResponseFormat format : {ResponseFormat::kParquet, ResponseFormat::kDelta}) {
    EXPECT_EQ(RenderHeadLines(*OneFile(kFile), format, true),
              RenderHeadLines(*OneFile(kFile), format, true));
  }
}

TEST(FileLine, OfParquet) {
  EXPECT_EQ(ParquetLines(OneFile(kFile)),
            R"({"file":{"url":"http://u/1?a=b","id":"56eaa167edb3d0947925c751885024b8",)"
            R"("partitionValues":{"day":"2024-01-02"},"size":573,)"
            R"("stats":"{\"numRecords\":1}","expirationTimestamp":1700000000123}})"
            "\n");
}

TEST(FileLine, OfDelta) {
  EXPECT_EQ(
      DeltaLines(OneFile(kFile)),
      R"({"file":{"id":"d95b855110ae2749784bf3ceff5a7f485df84152432a8bfed3bd18519e0a7489","deltaSingleAction":{"add":{"path":"http://u/1?a=b",)"
      R"("partitionValues":{"day":"2024-01-02"},"size":573,)"
      R"("modificationTime":1700000000000,"dataChange":true,)"
      R"("stats":"{\"numRecords\":1}"}},"expirationTimestamp":1700000000123}})"
      "\n");
}

TEST(FileLine, OfDeltaCarriesWhatElseTheActionSays) {
  table::DataFile file = kFile;
  file.data_change = false;
  file.extra = R"(,"tags":{"zorder":"1"},"baseRowId":7)";
  EXPECT_THAT(DeltaLines(OneFile(file)),
              HasSubstr(R"("dataChange":false,"stats":"{\"numRecords\":1}",)"
                        R"("tags":{"zorder":"1"},"baseRowId":7}},"expirationTimestamp")"));
  EXPECT_THAT(ParquetLines(OneFile(file)), Not(HasSubstr("tags")));
}

TEST(FileLine, WithoutStatisticsHasNoSuchMember) {
  table::DataFile file = kFile;
  file.stats = "";
  EXPECT_THAT(ParquetLines(OneFile(file)), HasSubstr(R"("size":573,"expirationTimestamp")"));
  EXPECT_THAT(DeltaLines(OneFile(file)), HasSubstr(R"("dataChange":true}},"expirationTimestamp")"));
}

TEST(FileLine, KeepsNullPartitions) {
  table::DataFile file = kFile;
  file.partition_values = {};
  EXPECT_THAT(ParquetLines(OneFile(file)), HasSubstr(R"("partitionValues":{"day":null})"));
  EXPECT_THAT(DeltaLines(OneFile(file)), HasSubstr(R"("partitionValues":{"day":null})"));
}

TEST(FileLine, OfATableWithoutPartitionsHasAnEmptyObject) {
  const auto metadata = table::MetadataOf({"id long"});
  table::DataFile file = kFile;
  file.partition_values = {};
  EXPECT_THAT(ParquetLines(OneFile(file, metadata)), HasSubstr(R"("partitionValues":{},"size")"));
}

TEST(FileLine, IsOneLineWhateverItsTextsHold) {
  // Python's client splits at all of these.
  const std::string separators = "\n\r\x0b\x0c\x1c\x1e\xc2\x85\xe2\x80\xa8\xe2\x80\xa9";
  const auto metadata = table::MetadataOf({"id long", "p string"}, {"p"});
  const std::string stats = R"({"minValues":{"s":"a)" + separators + R"(b"}})";
  const std::vector<NamedPartitionValue> values = {{.column = "p", .text = separators}};
  const SnapshotPtr snapshot = OneFile(
      {.path = "x" + separators, .size_bytes = 1, .partition_values = values, .stats = stats},
      metadata);
  for (const std::string& lines : {ParquetLines(snapshot), DeltaLines(snapshot)}) {
    EXPECT_EQ(lines.find_first_of("\n\r\x0b\x0c\x1c\x1e"), lines.size() - 1) << lines;
    EXPECT_THAT(lines, Not(HasSubstr("\xc2\x85")));
    EXPECT_THAT(lines, Not(HasSubstr("\xe2\x80\xa8")));
    EXPECT_THAT(lines, Not(HasSubstr("\xe2\x80\xa9")));
    EXPECT_THAT(lines, HasSubstr(R"(\u2028\u2029)"));
  }
}

TEST(FileLine, HasTheIdThatWasAskedFor) {
  const auto id_of = [](ResponseFormat format, FileIdHash hash) {
    const std::string line = LinesOf(OneFile(kFile), {.format = format, .id_hash = hash});
    const std::size_t begin = line.find(R"("id":")") + 6;
    return line.substr(begin, line.find('"', begin) - begin);
  };
  // md5sum and sha256sum of the path, undecoded.
  const std::string md5 = "56eaa167edb3d0947925c751885024b8";
  const std::string sha256 = "d95b855110ae2749784bf3ceff5a7f485df84152432a8bfed3bd18519e0a7489";
  EXPECT_EQ(id_of(ResponseFormat::kParquet, FileIdHash::kParquet), md5);
  EXPECT_EQ(id_of(ResponseFormat::kDelta, FileIdHash::kParquet), md5);
  EXPECT_EQ(id_of(ResponseFormat::kParquet, FileIdHash::kDelta), sha256);
  EXPECT_EQ(id_of(ResponseFormat::kDelta, FileIdHash::kDelta), sha256);
}

std::string EndLine(const EndStreamAction& action) {
  std::string out;
  AppendEndStreamAction(action, out);
  return out;
}

TEST(EndStreamAction, SaysHowTheAnswerEnded) {
  EXPECT_EQ(EndLine({.min_url_expires_at = kExpiry}),
            R"({"endStreamAction":{"minUrlExpirationTimestamp":1700000000123}})"
            "\n");
  EXPECT_EQ(EndLine({.error_message = "bad \"file\"", .http_status_error_code = 500}),
            R"({"endStreamAction":{"errorMessage":"bad \"file\"","httpStatusErrorCode":500}})"
            "\n");
  EXPECT_EQ(EndLine({}), R"({"endStreamAction":{}})"
                         "\n");
}

}  // namespace
}  // namespace sluice::protocol
