#include "protocol/table_lines.h"

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "expr/schema.h"
#include "protocol/features.h"
#include "protocol/object_writer_internal.h"

namespace sluice::protocol {
namespace {

// What follows the table's own metadata in both formats.
void AppendVersionAndSize(const std::optional<TableSize>& size, const HeadOptions& options,
                          ObjectWriter& object) {
  if (options.metadata_version) object.Number("version", options.metadata_version->value());
  if (!size) return;
  object.Number("size", size->bytes);
  object.Number("numFiles", size->files);
}

void WriteParquetMetadata(const table::Metadata& metadata, bool history_shared,
                          ObjectWriter& object) {
  object.Text("id", metadata.id);
  object.OptionalText("name", metadata.name);
  object.OptionalText("description", metadata.description);
  object.Object("format").Text("provider", "parquet");
  object.Text("schemaString", expr::PrintSchemaForRecipients(metadata.schema));
  object.Texts("partitionColumns", metadata.partition_columns);
  ObjectWriter configuration = object.Object("configuration");
  if (history_shared && metadata.IsEnabled("delta.enableChangeDataFeed"))
    configuration.Text("enableChangeDataFeed", "true");
}

void WriteDeltaMetadata(const table::Metadata& metadata, ObjectWriter action) {
  action.Text("id", metadata.id);
  action.OptionalText("name", metadata.name);
  action.OptionalText("description", metadata.description);
  ObjectWriter format = action.Object("format");
  format.Text("provider", metadata.format_provider);
  format.Map("options", metadata.format_options);
  format.Close();
  action.Text("schemaString", metadata.schema_string);
  action.Texts("partitionColumns", metadata.partition_columns);
  action.Map("configuration", metadata.configuration);
  if (metadata.created_time_ms) action.Number("createdTime", *metadata.created_time_ms);
}

void WriteDeltaProtocol(const table::Protocol& protocol, ObjectWriter action) {
  action.Number("minReaderVersion", protocol.min_reader_version);
  action.Number("minWriterVersion", protocol.min_writer_version);
  if (protocol.reader_features) action.Texts("readerFeatures", *protocol.reader_features);
  if (protocol.writer_features) action.Texts("writerFeatures", *protocol.writer_features);
}

// Behind a text, whose quote it closes.
void AppendValuesAndSize(const table::FileBlock& block, std::size_t row, std::string& out) {
  out += R"(","partitionValues":{)";
  bool first = true;
  for (const table::PartitionColumn& column : block.partition_columns()) {
    if (!std::exchange(first, false)) out.push_back(',');
    out += column.values[column.codes[row]].json_member;
  }
  out += R"(},"size":)";
  AppendNumber(block.size_bytes(row), out);
}

void AppendStats(std::string_view escaped_stats, std::string& out) {
  if (escaped_stats.empty()) return;
  out += R"(,"stats":")";
  out += escaped_stats;
  out.push_back('"');
}

void AppendCommit(const CommitStamp& commit, std::string& out) {
  out += ",\"version\":";
  AppendNumber(commit.version.value(), out);
  out += ",\"timestamp\":";
  AppendNumber(UnixMillis(commit.time), out);
}

bool IsOfSnapshot(FileAction action) {
  return action == FileAction::kFile || action == FileAction::kAdd;
}

std::string_view ParquetLineStart(FileAction action) {
  switch (action) {
    case FileAction::kFile: break;
    case FileAction::kAdd: return R"({"add":{"url":")";
    case FileAction::kRemove: return R"({"remove":{"url":")";
    case FileAction::kChange: return R"({"cdf":{"url":")";
  }
  return R"({"file":{"url":")";
}

// Behind the id, whose quote it closes.
std::string_view DeltaActionStart(FileAction action) {
  switch (action) {
    case FileAction::kFile:
    case FileAction::kAdd: break;
    case FileAction::kRemove: return R"(","deltaSingleAction":{"remove":{"path":")";
    case FileAction::kChange: return R"(","deltaSingleAction":{"cdc":{"path":")";
  }
  return R"(","deltaSingleAction":{"add":{"path":")";
}

void AppendParquetMembers(const FileLine& line, std::string& out) {
  AppendValuesAndSize(line.block, line.row, out);
  if (IsOfSnapshot(line.action)) AppendStats(line.escaped_stats, out);
  if (line.commit) AppendCommit(*line.commit, out);
}

void AppendDeltaMembers(const FileLine& line, std::string& out) {
  const table::FileBlock& block = line.block;
  AppendValuesAndSize(block, line.row, out);
  if (IsOfSnapshot(line.action)) {
    out += ",\"modificationTime\":";
    AppendNumber(block.modification_time_ms(line.row), out);
  }
  // A file of the change data feed never is a change of the data itself.
  const bool data_change = line.action != FileAction::kChange && block.data_change(line.row);
  out += data_change ? ",\"dataChange\":true" : ",\"dataChange\":false";
  if (IsOfSnapshot(line.action)) AppendStats(line.escaped_stats, out);
  out += block.extra(line.row);
}

}  // namespace

void AppendProtocolLine(const table::Protocol& protocol, const HeadOptions& options,
                        std::string& out) {
  if (options.format == ResponseFormat::kParquet) {
    // What a table needs of readers beyond that is refused before, see features.h.
    out += "{\"protocol\":{\"minReaderVersion\":1}}\n";
    return;
  }
  {
    ObjectWriter line(out);
    ObjectWriter object = line.Object("protocol");
    WriteDeltaProtocol(WithoutLogFeatures(protocol), object.Object("deltaProtocol"));
    if (options.protocol_version) object.Number("version", options.protocol_version->value());
  }
  out.push_back('\n');
}

void AppendMetadataLine(const table::Metadata& metadata, const std::optional<TableSize>& size,
                        const HeadOptions& options, std::string& out) {
  {
    ObjectWriter line(out);
    ObjectWriter object = line.Object("metaData");
    if (options.format == ResponseFormat::kDelta) {
      WriteDeltaMetadata(metadata, object.Object("deltaMetadata"));
    } else {
      WriteParquetMetadata(metadata, options.history_shared, object);
    }
    AppendVersionAndSize(size, options, object);
    if (!options.location.empty()) {
      object.Text("location", options.location);
      object.Texts("accessModes", {"url", "dir"});
    }
  }
  out.push_back('\n');
}

std::string RenderHeadLines(const table::Snapshot& snapshot, const HeadOptions& options) {
  std::string out;
  AppendProtocolLine(snapshot.protocol(), options, out);
  const TableSize size{.bytes = snapshot.total_bytes(),
                       .files = static_cast<std::int64_t>(snapshot.file_count())};
  AppendMetadataLine(snapshot.metadata(), size, options, out);
  return out;
}

FileLineRenderer::FileLineRenderer(const Options& options) : options_(options) {
  if (options.format == ResponseFormat::kDelta) line_end_ = "}}";
  line_end_ += Format(",\"expirationTimestamp\":{}}}}}\n", UnixMillis(options.urls_expire_at));
}

void FileLineRenderer::AppendId(std::string_view path, std::string& out) const {
  if (options_.id_hash == FileIdHash::kDelta) {
    crypto::AppendSha256Hex(path, out);
  } else {
    crypto::AppendMd5Hex(path, out);
  }
}

void FileLineRenderer::BeginLine(const FileLine& line, std::string& out) const {
  if (options_.format == ResponseFormat::kParquet) {
    out += ParquetLineStart(line.action);
    return;
  }
  out += R"({"file":{"id":")";
  AppendId(line.block.path(line.row), out);
  if (!line.vector_path.empty()) {
    out += R"(","deletionVectorFileId":")";
    AppendId(line.vector_path, out);
  }
  std::string_view action = DeltaActionStart(line.action);
  if (line.commit) {
    out.push_back('"');
    action.remove_prefix(1);
    AppendCommit(*line.commit, out);
  }
  out += action;
}

void FileLineRenderer::AppendMembers(const FileLine& line, std::string& out) const {
  if (options_.format == ResponseFormat::kDelta) {
    AppendDeltaMembers(line, out);
    return;
  }
  out += R"(","id":")";
  AppendId(line.block.path(line.row), out);
  AppendParquetMembers(line, out);
}

void FileLineRenderer::BeginVector(const table::DeletionVector& vector, std::string& out) const {
  CHECK(options_.format == ResponseFormat::kDelta, "deleted rows would reach a parquet reader");
  // Whatever a log has that is not inline, a recipient gets a path: the URL.
  out += vector.is_inline() ? R"(,"deletionVector":{"storageType":"i","pathOrInlineDv":")"
                            : R"(,"deletionVector":{"storageType":"p","pathOrInlineDv":")";
  if (vector.is_inline()) AppendJsonEscaped(vector.path_or_inline, out);
}

void FileLineRenderer::EndVector(const table::DeletionVector& vector, std::string& out) {
  out.push_back('"');
  if (vector.offset) {
    out += ",\"offset\":";
    AppendNumber(*vector.offset, out);
  }
  out += ",\"sizeInBytes\":";
  AppendNumber(vector.size_bytes, out);
  out += ",\"cardinality\":";
  AppendNumber(vector.cardinality, out);
  out.push_back('}');
}

void AppendEndStreamAction(const EndStreamAction& action, std::string& out) {
  {
    ObjectWriter line(out);
    ObjectWriter object = line.Object("endStreamAction");
    object.OptionalText("refreshToken", action.refresh_token);
    // Some clients loop on an empty one.
    if (action.next_page_token && !action.next_page_token->empty())
      object.Text("nextPageToken", *action.next_page_token);
    if (action.min_url_expires_at) {
      object.Number("minUrlExpirationTimestamp", UnixMillis(*action.min_url_expires_at));
    }
    object.OptionalText("errorMessage", action.error_message);
    if (action.http_status_error_code)
      object.Number("httpStatusErrorCode", *action.http_status_error_code);
  }
  out.push_back('\n');
}

std::string RenderPendingQuery(std::string_view query_id) {
  std::string out;
  {
    ObjectWriter line(out);
    ObjectWriter status = line.Object("queryStatus");
    status.Text("queryId", query_id);
    status.Text("status", "pending");
  }
  out.push_back('\n');
  return out;
}

}  // namespace sluice::protocol
