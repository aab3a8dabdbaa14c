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
constexpr SystemTime kExpiry{std::chrono::milliseconds(1'700'000'000'123)};
constexpr SystemTime kCommitTime{std::chrono::milliseconds(1'690'000'000'456)};

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

void AppendUrl(std::string& out) { out += "http://u/1?a=b"; }
void AppendVectorUrl(std::string& out) { out += "http://u/2?a=b"; }

std::string LineOf(const FileLine& line, const FileLineRenderer::Options& options) {
  std::string out;
  FileLineRenderer(options).Append(line, AppendUrl, AppendVectorUrl, out);
  return out;
}

std::string LinesOf(const SnapshotPtr& snapshot, const FileLineRenderer::Options& options) {
  const table::FileSelection selection = snapshot->Select({}, std::nullopt);
  table::FileCursor cursor(selection);
  std::string lines;
  while (cursor.Next()) {
    lines += LineOf(
        {.block = cursor.block(), .row = cursor.row(), .escaped_stats = cursor.EscapedStats()},
        options);
  }
  return lines;
}

constexpr FileLineRenderer::Options kParquet = {
    .format = ResponseFormat::kParquet, .id_hash = FileIdHash::kParquet, .urls_expire_at = kExpiry};
constexpr FileLineRenderer::Options kDelta = {
    .format = ResponseFormat::kDelta, .id_hash = FileIdHash::kDelta, .urls_expire_at = kExpiry};

std::string ParquetLines(const SnapshotPtr& snapshot) { return LinesOf(snapshot, kParquet); }
std::string DeltaLines(const SnapshotPtr& snapshot) { return LinesOf(snapshot, kDelta); }

// The line of a file of its own block, as a commit tells of it.
std::string LineOfCommit(const table::DataFile& file, FileAction action,
                         const FileLineRenderer::Options& options,
                         std::string_view vector_path = {}) {
  const std::shared_ptr<const table::FileBlock> block =
      BlockMaker().Add(file).Finish(*MetadataOfOrders());
  table::CompressedText::Cursor stats = block->EscapedStats();
  return LineOf({.block = *block,
                 .row = 0,
                 .escaped_stats = stats.Get(0),
                 .action = action,
                 .commit = CommitStamp{.version = table::Version(7), .time = kCommitTime},
                 .vector_path = vector_path},
                options);
}

std::string Head(const table::Snapshot& snapshot, ResponseFormat format, bool history_shared) {
  return RenderHeadLines(snapshot, {.format = format, .history_shared = history_shared});
}

// Mistakes 1 and 18: size and numFiles are there, the configuration and the fields' metadata are
// not.
TEST(HeadLines, OfParquetShowWhatRecipientsNeedAndNoMore) {
  EXPECT_EQ(
      Head(*OneFile(kFile), ResponseFormat::kParquet, /*history_shared=*/true),
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

// Mistake 1: Spark fails without size.
TEST(HeadLines, OfDeltaAreTheActionsVerbatim) {
  EXPECT_EQ(Head(*OneFile(kFile), ResponseFormat::kDelta, /*history_shared=*/false),
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

// Mistake 13: parquet says reader version 1 whatever the table needs, delta the real protocol.
TEST(HeadLines, NameFeaturesOnlyWhereTheProtocolHasThem) {
  const table::Protocol protocol{.min_reader_version = 3,
                                 .min_writer_version = 7,
                                 .reader_features = {{"timestampNtz"}},
                                 .writer_features = {{"timestampNtz", "appendOnly"}}};
  const table::Snapshot snapshot(table::Version(4), MetadataOfOrders(),
                                 std::make_shared<const table::Protocol>(protocol), {});
  const std::string head = Head(snapshot, ResponseFormat::kDelta, true);
  EXPECT_EQ(
      head.substr(0, head.find('\n')),
      R"({"protocol":{"deltaProtocol":{"minReaderVersion":3,"minWriterVersion":7,)"
      R"("readerFeatures":["timestampNtz"],"writerFeatures":["timestampNtz","appendOnly"]}}})");
  // The parquet form has no features: a table that needs them is refused before.
  EXPECT_THAT(Head(snapshot, ResponseFormat::kParquet, true),
              HasSubstr(R"({"protocol":{"minReaderVersion":1}})"));
}

TEST(HeadLines, LeaveOutWhatTheTableDoesNotSay) {
  const auto metadata = table::MetadataOf({"id long"});
  const SnapshotPtr empty = table::SnapshotOf(BlockMaker().Finish(*metadata), metadata);
  EXPECT_THAT(Head(*empty, ResponseFormat::kParquet, true),
              EndsWith(R"("partitionColumns":[],"configuration":{},"size":0,"numFiles":0}})"
                       "\n"));
  const std::string delta = Head(*empty, ResponseFormat::kDelta, true);
  EXPECT_THAT(delta, HasSubstr(R"({"deltaMetadata":{"id":"table","format":{"provider":"parquet",)"
                               R"("options":{}},"schemaString":)"));
  EXPECT_THAT(delta, EndsWith(R"("configuration":{}},"size":0,"numFiles":0}})"
                              "\n"));
}

TEST(HeadLines, TellOfTheChangeDataFeedOnlyWithHistory) {
  const auto says_feed = [](const SnapshotPtr& snapshot, bool history_shared) {
    const std::string head = Head(*snapshot, ResponseFormat::kParquet, history_shared);
    return head.find("enableChangeDataFeed") != std::string::npos;
  };
  EXPECT_TRUE(says_feed(OneFile(kFile), true));
  EXPECT_FALSE(says_feed(OneFile(kFile), false));
  Metadata off = *MetadataOfOrders();
  off.configuration = {{"delta.enableChangeDataFeed", "false"}};
  EXPECT_FALSE(says_feed(OneFile(kFile, std::make_shared<const Metadata>(off)), true));
}

// Mistakes 10 and 13.
TEST(HeadLines, AreTheSameBytesEveryTime) {
  // Spark takes a schemaString that differs between two answers for a changed schema.
  for (const ResponseFormat format : {ResponseFormat::kParquet, ResponseFormat::kDelta}) {
    EXPECT_EQ(Head(*OneFile(kFile), format, true), Head(*OneFile(kFile), format, true));
  }
}

TEST(HeadLines, SayWhichVersionOnlyWhereAsked) {
  HeadOptions options{.format = ResponseFormat::kParquet,
                      .history_shared = false,
                      .metadata_version = table::Version(5),
                      .protocol_version = table::Version(3)};
  const std::string parquet = RenderHeadLines(*OneFile(kFile), options);
  EXPECT_THAT(parquet, HasSubstr(R"({"protocol":{"minReaderVersion":1}})"));
  EXPECT_THAT(parquet, EndsWith(R"("configuration":{},"version":5,"size":573,"numFiles":1}})"
                                "\n"));
  options.format = ResponseFormat::kDelta;
  const std::string delta = RenderHeadLines(*OneFile(kFile), options);
  EXPECT_THAT(delta, HasSubstr(R"("minWriterVersion":1},"version":3}})"));
  EXPECT_THAT(delta,
              EndsWith(R"("createdTime":1600000000000},"version":5,"size":573,"numFiles":1}})"
                       "\n"));
}

TEST(HeadLines, BetweenFilesHaveNoSize) {
  std::string out;
  AppendMetadataLine(*MetadataOfOrders(), std::nullopt,
                     {.format = ResponseFormat::kParquet, .metadata_version = table::Version(5)},
                     out);
  EXPECT_THAT(out, EndsWith(R"("configuration":{},"version":5}})"
                            "\n"));
}

// Mistake 13: features of the log alone do not reach recipients.
TEST(HeadLines, LeaveOutFeaturesOfTheLog) {
  std::string out;
  AppendProtocolLine({.min_reader_version = 3,
                      .min_writer_version = 7,
                      .reader_features = {{"v2Checkpoint"}},
                      .writer_features = {{"v2Checkpoint", "appendOnly"}}},
                     {.format = ResponseFormat::kDelta}, out);
  EXPECT_EQ(out, R"({"protocol":{"deltaProtocol":{"minReaderVersion":3,"minWriterVersion":7,)"
                 R"("readerFeatures":[],"writerFeatures":["appendOnly"]}}})"
                 "\n");
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

// Mistake 18: null is null, not "null".
TEST(FileLine, KeepsNullPartitions) {
  table::DataFile file = kFile;
  file.partition_values = {};
  EXPECT_THAT(ParquetLines(OneFile(file)), HasSubstr(R"("partitionValues":{"day":null})"));
  EXPECT_THAT(DeltaLines(OneFile(file)), HasSubstr(R"("partitionValues":{"day":null})"));
}

// Mistake 18.
TEST(FileLine, OfATableWithoutPartitionsHasAnEmptyObject) {
  const auto metadata = table::MetadataOf({"id long"});
  table::DataFile file = kFile;
  file.partition_values = {};
  EXPECT_THAT(ParquetLines(OneFile(file, metadata)), HasSubstr(R"("partitionValues":{},"size")"));
}

// Mistake 5.
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

// Mistake 19: the id depends on the path and the hash alone.
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

// Mistake 17: a removed file and a changed one have a URL and a size, but no statistics.
TEST(FileLine, OfParquetTellsWhatACommitDid) {
  const std::string members = R"("url":"http://u/1?a=b","id":"56eaa167edb3d0947925c751885024b8",)"
                              R"("partitionValues":{"day":"2024-01-02"},"size":573)";
  const std::string stats = R"(,"stats":"{\"numRecords\":1}")";
  const std::string end =
      R"(,"version":7,"timestamp":1690000000456,"expirationTimestamp":1700000000123}})"
      "\n";
  EXPECT_EQ(LineOfCommit(kFile, FileAction::kFile, kParquet),
            "{\"file\":{" + members + stats + end);
  EXPECT_EQ(LineOfCommit(kFile, FileAction::kAdd, kParquet), "{\"add\":{" + members + stats + end);
  EXPECT_EQ(LineOfCommit(kFile, FileAction::kChange, kParquet), "{\"cdf\":{" + members + end);
  EXPECT_EQ(LineOfCommit(kFile, FileAction::kRemove, kParquet), "{\"remove\":{" + members + end);
}

// Mistake 3: clients fail on a delta file without version and timestamp.
TEST(FileLine, OfDeltaTellsWhatACommitDid) {
  const auto line = [](FileAction action, bool data_change) {
    table::DataFile file = kFile;
    file.data_change = data_change;
    file.extra = R"(,"deletionTimestamp":9)";
    std::string text = LineOfCommit(file, action, kDelta);
    const std::string id =
        R"({"file":{"id":"d95b855110ae2749784bf3ceff5a7f485df84152432a8bfed3bd18519e0a7489",)";
    EXPECT_EQ(text.substr(0, id.size()), id);
    return text.substr(id.size());
  };
  const std::string start = R"("version":7,"timestamp":1690000000456,"deltaSingleAction":)";
  const std::string members =
      R"({"path":"http://u/1?a=b","partitionValues":{"day":"2024-01-02"},"size":573,)";
  const std::string end = R"("deletionTimestamp":9}},"expirationTimestamp":1700000000123}})"
                          "\n";
  for (const FileAction action : {FileAction::kFile, FileAction::kAdd}) {
    EXPECT_EQ(line(action, true), start + R"({"add":)" + members +
                                      R"("modificationTime":1700000000000,)" +
                                      R"("dataChange":true,"stats":"{\"numRecords\":1}",)" + end);
  }
  EXPECT_EQ(line(FileAction::kRemove, true),
            start + R"({"remove":)" + members + R"("dataChange":true,)" + end);
  EXPECT_EQ(line(FileAction::kRemove, false),
            start + R"({"remove":)" + members + R"("dataChange":false,)" + end);
  EXPECT_EQ(line(FileAction::kChange, true),
            start + R"({"cdc":)" + members + R"("dataChange":false,)" + end);
}

table::DataFile FileWith(const table::DeletionVector& vector) {
  table::DataFile file = kFile;
  file.extra = R"(,"baseRowId":7)";
  file.deletion_vector = &vector;
  return file;
}

// Mistake 2: a vector has a path, the URL of its file, and the id of that file is beside it.
TEST(FileLine, OfDeltaRewiresTheDeletionVector) {
  const table::DeletionVector vector{.storage_type = "u",
                                     .path_or_inline = "ab^-aqEH.-t@S}K{vb[*k^",
                                     .offset = 4,
                                     .size_bytes = 40,
                                     .cardinality = 6};
  for (const FileAction action : {FileAction::kFile, FileAction::kAdd, FileAction::kRemove}) {
    const std::string line =
        LineOfCommit(FileWith(vector), action, kDelta, "ab/deletion_vector_1.bin");
    // sha256sum of the vector's path.
    EXPECT_THAT(
        line,
        HasSubstr(
            R"(a7489","deletionVectorFileId":"4b49db6a7a9c588553cbb602cda713ee48ebee1e653c4ce26d15b7a86b05c1f3","version":7,)"));
    EXPECT_THAT(line, HasSubstr(R"(,"baseRowId":7,"deletionVector":{"storageType":"p",)"
                                R"("pathOrInlineDv":"http://u/2?a=b","offset":4,"sizeInBytes":40,)"
                                R"("cardinality":6}}},"expirationTimestamp":1700000000123}})"
                                "\n"));
  }
}

// Mistake 2: the id of a vector's file follows the hash that was asked for.
TEST(FileLine, HasTheVectorsIdByTheSameHash) {
  const table::DeletionVector vector{.storage_type = "p", .path_or_inline = "s3://b/v.bin"};
  EXPECT_THAT(LineOfCommit(FileWith(vector), FileAction::kFile,
                           {.format = ResponseFormat::kDelta, .id_hash = FileIdHash::kParquet},
                           "ab/deletion_vector_1.bin"),
              HasSubstr(R"("id":"56eaa167edb3d0947925c751885024b8",)"
                        R"("deletionVectorFileId":"adf5c25a4188a8dfecfff739a9ca19c4",)"));
}

// Mistake 2: an inline vector passes through.
TEST(FileLine, OfDeltaKeepsAnInlineDeletionVector) {
  const table::DeletionVector vector{
      .storage_type = "i",
      .path_or_inline = R"(wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L")",
      .size_bytes = 40,
      .cardinality = 6};
  const std::string line = LineOfCommit(FileWith(vector), FileAction::kFile, kDelta);
  EXPECT_THAT(
      line, HasSubstr(R"("deletionVector":{"storageType":"i",)"
                      R"("pathOrInlineDv":"wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L\"",)"
                      R"("sizeInBytes":40,"cardinality":6}}},"expirationTimestamp")"));
  EXPECT_THAT(line, Not(HasSubstr("deletionVectorFileId")));
  EXPECT_THAT(line, Not(HasSubstr("http://u/2")));
}

// Mistake 12: rows deleted by a vector never reach a reader that does not know of it.
TEST(FileLineDeathTest, WithADeletionVectorIsNeverOfParquet) {
  const table::DeletionVector vector{.storage_type = "i", .path_or_inline = "x"};
  EXPECT_DEATH(LineOfCommit(FileWith(vector), FileAction::kFile, kParquet), "parquet reader");
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

TEST(EndStreamAction, HasItsMembersInTheReferencesOrder) {
  EXPECT_EQ(EndLine({.min_url_expires_at = kExpiry,
                     .next_page_token = "p",
                     .refresh_token = "r",
                     .error_message = "e",
                     .http_status_error_code = 503}),
            R"({"endStreamAction":{"refreshToken":"r","nextPageToken":"p",)"
            R"("minUrlExpirationTimestamp":1700000000123,"errorMessage":"e",)"
            R"("httpStatusErrorCode":503}})"
            "\n");
}

// Mistake 9: a last page has no token, not an empty one.
TEST(EndStreamAction, LeavesOutATokenThatIsEmpty) {
  EXPECT_EQ(EndLine({.next_page_token = ""}), EndLine({}));
}

// Mistake 14: clients fail on a pending answer without a query's id.
TEST(PendingQuery, IsOneLine) {
  EXPECT_EQ(RenderPendingQuery("q-\"1"), R"({"queryStatus":{"queryId":"q-\"1","status":"pending"}})"
                                         "\n");
}

}  // namespace
}  // namespace sluice::protocol
