#pragma once

// Columns and Parquet files for tests, here and in modules that read them. Included by tests only.

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <parquet/arrow/writer.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "columnar/column.h"
#include "storage/object_store.h"

namespace sluice::columnar {

using ArrowArray = std::shared_ptr<arrow::Array>;

/// `json` is a list of the column's values; structs are objects, maps lists of pairs.
inline ArrowArray ArrayOf(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  auto array = arrow::json::ArrayFromJSONString(type, json);
  CHECK(array.ok(), "the test's values are not of the test's type");
  return std::move(array).ValueUnsafe();
}

inline Column ColumnOf(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return Column("c", ArrayOf(type, json));
}

struct ParquetWriteOptions {
  std::int64_t rows_per_group = 1'000'000;
  bool int96_timestamps = false;
  bool keep_arrow_schema = false;  ///< So that dictionaries and views are read as such.
};

/// A Parquet file of the columns.
inline std::string WriteParquet(const std::vector<std::pair<std::string, ArrowArray>>& columns,
                                const ParquetWriteOptions& options = {}) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  parquet::ArrowWriterProperties::Builder properties;
  if (options.int96_timestamps) properties.enable_deprecated_int96_timestamps();
  if (options.keep_arrow_schema) properties.store_schema();
  const auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const arrow::Status written =
      parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, options.rows_per_group,
                                 parquet::default_writer_properties(), properties.build());
  CHECK(written.ok(), "Arrow could not write the test's file");
  return out->Finish().ValueOrDie()->ToString();
}

/// Bytes in memory as a stored object.
class BytesObject final : public storage::RandomAccessObject {
 public:
  explicit BytesObject(std::string bytes) : bytes_(std::move(bytes)) {}

  std::uint64_t size_bytes() const override { return bytes_.size(); }
  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset)
      return InvalidArgument("the object is shorter than asked for");
    bytes_.copy(out.data(), out.size(), offset);
    return {};
  }

 private:
  std::string bytes_;
};

}  // namespace sluice::columnar
