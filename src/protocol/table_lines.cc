#include "protocol/table_lines.h"

#include <utility>
#include <vector>

#include "base/json.h"
#include "crypto/hash.h"
#include "expr/schema.h"
#include "protocol/object_writer_internal.h"

namespace sluice::protocol {
namespace {

bool SharesChangeDataFeed(const table::Metadata& metadata, bool history_shared) {
  const std::string* const enabled = metadata.FindProperty("delta.enableChangeDataFeed");
  return history_shared && enabled != nullptr && *enabled == "true";
}

void AppendSize(const table::Snapshot& snapshot, ObjectWriter& object) {
  object.Number("size", snapshot.total_bytes());
  object.Number("numFiles", static_cast<std::int64_t>(snapshot.file_count()));
}

void AppendParquetMetadata(const table::Snapshot& snapshot, bool history_shared, std::string& out) {
  ObjectWriter line(out);
  ObjectWriter object = line.Object("metaData");
  const table::Metadata& metadata = snapshot.metadata();
  object.Text("id", metadata.id);
  object.OptionalText("name", metadata.name);
  object.OptionalText("description", metadata.description);
  object.Object("format").Text("provider", "parquet");
  object.Text("schemaString", expr::PrintSchemaForRecipients(metadata.schema));
  object.Texts("partitionColumns", metadata.partition_columns);
  ObjectWriter configuration = object.Object("configuration");
  if (SharesChangeDataFeed(metadata, history_shared))
    configuration.Text("enableChangeDataFeed", "true");
  configuration.Close();
  AppendSize(snapshot, object);
}

void AppendDeltaMetadata(const table::Snapshot& snapshot, std::string& out) {
  ObjectWriter line(out);
  ObjectWriter object = line.Object("metaData");
  const table::Metadata& metadata = snapshot.metadata();
  ObjectWriter action = object.Object("deltaMetadata");
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
  action.Close();
  AppendSize(snapshot, object);
}

void AppendDeltaProtocol(const table::Protocol& protocol, std::string& out) {
  ObjectWriter line(out);
  ObjectWriter object = line.Object("protocol");
  ObjectWriter action = object.Object("deltaProtocol");
  action.Number("minReaderVersion", protocol.min_reader_version);
  action.Number("minWriterVersion", protocol.min_writer_version);
  if (protocol.reader_features) action.Texts("readerFeatures", *protocol.reader_features);
  if (protocol.writer_features) action.Texts("writerFeatures", *protocol.writer_features);
}

void AppendPartitionValues(const table::FileBlock& block, std::size_t row, std::string& out) {
  out += "\"partitionValues\":{";
  bool first = true;
  for (const table::PartitionColumn& column : block.partition_columns()) {
    if (!std::exchange(first, false)) out.push_back(',');
    out += column.values[column.codes[row]].json_member;
  }
  out.push_back('}');
}

void AppendStats(std::string_view escaped_stats, std::string& out) {
  if (escaped_stats.empty()) return;
  out += R"(,"stats":")";
  out += escaped_stats;
  out.push_back('"');
}

}  // namespace

std::string RenderHeadLines(const table::Snapshot& snapshot, ResponseFormat format,
                            bool history_shared) {
  std::string out;
  if (format == ResponseFormat::kDelta) {
    AppendDeltaProtocol(snapshot.protocol(), out);
    out.push_back('\n');
    AppendDeltaMetadata(snapshot, out);
  } else {
    out += R"({"protocol":{"minReaderVersion":1}})";
    out.push_back('\n');
    AppendParquetMetadata(snapshot, history_shared, out);
  }
  out.push_back('\n');
  return out;
}

FileLineRenderer::FileLineRenderer(const Options& options) : options_(options) {
  expiration_ = Format(",\"expirationTimestamp\":{}}}}}\n", UnixMillis(options.urls_expire_at));
}

void FileLineRenderer::AppendId(std::string_view path, std::string& out) const {
  if (options_.id_hash == FileIdHash::kDelta) {
    crypto::AppendSha256Hex(path, out);
  } else {
    crypto::AppendMd5Hex(path, out);
  }
}

void FileLineRenderer::AppendParquetRest(const table::FileBlock& block, std::size_t row,
                                         std::string_view escaped_stats, std::string& out) {
  out += "\",";
  AppendPartitionValues(block, row, out);
  out += ",\"size\":";
  AppendNumber(block.size_bytes(row), out);
  AppendStats(escaped_stats, out);
}

void FileLineRenderer::AppendDeltaRest(const table::FileBlock& block, std::size_t row,
                                       std::string_view escaped_stats, std::string& out) {
  out += "\",";
  AppendPartitionValues(block, row, out);
  out += ",\"size\":";
  AppendNumber(block.size_bytes(row), out);
  out += ",\"modificationTime\":";
  AppendNumber(block.modification_time_ms(row), out);
  out += block.data_change(row) ? ",\"dataChange\":true" : ",\"dataChange\":false";
  AppendStats(escaped_stats, out);
  out += block.extra(row);
  out += "}}";
}

void AppendEndStreamAction(const EndStreamAction& action, std::string& out) {
  {
    ObjectWriter line(out);
    ObjectWriter object = line.Object("endStreamAction");
    if (action.min_url_expires_at) {
      object.Number("minUrlExpirationTimestamp", UnixMillis(*action.min_url_expires_at));
    }
    object.OptionalText("errorMessage", action.error_message);
    if (action.http_status_error_code)
      object.Number("httpStatusErrorCode", *action.http_status_error_code);
  }
  out.push_back('\n');
}

}  // namespace sluice::protocol
