#include "delta/actions.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "delta/vector_path.h"
#include "expr/schema.h"

namespace sluice::delta {
namespace {

constexpr JsonLimits kActionLimits{.max_bytes = 256 << 20, .max_depth = 64};

Error Corrupt(std::string_view what) { return CorruptData("{}", what); }

Result<std::string_view> RequiredText(const json::object& object, std::string_view key) {
  const json::value* const value = FindMember(object, key);
  if (value == nullptr || !value->is_string())
    return CorruptData("'{}' is missing or not a text", key);
  return std::string_view(value->get_string());
}

Result<std::optional<std::string>> OptionalText(const json::object& object, std::string_view key) {
  const json::value* const value = FindMember(object, key);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return CorruptData("'{}' is not a text", key);
  return std::optional<std::string>(std::string(value->get_string()));
}

// Some writers print whole numbers as 12.0 or in quotes.
std::optional<std::int64_t> ToInt64(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_double()) {
    const double number = value.get_double();
    if (number == std::floor(number) && std::abs(number) < 9e15)
      return static_cast<std::int64_t>(number);
  }
  return std::nullopt;
}

Result<std::int64_t> RequiredInt64(const json::object& object, std::string_view key) {
  const json::value* const value = FindMember(object, key);
  const auto number = value != nullptr ? ToInt64(*value) : std::nullopt;
  if (!number) return CorruptData("'{}' is missing or not a whole number", key);
  return *number;
}

Result<int> RequiredVersion(const json::object& object, std::string_view key) {
  const std::int64_t number = TRY(RequiredInt64(object, key));
  if (number < 0 || number > std::numeric_limits<int>::max())
    return CorruptData("'{}' is out of range", key);
  return static_cast<int>(number);
}

Result<std::vector<std::string>> TextList(const json::value& value, std::string_view key) {
  if (!value.is_array()) return CorruptData("'{}' is not a list", key);
  std::vector<std::string> texts;
  for (const json::value& item : value.get_array()) {
    if (!item.is_string()) return CorruptData("'{}' holds something else than texts", key);
    texts.emplace_back(item.get_string());
  }
  return texts;
}

Result<std::optional<std::vector<std::string>>> OptionalTextList(const json::object& object,
                                                                 std::string_view key) {
  const json::value* const value = FindMember(object, key);
  if (value == nullptr) return std::optional<std::vector<std::string>>();
  std::vector<std::string> texts = TRY(TextList(*value, key));
  return std::optional(std::move(texts));
}

using TextPairs = std::vector<std::pair<std::string, std::string>>;

Result<TextPairs> OptionalTextMap(const json::object& object, std::string_view key) {
  TextPairs pairs;
  const json::value* const value = FindMember(object, key);
  if (value == nullptr) return pairs;
  if (!value->is_object()) return CorruptData("'{}' is not an object", key);
  for (const auto& [name, text] : value->get_object()) {
    if (text.is_null()) continue;
    if (!text.is_string()) return CorruptData("'{}' holds something else than texts", key);
    pairs.emplace_back(name, text.get_string());
  }
  return pairs;
}

Result<table::Protocol> ParseProtocol(const json::object& action) {
  table::Protocol protocol;
  protocol.min_reader_version = TRY(RequiredVersion(action, "minReaderVersion"));
  protocol.min_writer_version = TRY(RequiredVersion(action, "minWriterVersion"));
  protocol.reader_features = TRY(OptionalTextList(action, "readerFeatures"));
  protocol.writer_features = TRY(OptionalTextList(action, "writerFeatures"));
  return protocol;
}

Result<table::Metadata> ParseMetadata(const json::object& action) {
  table::Metadata metadata;
  metadata.id = std::string(TRY(RequiredText(action, "id")));
  metadata.name = TRY(OptionalText(action, "name"));
  metadata.description = TRY(OptionalText(action, "description"));
  metadata.schema_string = std::string(TRY(RequiredText(action, "schemaString")));
  if (const json::value* const format = FindMember(action, "format");
      format && format->is_object()) {
    metadata.format_provider = std::string(TRY(RequiredText(format->get_object(), "provider")));
    metadata.format_options = TRY(OptionalTextMap(format->get_object(), "options"));
  }
  if (const json::value* const columns = FindMember(action, "partitionColumns")) {
    metadata.partition_columns = TRY(TextList(*columns, "partitionColumns"));
  }
  metadata.configuration = TRY(OptionalTextMap(action, "configuration"));
  if (const json::value* const created = FindMember(action, "createdTime")) {
    metadata.created_time_ms = ToInt64(*created);
  }
  return FinishMetadata(std::move(metadata));
}

Result<std::optional<table::DeletionVector>> ParseVector(const json::object& action) {
  const json::value* const member = FindMember(action, "deletionVector");
  if (member == nullptr) return std::optional<table::DeletionVector>();
  if (!member->is_object()) return Corrupt("'deletionVector' is not an object");
  const json::object& descriptor = member->get_object();
  table::DeletionVector vector;
  vector.storage_type = TRY(RequiredText(descriptor, "storageType"));
  vector.path_or_inline = TRY(RequiredText(descriptor, "pathOrInlineDv"));
  vector.size_bytes = TRY(RequiredInt64(descriptor, "sizeInBytes"));
  vector.cardinality = TRY(RequiredInt64(descriptor, "cardinality"));
  if (FindMember(descriptor, "offset") != nullptr) {
    vector.offset = TRY(RequiredInt64(descriptor, "offset"));
  }
  TRY(FinishVector(vector));
  return std::optional(std::move(vector));
}

Result<std::vector<table::NamedPartitionValue>> ParsePartitionValues(const json::object& action) {
  std::vector<table::NamedPartitionValue> values;
  const json::value* const map = FindMember(action, "partitionValues");
  if (map == nullptr) return values;
  if (!map->is_object()) return Corrupt("'partitionValues' is not an object");
  for (const auto& [column, text] : map->get_object()) {
    if (!text.is_string() && !text.is_null())
      return CorruptData("partition value of '{}' is not a text", column);
    auto& value = values.emplace_back(table::NamedPartitionValue{.column = column, .text = {}});
    if (text.is_string()) value.text = std::string_view(text.get_string());
  }
  return values;
}

bool HasOwnField(std::string_view key) {
  for (const std::string_view known : {"path", "partitionValues", "size", "modificationTime",
                                       "dataChange", "stats", "deletionVector"}) {
    if (key == known) return true;
  }
  return false;
}

// The members that a reader of the Delta response format may want, but this server does not look
// at.
std::string RenderExtra(const json::object& action) {
  std::string extra;
  for (const auto& [key, value] : action) {
    if (HasOwnField(key) || value.is_null()) continue;
    extra.push_back(',');
    AppendJsonString(key, extra);
    extra.push_back(':');
    AppendJson(value, extra);
  }
  return extra;
}

// An add, remove or cdc action with what its views look at.
struct FileAction {
  table::DataFile file;
  std::vector<table::NamedPartitionValue> partition_values;
  std::optional<table::DeletionVector> vector;
  std::string extra;
};

Result<FileAction> ParseNamedFile(const json::object& action) {
  FileAction parsed;
  parsed.file.path = TRY(RequiredText(action, "path"));
  parsed.vector = TRY(ParseVector(action));
  return parsed;
}

Result<FileAction> ParseFile(const json::object& action) {
  FileAction parsed = TRY(ParseNamedFile(action));
  table::DataFile& file = parsed.file;
  const json::value* const size = FindMember(action, "size");
  file.size_bytes = size != nullptr ? TRY(RequiredInt64(action, "size")) : kUnknownSize;
  if (size != nullptr && file.size_bytes < 0) return Corrupt("'size' is negative");
  parsed.partition_values = TRY(ParsePartitionValues(action));
  if (const json::value* const modified = FindMember(action, "modificationTime")) {
    file.modification_time_ms = ToInt64(*modified).value_or(0);
  }
  const json::value* const data_change = FindMember(action, "dataChange");
  file.data_change = data_change == nullptr || !data_change->is_bool() || data_change->get_bool();
  const json::value* const stats = FindMember(action, "stats");
  if (stats != nullptr && stats->is_string()) file.stats = stats->get_string();
  parsed.extra = RenderExtra(action);
  return parsed;
}

const table::DataFile& WithViews(FileAction& parsed) {
  parsed.file.partition_values = parsed.partition_values;
  parsed.file.extra = parsed.extra;
  parsed.file.deletion_vector = parsed.vector ? &*parsed.vector : nullptr;
  return parsed.file;
}

CommitInfo ParseCommitInfo(const json::object& action) {
  CommitInfo info;
  if (const json::value* const time = FindMember(action, "inCommitTimestamp")) {
    info.in_commit_timestamp_ms = ToInt64(*time);
  }
  const json::value* const operation = FindMember(action, "operation");
  const json::value* const metrics = FindMember(action, "operationMetrics");
  const bool is_merge = operation != nullptr && operation->is_string() &&
                        std::string_view(operation->get_string()) == "MERGE";
  if (!is_merge || metrics == nullptr || !metrics->is_object()) return info;
  info.is_void_merge = true;
  for (const std::string_view metric :
       {"numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted"}) {
    const json::value* const count = FindMember(metrics->get_object(), metric);
    const bool is_zero =
        count != nullptr && count->is_string() && std::string_view(count->get_string()) == "0";
    if (!is_zero) info.is_void_merge = false;
  }
  return info;
}

Result<void> SinkAction(std::string_view kind, const json::object& action, ActionSink& sink) {
  if (kind == "add" || kind == "cdc") {
    FileAction parsed = TRY(ParseFile(action));
    if (parsed.file.size_bytes == kUnknownSize) return Corrupt("'size' is missing");
    return kind == "add" ? sink.OnAdd(WithViews(parsed)) : sink.OnChangeData(WithViews(parsed));
  }
  if (kind == "remove") {
    FileAction parsed =
        sink.WantsWholeRemoves() ? TRY(ParseFile(action)) : TRY(ParseNamedFile(action));
    return sink.OnRemove(WithViews(parsed));
  }
  if (kind == "metaData") return sink.OnMetadata(TRY(ParseMetadata(action)));
  if (kind == "protocol") return sink.OnProtocol(TRY(ParseProtocol(action)));
  if (kind == "sidecar") return sink.OnSidecar(TRY(RequiredText(action, "path")));
  if (kind == "commitInfo") return sink.OnCommitInfo(ParseCommitInfo(action));
  return {};
}

Result<void> ReadLine(std::string_view line, ActionSink& sink) {
  const json::value value = TRY(ParseJson(line, kActionLimits));
  if (!value.is_object()) return Corrupt("the line is not a JSON object");
  for (const auto& [kind, action] : value.get_object()) {
    if (action.is_object()) TRY(SinkAction(kind, action.get_object(), sink));
  }
  return {};
}

}  // namespace

Result<void> ReadCommit(std::string_view text, std::string_view name, ActionSink& sink) {
  for (std::int64_t line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (auto read = ReadLine(line, sink); !read.ok()) {
      Error error = std::move(read).error();
      if (error.code != ErrorCode::kCorruptData && error.code != ErrorCode::kMalformed)
        return error;
      return WithDetail(
          CorruptData("the table's log cannot be read"),
          Format("{}, line {}: {} {}", name, line_number, error.message, error.detail));
    }
  }
  return {};
}

Result<table::Metadata> FinishMetadata(table::Metadata metadata) {
  if (metadata.format_provider != "parquet") {
    return Unsupported("the table's files are of format '{}', this server shares parquet",
                       metadata.format_provider);
  }
  metadata.schema = TRY(expr::ParseSchema(metadata.schema_string));
  const std::string* const mode = metadata.FindProperty("delta.columnMapping.mode");
  if (mode != nullptr && *mode != "none") expr::MapColumns(metadata.schema);
  return metadata;
}

}  // namespace sluice::delta
