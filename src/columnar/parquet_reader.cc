#include "columnar/parquet_reader.h"

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/util/future.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <span>
#include <utility>

namespace sluice::columnar {
namespace {

// A forged page header may ask for 2 GiB, which Arrow would allocate and clear before it reads.
constexpr std::int64_t kMaxBufferBytes = std::int64_t{512} << 20;

// Hands out no larger buffer than that.
class BoundedPool final : public arrow::MemoryPool {
 public:
  explicit BoundedPool(arrow::MemoryPool* pool) : pool_(pool) {}

  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override {
    if (size > kMaxBufferBytes) return arrow::Status::OutOfMemory("buffer of ", size, " bytes");
    return pool_->Allocate(size, alignment, out);
  }
  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** buffer) override {
    if (new_size > kMaxBufferBytes)
      return arrow::Status::OutOfMemory("buffer of ", new_size, " bytes");
    return pool_->Reallocate(old_size, new_size, alignment, buffer);
  }
  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override {
    pool_->Free(buffer, size, alignment);
  }
  std::int64_t bytes_allocated() const override { return pool_->bytes_allocated(); }
  std::int64_t total_bytes_allocated() const override { return pool_->total_bytes_allocated(); }
  std::int64_t num_allocations() const override { return pool_->num_allocations(); }
  std::string backend_name() const override { return pool_->backend_name(); }

 private:
  arrow::MemoryPool* pool_;
};

// Arrow's own pools keep freed memory; the system's gives large buffers back at once. Columns
// outlive their reader, so the pool lives for ever.
arrow::MemoryPool* Pool() {
  static BoundedPool* const pool = new BoundedPool(arrow::system_memory_pool());
  return pool;
}

Error ReadFailure(const std::string& name, std::string_view why) {
  return WithDetail(CorruptData("cannot read a Parquet file of the table"),
                    Format("{}: {}", name, why));
}

// Shows a stored object to Arrow. ReadAt is all that the readers below use from several threads.
class ArrowObject final : public arrow::io::RandomAccessFile {
 public:
  explicit ArrowObject(std::shared_ptr<const storage::RandomAccessObject> object)
      : object_(std::move(object)) {}
  ~ArrowObject() override = default;

  /// The fault of the store, if there was one, and not of the file.
  Error FailureOr(Error error) const {
    const std::lock_guard lock(mutex_);
    return failure_.value_or(std::move(error));
  }

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Seek(std::int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> GetSize() override { return Size(); }

  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t nbytes,
                                     void* out) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t available, Clamp(position, nbytes));
    const auto size = static_cast<std::size_t>(available);
    const auto read = object_->ReadAt(static_cast<std::uint64_t>(position),
                                      std::span(static_cast<char*>(out), size));
    if (read.ok()) return available;
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = read.error();
    return arrow::Status::IOError(read.error().ToString());
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position,
                                                       std::int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t available, Clamp(position, nbytes));
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateBuffer(available, Pool()));
    ARROW_RETURN_NOT_OK(ReadAt(position, available, buffer->mutable_data()));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<std::int64_t> Read(std::int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t read, ReadAt(position_, nbytes, out));
    position_ += read;
    return read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, nbytes));
    position_ += buffer->size();
    return buffer;
  }

 private:
  std::int64_t Size() const { return static_cast<std::int64_t>(object_->size_bytes()); }

  // A forged footer may ask for any range: nothing is read, or allocated, past the end of the file.
  arrow::Result<std::int64_t> Clamp(std::int64_t position, std::int64_t nbytes) const {
    if (position < 0 || nbytes < 0 || position > Size()) {
      return arrow::Status::Invalid("range outside the file");
    }
    return std::min(nbytes, Size() - position);
  }

  const std::shared_ptr<const storage::RandomAccessObject> object_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;  // Guarded by mutex_.
};

class ArrowParquetReader final : public ParquetReader {
 public:
  ArrowParquetReader(std::string name, std::shared_ptr<const ArrowObject> source,
                     std::unique_ptr<parquet::arrow::FileReader> file,
                     std::unique_ptr<arrow::RecordBatchReader> batches)
      : name_(std::move(name)),
        source_(std::move(source)),
        file_(std::move(file)),
        batches_(std::move(batches)) {}

  std::int64_t rows() const override { return file_->parquet_reader()->metadata()->num_rows(); }

  Result<std::optional<Batch>> Next() override {
    try {
      auto next = batches_->Next();
      if (!next.ok()) return source_->FailureOr(ReadFailure(name_, next.status().ToString()));
      const std::shared_ptr<arrow::RecordBatch>& rows = *next;
      if (rows == nullptr) return std::optional<Batch>();
      if (const auto valid = rows->Validate(); !valid.ok())
        return ReadFailure(name_, valid.ToString());
      Batch batch{.rows = static_cast<std::size_t>(rows->num_rows()), .columns = {}};
      for (int i = 0; i < rows->num_columns(); ++i) {
        batch.columns.emplace_back(rows->column_name(i), rows->column(i));
      }
      return std::optional<Batch>(std::move(batch));
    } catch (const std::exception& exception) {
      return source_->FailureOr(ReadFailure(name_, exception.what()));
    }
  }

 private:
  std::string name_;
  const std::shared_ptr<const ArrowObject> source_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

Result<void> CheckDeclaredSize(const parquet::FileMetaData& metadata, const std::string& name,
                               std::int64_t max_bytes) {
  std::int64_t total = 0;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const std::int64_t bytes = metadata.RowGroup(i)->total_byte_size();
    if (bytes < 0 || __builtin_add_overflow(total, bytes, &total) || total > max_bytes) {
      return WithDetail(TooLarge("a Parquet file of the table is too large"),
                        Format("{}: {} bytes decoded, {} allowed", name, total, max_bytes));
    }
  }
  return {};
}

struct ChunkRange {
  std::int64_t begin = 0;
  std::int64_t bytes = 0;
};

ChunkRange RangeOf(const parquet::ColumnChunkMetaData& chunk) {
  const std::int64_t pages = chunk.data_page_offset();
  return {.begin =
              chunk.has_dictionary_page() ? std::min(chunk.dictionary_page_offset(), pages) : pages,
          .bytes = chunk.total_compressed_size()};
}

// Arrow believes what a footer says of its columns, and takes seconds over a count below zero.
Result<void> CheckColumnChunks(const parquet::FileMetaData& metadata,
                               const std::vector<int>& leaves, const std::string& name,
                               std::int64_t file_bytes) {
  std::int64_t rows = 0;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const auto group = metadata.RowGroup(i);
    if (group->num_rows() < 0 || __builtin_add_overflow(rows, group->num_rows(), &rows))
      return ReadFailure(name, Format("row group {} has {} rows", i, group->num_rows()));
    for (const int leaf : leaves) {
      const auto chunk = group->ColumnChunk(leaf);
      const auto [begin, bytes] = RangeOf(*chunk);
      const bool is_inside =
          begin >= 0 && bytes >= 0 && begin <= file_bytes && bytes <= file_bytes - begin;
      if (!is_inside || chunk->num_values() < 0 || chunk->total_uncompressed_size() < 0)
        return ReadFailure(name, Format("row group {}, column {} cannot be", i, leaf));
    }
  }
  if (rows != metadata.num_rows()) return ReadFailure(name, "row groups and file disagree on rows");
  return {};
}

std::vector<int> SelectLeaves(const parquet::SchemaDescriptor& schema,
                              const ParquetReadOptions& options) {
  std::vector<int> leaves;
  for (int i = 0; i < schema.num_columns(); ++i) {
    if (options.select_leaf(schema.Column(i)->path()->ToDotString())) leaves.push_back(i);
  }
  return leaves;
}

// False only if every row group's statistics count nothing but nulls.
bool HasValues(const parquet::FileMetaData& metadata, int leaf) {
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const auto group = metadata.RowGroup(i);
    const auto statistics = group->ColumnChunk(leaf)->statistics();
    const bool all_null = statistics != nullptr && statistics->HasNullCount() &&
                          statistics->null_count() == group->num_rows();
    if (!all_null) return true;
  }
  return false;
}

// What a reader of these columns will read, row group by row group. All of it has been checked.
std::vector<std::vector<storage::ByteSpan>> SpansOf(const parquet::FileMetaData& metadata,
                                                    const std::vector<int>& leaves) {
  std::vector<std::vector<storage::ByteSpan>> rounds;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const auto group = metadata.RowGroup(i);
    auto& spans = rounds.emplace_back();
    for (const int leaf : leaves) {
      const auto [begin, bytes] = RangeOf(*group->ColumnChunk(leaf));
      spans.push_back({.offset = static_cast<std::uint64_t>(begin),
                       .length = static_cast<std::uint64_t>(bytes)});
    }
  }
  return rounds;
}

std::vector<int> AllRowGroups(const parquet::FileMetaData& metadata) {
  std::vector<int> groups(static_cast<std::size_t>(metadata.num_row_groups()));
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
  return groups;
}

parquet::ReaderProperties FileProperties() {
  parquet::ReaderProperties properties(Pool());
  properties.enable_buffered_stream();  // one page in memory at a time, not one column chunk
  properties.set_buffer_size(1 << 20);
  return properties;
}

}  // namespace

Result<std::unique_ptr<ParquetReader>> ParquetReader::Open(
    std::shared_ptr<const storage::RandomAccessObject> object, std::string name,
    const ParquetReadOptions& options) {
  const auto source = std::make_shared<ArrowObject>(object);
  const auto failure = [&](const std::string& why) {
    return source->FailureOr(ReadFailure(name, why));
  };
  try {
    auto parquet_file = parquet::ParquetFileReader::Open(source, FileProperties());
    const std::shared_ptr<parquet::FileMetaData> metadata = parquet_file->metadata();
    TRY(CheckDeclaredSize(*metadata, name, options.max_uncompressed_bytes));
    const std::vector<int> leaves = SelectLeaves(*metadata->schema(), options);
    TRY(CheckColumnChunks(*metadata, leaves, name,
                          static_cast<std::int64_t>(object->size_bytes())));
    object->WillRead(SpansOf(*metadata, leaves));

    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_batch_size(static_cast<std::int64_t>(options.batch_rows));
    properties.set_pre_buffer(false);
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    auto reader = parquet::arrow::FileReader::Make(Pool(), std::move(parquet_file), properties);
    if (!reader.ok()) return failure(reader.status().ToString());
    std::unique_ptr<parquet::arrow::FileReader> file = std::move(reader).ValueUnsafe();
    auto batches = file->GetRecordBatchReader(AllRowGroups(*metadata), leaves);
    if (!batches.ok()) return failure(batches.status().ToString());
    return std::unique_ptr<ParquetReader>(std::make_unique<ArrowParquetReader>(
        std::move(name), source, std::move(file), std::move(batches).ValueUnsafe()));
  } catch (const std::exception& exception) {
    return failure(exception.what());
  }
}

Result<std::vector<ParquetLeaf>> ReadParquetLeaves(
    std::shared_ptr<const storage::RandomAccessObject> object, std::string name) {
  const auto source = std::make_shared<ArrowObject>(std::move(object));
  try {
    const auto file = parquet::ParquetFileReader::Open(source, FileProperties());
    const std::shared_ptr<parquet::FileMetaData> metadata = file->metadata();
    const parquet::SchemaDescriptor& schema = *metadata->schema();
    std::vector<ParquetLeaf> leaves;
    for (int i = 0; i < schema.num_columns(); ++i) {
      leaves.push_back(
          {.path = schema.Column(i)->path()->ToDotString(), .has_values = HasValues(*metadata, i)});
    }
    return leaves;
  } catch (const std::exception& exception) {
    return source->FailureOr(ReadFailure(name, exception.what()));
  }
}

}  // namespace sluice::columnar
