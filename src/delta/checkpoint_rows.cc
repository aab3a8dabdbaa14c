#include "delta/checkpoint_rows_internal.h"

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "delta/stats_json.h"
#include "delta/vector_path.h"

namespace sluice::delta {
namespace {

using columnar::Batch;
using columnar::Column;
using columnar::ValueType;

Error Corrupt(std::string_view what) { return CorruptData("{}", what); }

// A child column of the type that the format demands; nullptr if the file has none.
Result<const Column*> TypedChild(const Column& parent, std::string_view name, ValueType type) {
  const Column* const child = parent.Find(name);
  if (child != nullptr && child->type() != type)
    return CorruptData("column '{}' is of another type", name);
  return child;
}

Result<const Column*> RequiredChild(const Column& parent, std::string_view name, ValueType type) {
  const Column* const child = TRY(TypedChild(parent, name, type));
  if (child == nullptr) return CorruptData("column '{}.{}' is missing", parent.name(), name);
  return child;
}

std::optional<std::string> TextAt(const Column* column, std::size_t row) {
  if (column == nullptr || column->IsNull(row)) return std::nullopt;
  return std::string(column->Text(row));
}

std::optional<std::vector<std::string>> TextsAt(const Column* column, std::size_t row) {
  if (column == nullptr || column->IsNull(row)) return std::nullopt;
  const Column& elements = column->children()[0];
  std::vector<std::string> texts;
  if (elements.type() != ValueType::kText) return texts;
  const auto [begin, end] = column->Elements(row);
  for (std::size_t i = begin; i < end; ++i) {
    if (!elements.IsNull(i)) texts.emplace_back(elements.Text(i));
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> PairsAt(const Column* column, std::size_t row) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (column == nullptr || column->IsNull(row)) return pairs;
  const Column& keys = column->children()[0];
  const Column& values = column->children()[1];
  if (keys.type() != ValueType::kText || values.type() != ValueType::kText) return pairs;
  const auto [begin, end] = column->Elements(row);
  for (std::size_t i = begin; i < end; ++i) {
    if (!keys.IsNull(i) && !values.IsNull(i)) pairs.emplace_back(keys.Text(i), values.Text(i));
  }
  return pairs;
}

Result<table::Protocol> ReadProtocol(const Column& column, std::size_t row) {
  const Column* const reader = TRY(RequiredChild(column, "minReaderVersion", ValueType::kInteger));
  const Column* const writer = TRY(RequiredChild(column, "minWriterVersion", ValueType::kInteger));
  if (reader->IsNull(row) || writer->IsNull(row)) return Corrupt("protocol without versions");
  const auto in_range = [](std::int64_t version) {
    return version >= 0 && version <= std::numeric_limits<int>::max();
  };
  if (!in_range(reader->Integer(row)) || !in_range(writer->Integer(row))) {
    return Corrupt("protocol versions out of range");
  }
  table::Protocol protocol{.min_reader_version = static_cast<int>(reader->Integer(row)),
                           .min_writer_version = static_cast<int>(writer->Integer(row))};
  protocol.reader_features =
      TextsAt(TRY(TypedChild(column, "readerFeatures", ValueType::kList)), row);
  protocol.writer_features =
      TextsAt(TRY(TypedChild(column, "writerFeatures", ValueType::kList)), row);
  return protocol;
}

Result<table::Metadata> ReadMetadata(const Column& column, std::size_t row) {
  const Column* const id = TRY(RequiredChild(column, "id", ValueType::kText));
  const Column* const schema = TRY(RequiredChild(column, "schemaString", ValueType::kText));
  if (id->IsNull(row) || schema->IsNull(row)) return Corrupt("metaData without id or schemaString");
  table::Metadata metadata;
  metadata.id = std::string(id->Text(row));
  metadata.schema_string = std::string(schema->Text(row));
  metadata.name = TextAt(TRY(TypedChild(column, "name", ValueType::kText)), row);
  metadata.description = TextAt(TRY(TypedChild(column, "description", ValueType::kText)), row);
  if (const Column* const format = TRY(TypedChild(column, "format", ValueType::kStruct))) {
    const auto provider = TextAt(TRY(TypedChild(*format, "provider", ValueType::kText)), row);
    if (provider) metadata.format_provider = *provider;
    metadata.format_options = PairsAt(TRY(TypedChild(*format, "options", ValueType::kMap)), row);
  }
  const auto partitions =
      TextsAt(TRY(TypedChild(column, "partitionColumns", ValueType::kList)), row);
  if (partitions) metadata.partition_columns = *partitions;
  metadata.configuration = PairsAt(TRY(TypedChild(column, "configuration", ValueType::kMap)), row);
  const Column* const created = TRY(TypedChild(column, "createdTime", ValueType::kInteger));
  if (created != nullptr && !created->IsNull(row)) metadata.created_time_ms = created->Integer(row);
  return FinishMetadata(std::move(metadata));
}

// The columns of `add`, looked up once a batch.
class AddColumns {
 public:
  static Result<AddColumns> Find(const Column& add) {
    AddColumns columns;
    columns.path_ = TRY(RequiredChild(add, "path", ValueType::kText));
    columns.size_ = TRY(RequiredChild(add, "size", ValueType::kInteger));
    columns.partition_values_ = TRY(TypedChild(add, "partitionValues", ValueType::kMap));
    columns.modification_time_ = TRY(TypedChild(add, "modificationTime", ValueType::kInteger));
    columns.data_change_ = TRY(TypedChild(add, "dataChange", ValueType::kBoolean));
    columns.stats_ = TRY(TypedChild(add, "stats", ValueType::kText));
    columns.stats_parsed_ = TRY(TypedChild(add, "stats_parsed", ValueType::kStruct));
    columns.deletion_vector_ = TRY(TypedChild(add, "deletionVector", ValueType::kStruct));
    for (const std::string_view name :
         {"tags", "baseRowId", "defaultRowCommitVersion", "clusteringProvider"}) {
      if (const Column* const extra = add.Find(name)) columns.extras_.push_back(extra);
    }
    return columns;
  }

  Result<void> Sink(std::size_t row, ActionSink& sink) {
    if (path_->IsNull(row) || size_->IsNull(row)) return Corrupt("add without path or size");
    if (size_->Integer(row) < 0) return Corrupt("add with a negative size");
    ReadPartitionValues(row);
    ReadStats(row);
    ReadExtra(row);
    const table::DeletionVector* const vector = TRY(ReadVector(row));
    const bool has_time = modification_time_ != nullptr && !modification_time_->IsNull(row);
    const bool has_change = data_change_ != nullptr && !data_change_->IsNull(row);
    return sink.OnAdd({.path = path_->Text(row),
                       .size_bytes = size_->Integer(row),
                       .modification_time_ms = has_time ? modification_time_->Integer(row) : 0,
                       .data_change = !has_change || data_change_->Integer(row) != 0,
                       .partition_values = values_,
                       .stats = stats_text_,
                       .extra = extra_text_,
                       .deletion_vector = vector});
  }

 private:
  void ReadPartitionValues(std::size_t row) {
    values_.clear();
    if (partition_values_ == nullptr || partition_values_->IsNull(row)) return;
    const Column& keys = partition_values_->children()[0];
    const Column& values = partition_values_->children()[1];
    if (keys.type() != ValueType::kText || values.type() != ValueType::kText) return;
    const auto [begin, end] = partition_values_->Elements(row);
    for (std::size_t i = begin; i < end; ++i) {
      auto& value =
          values_.emplace_back(table::NamedPartitionValue{.column = keys.Text(i), .text = {}});
      if (!values.IsNull(i)) value.text = values.Text(i);
    }
  }

  void ReadStats(std::size_t row) {
    stats_text_ = {};
    if (stats_ != nullptr && !stats_->IsNull(row)) {
      stats_text_ = stats_->Text(row);
    } else if (stats_parsed_ != nullptr && !stats_parsed_->IsNull(row)) {
      rendered_stats_.clear();
      AppendSparkJson(*stats_parsed_, row, rendered_stats_);
      stats_text_ = rendered_stats_;
    }
  }

  void ReadExtra(std::size_t row) {
    extra_text_.clear();
    for (const Column* const extra : extras_) {
      if (extra->IsNull(row)) continue;
      if (extra->type() == ValueType::kMap &&
          extra->Elements(row).first == extra->Elements(row).second)
        continue;
      extra_text_ += Format(",\"{}\":", extra->name());
      AppendSparkJson(*extra, row, extra_text_);
    }
  }

  Result<const table::DeletionVector*> ReadVector(std::size_t row) {
    if (deletion_vector_ == nullptr || deletion_vector_->IsNull(row)) return nullptr;
    const auto type =
        TextAt(TRY(TypedChild(*deletion_vector_, "storageType", ValueType::kText)), row);
    const auto path =
        TextAt(TRY(TypedChild(*deletion_vector_, "pathOrInlineDv", ValueType::kText)), row);
    const auto size = TRY(IntegerOfVector("sizeInBytes", row));
    const auto cardinality = TRY(IntegerOfVector("cardinality", row));
    const auto offset = TRY(IntegerOfVector("offset", row));
    if (!type || !path || !size || !cardinality) return Corrupt("deletionVector lacks a member");
    vector_ = {.storage_type = *type,
               .path_or_inline = *path,
               .offset = offset,
               .size_bytes = *size,
               .cardinality = *cardinality};
    TRY(FinishVector(vector_));
    return &vector_;
  }

  Result<std::optional<std::int64_t>> IntegerOfVector(std::string_view name,
                                                      std::size_t row) const {
    const Column* const column = TRY(TypedChild(*deletion_vector_, name, ValueType::kInteger));
    if (column == nullptr || column->IsNull(row)) return std::optional<std::int64_t>();
    return std::optional(column->Integer(row));
  }

  const Column* path_ = nullptr;
  const Column* size_ = nullptr;
  const Column* partition_values_ = nullptr;
  const Column* modification_time_ = nullptr;
  const Column* data_change_ = nullptr;
  const Column* stats_ = nullptr;
  const Column* stats_parsed_ = nullptr;
  const Column* deletion_vector_ = nullptr;
  std::vector<const Column*> extras_;

  // Of the row in work.
  std::vector<table::NamedPartitionValue> values_;
  std::string_view stats_text_;
  std::string rendered_stats_;
  std::string extra_text_;
  table::DeletionVector vector_;
};

// The column of one kind of action; nullptr if the file has none.
Result<const Column*> ActionColumn(const Batch& batch, std::string_view name) {
  const Column* const column = batch.Find(name);
  if (column != nullptr && column->type() != ValueType::kStruct) {
    return CorruptData("column '{}' is of another type", name);
  }
  return column;
}

Result<void> SinkSidecar(const Column& column, std::size_t row, ActionSink& sink) {
  const Column* const path = TRY(RequiredChild(column, "path", ValueType::kText));
  if (path->IsNull(row)) return Corrupt("sidecar without path");
  return sink.OnSidecar(path->Text(row));
}

}  // namespace

Result<void> SinkBatch(const Batch& batch, ActionSink& sink) {
  // A part may lack the columns that would be null throughout.
  const Column* const protocol = TRY(ActionColumn(batch, "protocol"));
  const Column* const metadata = TRY(ActionColumn(batch, "metaData"));
  const Column* const add = TRY(ActionColumn(batch, "add"));
  const Column* const sidecar = TRY(ActionColumn(batch, "sidecar"));
  std::optional<AddColumns> add_columns;
  if (add != nullptr) add_columns = TRY(AddColumns::Find(*add));
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (add != nullptr && !add->IsNull(row)) {
      TRY(add_columns->Sink(row, sink));
    } else if (metadata != nullptr && !metadata->IsNull(row)) {
      table::Metadata found = TRY(ReadMetadata(*metadata, row));
      TRY(sink.OnMetadata(std::move(found)));
    } else if (protocol != nullptr && !protocol->IsNull(row)) {
      table::Protocol found = TRY(ReadProtocol(*protocol, row));
      TRY(sink.OnProtocol(std::move(found)));
    } else if (sidecar != nullptr && !sidecar->IsNull(row)) {
      TRY(SinkSidecar(*sidecar, row, sink));
    }
  }
  return {};
}

}  // namespace sluice::delta
