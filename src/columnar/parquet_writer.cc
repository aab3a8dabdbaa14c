#include "columnar/parquet_writer.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>

#include <memory>

namespace sluice::columnar {
namespace {

constexpr std::int64_t kRowsPerGroup = 1 << 20;

Error WriteFailure(const arrow::Status& status) {
  Error error = status.IsOutOfMemory() ? ResourceExhausted("no memory for a Parquet file")
                                       : Internal("a Parquet file cannot be written");
  return WithDetail(std::move(error), status.ToString());
}

Result<void> Check(const arrow::Status& status) {
  if (!status.ok()) return WriteFailure(status);
  return {};
}

template <typename T>
Result<T> FromArrow(arrow::Result<T> result) {
  if (!result.ok()) return WriteFailure(result.status());
  return std::move(result).ValueUnsafe();
}

/// Appends each value of type T with `append`, nulls otherwise.
template <typename T, typename Builder, typename Append>
arrow::Status AppendAll(const NewColumn& column, Builder& builder, const Append& append) {
  for (const NewValue& value : column.values) {
    const T* const typed = std::get_if<T>(&value);
    ARROW_RETURN_NOT_OK(typed != nullptr ? append(*typed) : builder.AppendNull());
  }
  return arrow::Status::OK();
}

template <typename T, typename Builder>
arrow::Status AppendPlain(const NewColumn& column, Builder& builder) {
  return AppendAll<T>(column, builder, [&](const T& value) { return builder.Append(value); });
}

std::shared_ptr<arrow::DataType> TypeOf(NewColumnType type) {
  switch (type) {
    case NewColumnType::kInteger: return arrow::int64();
    case NewColumnType::kText: return arrow::utf8();
    case NewColumnType::kBoolean: return arrow::boolean();
    case NewColumnType::kTimestamp: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case NewColumnType::kTextList: return arrow::list(arrow::field("element", arrow::utf8()));
  }
  return arrow::null();
}

using ArrayPtr = std::shared_ptr<arrow::Array>;

arrow::Result<ArrayPtr> ArrayOf(const NewColumn& column) {
  arrow::MemoryPool* const pool = arrow::default_memory_pool();
  switch (column.type) {
    case NewColumnType::kInteger: {
      arrow::Int64Builder builder(pool);
      ARROW_RETURN_NOT_OK(AppendPlain<std::int64_t>(column, builder));
      return builder.Finish();
    }
    case NewColumnType::kText: {
      arrow::StringBuilder builder(pool);
      ARROW_RETURN_NOT_OK(AppendPlain<std::string_view>(column, builder));
      return builder.Finish();
    }
    case NewColumnType::kBoolean: {
      arrow::BooleanBuilder builder(pool);
      ARROW_RETURN_NOT_OK(AppendPlain<bool>(column, builder));
      return builder.Finish();
    }
    case NewColumnType::kTimestamp: {
      arrow::TimestampBuilder builder(TypeOf(column.type), pool);
      ARROW_RETURN_NOT_OK(AppendPlain<std::int64_t>(column, builder));
      return builder.Finish();
    }
    case NewColumnType::kTextList: {
      const auto texts = std::make_shared<arrow::StringBuilder>(pool);
      arrow::ListBuilder builder(pool, texts, TypeOf(column.type));
      const auto append = [&](const std::vector<std::string>* list) -> arrow::Status {
        ARROW_RETURN_NOT_OK(builder.Append());
        for (const std::string& text : *list) ARROW_RETURN_NOT_OK(texts->Append(text));
        return arrow::Status::OK();
      };
      ARROW_RETURN_NOT_OK(AppendAll<const std::vector<std::string>*>(column, builder, append));
      return builder.Finish();
    }
  }
  return arrow::Status::NotImplemented("a column of an unknown type");
}

}  // namespace

Result<std::string> EncodeParquet(const std::vector<NewColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const NewColumn& column : columns) {
    fields.push_back(arrow::field(column.name, TypeOf(column.type)));
    arrays.push_back(TRY(FromArrow(ArrayOf(column))));
  }
  const auto table = arrow::Table::Make(arrow::schema(std::move(fields)), std::move(arrays));
  const auto properties =
      parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
  const auto out = TRY(FromArrow(arrow::io::BufferOutputStream::Create()));
  TRY(Check(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, kRowsPerGroup,
                                       properties)));
  const auto buffer = TRY(FromArrow(out->Finish()));
  return buffer->ToString();
}

}  // namespace sluice::columnar
