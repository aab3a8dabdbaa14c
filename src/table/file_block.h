#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "expr/bounds.h"
#include "expr/schema.h"
#include "table/compressed_text.h"
#include "table/deletion_vector.h"

namespace sluice::table {

struct Metadata;

/// The value of one partition column; none is null.
struct NamedPartitionValue {
  std::string_view column;
  std::optional<std::string_view> text;
};

/// One data file as a log describes it. Views live only during the call that takes them.
struct DataFile {
  std::string_view path;  ///< As the log spells it.
  std::int64_t size_bytes = 0;
  std::int64_t modification_time_ms = 0;
  bool data_change = true;
  std::span<const NamedPartitionValue> partition_values;
  std::string_view stats;  ///< JSON text; empty if there is none.
  std::string_view
      extra;  ///< Further members of the log's action, rendered: `,"tags":{...}`. Mostly empty.
  const DeletionVector* deletion_vector = nullptr;  ///< The one in force, if there is one.
};

/// The path under which a file is known: `file:/a`, `file:///a` and `/a` are one file. A view into
/// `path`.
std::string_view CanonicalPath(std::string_view path);

/// A distinct value of a partition column.
struct PartitionValue {
  std::optional<std::string> text;  ///< As the log spells it; none is null.
  std::string json_member;          ///< `"country":"FR"`, ready for an answer.
};

struct PartitionColumn {
  std::string name;
  std::string stored_name;  ///< As files name it; see expr::Field.
  std::vector<PartitionValue> values;
  std::vector<std::uint32_t> codes;  ///< Of each row: index into `values`.
  expr::ColumnBounds
      bounds;  ///< Of `values`, parsed to the column's type; `codes` points at the codes.
};

/// Immutable columns of many data files, in the order in which an answer lists them. About 210
/// bytes a file with an 85 byte path, statistics not counted. Thread-safe.
class FileBlock {
 public:
  FileBlock(const FileBlock&) = delete;
  FileBlock& operator=(const FileBlock&) = delete;

  std::size_t rows() const { return sizes_.size(); }
  std::string_view path(std::size_t row) const { return Slice(paths_, path_ends_, row); }
  std::int64_t size_bytes(std::size_t row) const { return sizes_[row]; }
  std::int64_t modification_time_ms(std::size_t row) const { return modification_times_[row]; }
  bool data_change(std::size_t row) const { return data_changes_[row]; }
  std::string_view extra(std::size_t row) const {
    return extra_ends_.empty() ? std::string_view() : Slice(extras_, extra_ends_, row);
  }
  /// nullptr if the file has none.
  const DeletionVector* deletion_vector(std::size_t row) const {
    const std::uint32_t vector = vector_of_row_.empty() ? 0 : vector_of_row_[row];
    return vector == 0 ? nullptr : &vectors_[vector - 1].vector;
  }
  /// DeletionVector::Id; empty if the file has none.
  std::string_view deletion_vector_id(std::size_t row) const {
    const std::uint32_t vector = vector_of_row_.empty() ? 0 : vector_of_row_[row];
    return vector == 0 ? std::string_view() : std::string_view(vectors_[vector - 1].id);
  }
  bool has_deletion_vectors() const { return !vectors_.empty(); }
  const std::vector<PartitionColumn>& partition_columns() const { return partition_columns_; }
  /// Rows whose path, or that of whose deletion vector, is not relative to the table's root,
  /// ascending.
  const std::vector<std::uint32_t>& absolute_rows() const { return absolute_rows_; }

  /// Statistics as they stand between the quotes of a JSON string; empty if there are none.
  CompressedText::Cursor EscapedStats() const { return CompressedText::Cursor(stats_); }

  /// The row of a file, if the block lists it. There is an index of 8 to 16 bytes a row.
  std::optional<std::size_t> FindRow(std::string_view path,
                                     std::string_view deletion_vector_id) const;

  /// What the statistics say of a column of this type. The first call for a column decodes it and
  /// keeps it. The answer lives as long as the block.
  const expr::ColumnBounds& StatsBounds(const std::vector<std::string>& column,
                                        const expr::DataType& type) const;

  /// Memory held now, in bytes; grows as bounds are decoded.
  std::size_t memory_bytes() const { return fixed_bytes_ + lazy_bytes_; }

 private:
  friend class FileBlockBuilder;
  FileBlock() = default;

  struct IdentifiedVector {
    DeletionVector vector;
    std::string id;
  };

  static std::string_view Slice(const std::string& arena, const std::vector<std::uint32_t>& ends,
                                std::size_t row) {
    const std::size_t begin = row == 0 ? 0 : ends[row - 1];
    return std::string_view(arena).substr(begin, ends[row] - begin);
  }
  void BuildIndex();
  std::size_t FixedBytes() const;

  std::string paths_;
  std::vector<std::uint32_t> path_ends_;
  std::vector<std::int64_t> sizes_;
  std::vector<std::int64_t> modification_times_;
  std::vector<bool> data_changes_;
  std::vector<PartitionColumn> partition_columns_;
  std::string extras_;
  std::vector<std::uint32_t> extra_ends_;  ///< Empty if no row has any.
  std::vector<IdentifiedVector> vectors_;
  std::vector<std::uint32_t> vector_of_row_;  ///< Index + 1, 0 is none. Empty if no row has any.
  std::vector<std::uint32_t> absolute_rows_;
  std::vector<std::uint32_t> index_;  ///< Open addressing; row + 1, 0 is free.
  CompressedText stats_;
  std::size_t fixed_bytes_ = 0;

  mutable std::atomic<std::size_t> lazy_bytes_ = 0;
  mutable std::mutex lazy_mutex_;  ///< Guards stats_bounds_, whose entries are made once.
  mutable std::unordered_map<std::string, std::unique_ptr<expr::ColumnBounds>> stats_bounds_;
};

/// Collects files into a block. Partition columns are found as the files name them, since a log is
/// read newest entry first and the table's metadata may come last. Not thread-safe.
class FileBlockBuilder {
 public:
  FileBlockBuilder();

  /// Errors: kTooLarge if the block would pass 4 GiB of paths, 2^32 - 2 rows or 10,000 partition
  /// columns.
  Result<void> Add(const DataFile& file);
  /// Adds row `row` of another block; `stats` is that block's.
  Result<void> AddFrom(const FileBlock& block, std::size_t row, CompressedText::Cursor& stats);

  std::size_t rows() const { return block_->rows(); }
  /// The block has exactly `partition_columns`, in that order: others are dropped, and a file that
  /// named no value for one has null. Values are parsed by the column's type in `schema`.
  std::shared_ptr<const FileBlock> Finish(const std::vector<std::string>& partition_columns,
                                          const expr::Schema& schema) &&;

 private:
  /// The values of one column as the files name them.
  struct Column {
    std::string name;
    std::vector<std::optional<std::string>> values = {std::nullopt};  ///< Entry 0 is null.
    std::unordered_map<std::string, std::uint32_t> known;
    std::vector<std::uint32_t> codes;
  };

  Result<void> AddAllButStats(const DataFile& file);
  void AddExtra(std::string_view extra);
  void AddVector(const DeletionVector* vector);
  Result<void> AddPartitionValues(std::span<const NamedPartitionValue> values);
  static std::uint32_t Code(Column& column, const std::optional<std::string_view>& text);
  PartitionColumn FinishColumn(const std::string& name, const std::string& stored_name,
                               const expr::DataType& type);

  std::unique_ptr<FileBlock> block_;
  std::vector<Column> columns_;
};

/// `block` without `rows`, which need no order, and with the partition columns of `metadata`'s. The
/// block itself if there are none. Errors: those of FileBlockBuilder::AddFrom.
Result<std::shared_ptr<const FileBlock>> WithoutRows(std::shared_ptr<const FileBlock> block,
                                                     std::vector<std::uint32_t> rows,
                                                     const Metadata& metadata);

}  // namespace sluice::table
