#include "delta/actions.h"

#include "base/testing.h"
#include "delta/testing.h"

namespace sluice::delta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Writes down what it is given.
class Notes final : public ActionSink {
 public:
  Result<void> OnProtocol(table::Protocol found) override {
    actions.push_back("protocol");
    protocol = std::move(found);
    return {};
  }
  Result<void> OnMetadata(table::Metadata found) override {
    actions.push_back("metadata " + found.id);
    metadata = std::move(found);
    return {};
  }
  Result<void> OnAdd(const table::DataFile& file) override {
    actions.push_back("add " + std::string(file.path));
    size_bytes = file.size_bytes;
    modification_time_ms = file.modification_time_ms;
    data_change = file.data_change;
    stats = file.stats;
    extra = file.extra;
    vector.reset();
    if (file.deletion_vector != nullptr) vector = *file.deletion_vector;
    values.clear();
    for (const auto& value : file.partition_values) {
      values.push_back(std::string(value.column) + "=" +
                       std::string(value.text.value_or("<null>")));
    }
    return {};
  }
  Result<void> OnRemove(const table::DataFile& file) override {
    const table::DeletionVector* const removed = file.deletion_vector;
    actions.push_back("remove " + std::string(file.path) +
                      (removed != nullptr ? "#" + removed->Id() : ""));
    size_bytes = file.size_bytes;
    return {};
  }
  bool WantsWholeRemoves() const override { return wants_whole_removes; }
  Result<void> OnChangeData(const table::DataFile& file) override {
    actions.push_back("cdc " + std::string(file.path));
    return {};
  }
  Result<void> OnCommitInfo(const CommitInfo& found) override {
    info = found;
    return {};
  }
  Result<void> OnSidecar(std::string_view path) override {
    actions.push_back("sidecar " + std::string(path));
    return {};
  }

  std::vector<std::string> actions;
  table::Protocol protocol;
  table::Metadata metadata;
  std::int64_t size_bytes = 0;
  std::int64_t modification_time_ms = 0;
  bool data_change = false;
  bool wants_whole_removes = false;
  std::string stats, extra;
  std::optional<table::DeletionVector> vector;
  CommitInfo info;
  std::vector<std::string> values;
};

Notes Read(std::string_view text) {
  Notes notes;
  EXPECT_THAT(ReadCommit(text, "commit", notes), IsOk()) << text;
  return notes;
}

Error ReadError(std::string_view text) {
  Notes notes;
  const auto read = ReadCommit(text, "00.json", notes);
  EXPECT_FALSE(read.ok()) << text;
  return read.ok() ? Error{} : read.error();
}

TEST(ReadCommitTest, ActionsComeInTheirOrder) {
  const Notes notes = Read(Lines(
      {kProtocolLine, AddLine("a"), MetadataLine("m"), RemoveLine("b"), RemoveLine("c", "v")}));
  EXPECT_THAT(notes.actions,
              ElementsAre("protocol", "add a", "metadata m", "remove b", "remove c#pv"));
}

TEST(ReadCommitTest, EveryMemberOfAnAddIsRead) {
  const Notes notes = Read(
      R"({"add":{"path":"p=1/a%20b","partitionValues":{"p":"1","q":null},"size":12,)"
      R"("modificationTime":34,"dataChange":false,"stats":"{\"numRecords\":1}","tags":{"t":"u"},)"
      R"("baseRowId":5,"clusteringProvider":null,)"
      R"("deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,"cardinality":6}}})");
  EXPECT_THAT(notes.actions, ElementsAre("add p=1/a%20b"));
  EXPECT_EQ(notes.size_bytes, 12);
  EXPECT_EQ(notes.modification_time_ms, 34);
  EXPECT_FALSE(notes.data_change);
  EXPECT_EQ(notes.stats, R"({"numRecords":1})");
  EXPECT_EQ(notes.extra, R"(,"tags":{"t":"u"},"baseRowId":5)");
  EXPECT_EQ(notes.vector, (table::DeletionVector{.storage_type = "u",
                                                 .path_or_inline = "ab^-aqEH.-t@S}K{vb[*k^",
                                                 .offset = 4,
                                                 .size_bytes = 40,
                                                 .cardinality = 6,
                                                 .file_path = "ab/deletion_vector_d2c639aa-8816-"
                                                              "431a-aaf6-d3fe2512ff61.bin"}));
  EXPECT_THAT(notes.values, ElementsAre("p=1", "q=<null>"));
}

TEST(ReadCommitTest, AddNeedsNoMoreThanPathAndSize) {
  const Notes notes = Read(R"({"add":{"path":"a","size":0}})");
  EXPECT_TRUE(notes.data_change);
  EXPECT_EQ(notes.stats, "");
  EXPECT_EQ(notes.extra, "");
  EXPECT_EQ(notes.vector, std::nullopt);
  EXPECT_THAT(notes.values, IsEmpty());
}

TEST(ReadCommitTest, ProtocolTellsFeaturesOnlyWhereListed) {
  EXPECT_EQ(Read(kProtocolLine).protocol.reader_features, std::nullopt);
  const Notes notes = Read(
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["a","b"],"writerFeatures":[]}})");
  EXPECT_EQ(notes.protocol.min_reader_version, 3);
  EXPECT_EQ(notes.protocol.min_writer_version, 7);
  EXPECT_THAT(*notes.protocol.reader_features, ElementsAre("a", "b"));
  EXPECT_THAT(*notes.protocol.writer_features, IsEmpty());
}

TEST(ReadCommitTest, EveryMemberOfMetadataIsRead) {
  const Notes notes = Read(
      R"({"metaData":{"id":"i","name":"n","description":"d","format":{"provider":"parquet","options":{"o":"1"}},)"
      R"("schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":["p"],)"
      R"("configuration":{"delta.x":"y","z":null},"createdTime":99}})");
  EXPECT_EQ(notes.metadata.name, "n");
  EXPECT_EQ(notes.metadata.description, "d");
  EXPECT_EQ(notes.metadata.schema_string, R"({"type":"struct","fields":[]})");
  EXPECT_THAT(notes.metadata.partition_columns, ElementsAre("p"));
  EXPECT_EQ(*notes.metadata.FindProperty("delta.x"), "y");
  EXPECT_EQ(notes.metadata.FindProperty("z"), nullptr);
  EXPECT_EQ(notes.metadata.created_time_ms, 99);
}

TEST(ReadCommitTest, UnknownActionsAndMembersAreSkipped) {
  const Notes notes = Read(Lines({R"({"commitInfo":{"operation":"WRITE","add":{"path":1}}})",
                                  R"({"txn":{"appId":"a","version":1}})", R"({"future":[1,2]})",
                                  R"({"domainMetadata":{"domain":"d"}})", "{}",
                                  R"({"remove":{"path":"a","new":{"b":[]}}})"}));
  EXPECT_THAT(notes.actions, ElementsAre("remove a"));
}

TEST(ReadCommitTest, FilesOfTheChangeFeedAndSidecarsAreTold) {
  const Notes notes = Read(Lines({R"({"cdc":{"path":"_change_data/c","size":1}})",
                                  R"({"sidecar":{"path":"s.parquet","sizeInBytes":1}})"}));
  EXPECT_THAT(notes.actions, ElementsAre("cdc _change_data/c", "sidecar s.parquet"));
}

TEST(ReadCommitTest, RemovesAreReadWholeOnlyOnDemand) {
  Notes notes;
  notes.wants_whole_removes = true;
  ASSERT_THAT(ReadCommit(R"({"remove":{"path":"a","size":7}})", "commit", notes), IsOk());
  EXPECT_EQ(notes.size_bytes, 7);
  ASSERT_THAT(ReadCommit(R"({"remove":{"path":"a"}})", "commit", notes), IsOk());
  EXPECT_EQ(notes.size_bytes, kUnknownSize);
  EXPECT_THAT(ReadCommit(R"({"remove":{"path":"a","size":"x"}})", "commit", notes),
              FailsWith(ErrorCode::kCorruptData));
  EXPECT_THAT(Read(R"({"remove":{"path":"a","size":"x"}})").actions, ElementsAre("remove a"));
}

TEST(ReadCommitTest, CommitInfoTellsItsTime) {
  EXPECT_EQ(Read(R"({"commitInfo":{"inCommitTimestamp":17}})").info.in_commit_timestamp_ms, 17);
  EXPECT_EQ(Read(R"({"commitInfo":{"timestamp":17}})").info.in_commit_timestamp_ms, std::nullopt);
}

TEST(ReadCommitTest, MergeIsVoidOnlyIfEveryMetricSaysSo) {
  const auto is_void = [](const std::string& operation, const std::string& inserted) {
    return Read(R"({"commitInfo":{"operation":")" + operation +
                R"(","operationMetrics":{"numTargetRowsInserted":)" + inserted +
                R"(,"numTargetRowsUpdated":"0","numTargetRowsDeleted":"0"}}})")
        .info.is_void_merge;
  };
  EXPECT_TRUE(is_void("MERGE", R"("0")"));
  EXPECT_FALSE(is_void("MERGE", R"("1")"));
  EXPECT_FALSE(is_void("MERGE", "null"));
  EXPECT_FALSE(is_void("WRITE", R"("0")"));
}

TEST(ReadCommitTest, DeletionVectorOfEveryStorageIsRead) {
  for (const char* type : {"u", "p", "i"}) {
    const Notes notes = Read(
        Format(R"({{"add":{{"path":"a","size":1,"deletionVector":{{"storageType":"{}",)"
               R"("pathOrInlineDv":"^-aqEH.-t@S}}K{{vb[*k^","sizeInBytes":1,"cardinality":2}}}}}})",
               type));
    ASSERT_TRUE(notes.vector.has_value());
    EXPECT_EQ(notes.vector->storage_type, type);
    EXPECT_EQ(notes.vector->offset, std::nullopt);
  }
}

TEST(ReadCommitTest, DeletionVectorThatNoWriterCanHaveMeantIsCorrupt) {
  for (
      const char* vector :
      {R"({"pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1})",
       R"({"storageType":"p","sizeInBytes":1,"cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"x","cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"x","sizeInBytes":1})",
       R"({"storageType":"z","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"","sizeInBytes":1,"cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"x","sizeInBytes":-1,"cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":-1})",
       R"({"storageType":"p","pathOrInlineDv":"x","offset":-4,"sizeInBytes":1,"cardinality":1})",
       R"({"storageType":"p","pathOrInlineDv":"x","offset":"4","sizeInBytes":1,"cardinality":1})"}) {
    for (const char* kind : {"add", "remove"}) {
      const std::string line =
          Format(R"({{"{}":{{"path":"a","size":1,"deletionVector":{}}}}})", kind, vector);
      EXPECT_EQ(ReadError(line).code, ErrorCode::kCorruptData) << line;
    }
  }
}

TEST(ReadCommitTest, MappedColumnsKnowTheirStoredNames) {
  const auto metadata_line = [](const std::string& mode) {
    return R"({"metaData":{"id":"m","schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",)"
           R"(\"type\":\"long\",\"metadata\":{\"delta.columnMapping.physicalName\":\"col-1\"}}]}",)"
           R"("configuration":{"delta.columnMapping.mode":")" +
           mode + R"("}}})";
  };
  for (const char* mode : {"name", "id"})
    EXPECT_EQ(Read(metadata_line(mode)).metadata.schema.fields[0].stored_name, "col-1") << mode;
  EXPECT_EQ(Read(metadata_line("none")).metadata.schema.fields[0].stored_name, "a");
}

TEST(ReadCommitTest, BlankLinesAndLineEndsOfAnySystemAreSkipped) {
  EXPECT_THAT(Read("").actions, IsEmpty());
  EXPECT_THAT(Read("\n \t\r\n\r\n").actions, IsEmpty());
  EXPECT_THAT(Read(AddLine("a") + "\r\n\r\n" + AddLine("b") + "\r\n").actions,
              ElementsAre("add a", "add b"));
  EXPECT_THAT(Read(AddLine("a") + "\n" + AddLine("without a line end")).actions,
              ElementsAre("add a", "add without a line end"));
}

TEST(ReadCommitTest, WholeNumbersMayBeWrittenAsReal) {
  const Notes notes = Read(R"({"add":{"path":"a","size":12.0,"modificationTime":1.5e3}})");
  EXPECT_EQ(notes.size_bytes, 12);
  EXPECT_EQ(notes.modification_time_ms, 1500);
  EXPECT_EQ(Read(R"({"add":{"path":"a","size":1,"modificationTime":1.5}})").modification_time_ms,
            0);
}

TEST(ReadCommitTest, FaultsNameFileAndLine) {
  const Error error = ReadError(AddLine("a") + "\n\n" + R"({"add":{"path":"b"}})");
  EXPECT_EQ(error.code, ErrorCode::kCorruptData);
  EXPECT_THAT(error.detail, HasSubstr("00.json, line 3"));
  EXPECT_THAT(error.detail, HasSubstr("'size'"));
  EXPECT_THAT(error.message, testing::Not(HasSubstr("00.json")));
}

TEST(ReadCommitTest, WhatIsNotAnActionIsCorrupt) {
  for (const char* text :
       {"[]",
        "7",
        "{",
        R"({"add":{"path":"a","size":1}} x)",
        R"({"add":{"path":7,"size":1}})",
        R"({"add":{"size":1}})",
        R"({"add":{"path":"a","size":-1}})",
        R"({"add":{"path":"a","size":1.5}})",
        R"({"add":{"path":"a","size":"x"}})",
        R"({"add":{"path":"a","size":1,"partitionValues":[]}})",
        R"({"add":{"path":"a","size":1,"partitionValues":{"p":1}}})",
        R"({"add":{"path":"a","size":1,"deletionVector":"v"}})",
        R"({"add":{"path":"a","size":1,"deletionVector":{"storageType":"u"}}})",
        R"({"remove":{}})",
        R"({"sidecar":{"path":7}})",
        R"({"cdc":{"path":"a"}})",
        R"({"protocol":{}})",
        R"({"protocol":{"minReaderVersion":-1,"minWriterVersion":1}})",
        R"({"protocol":{"minReaderVersion":1,"minWriterVersion":9999999999}})",
        R"({"protocol":{"minReaderVersion":1,"minWriterVersion":1,"readerFeatures":"x"}})",
        R"({"metaData":{"id":"i"}})",
        R"({"metaData":{"id":"i","schemaString":"{"}})",
        "\xff\xfe{}"}) {
    EXPECT_EQ(ReadError(text).code, ErrorCode::kCorruptData) << text;
  }
}

TEST(ReadCommitTest, FilesOfAnotherFormatAreRefusedByName) {
  const Error error = ReadError(
      R"({"metaData":{"id":"i","format":{"provider":"orc"},"schemaString":"{\"type\":\"struct\",\"fields\":[]}"}})");
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message, HasSubstr("orc"));
}

}  // namespace
}  // namespace sluice::delta
