#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/column.h"
#include "storage/object_store.h"

namespace sluice::columnar {

struct ParquetReadOptions {
  /// Chosen by dotted path, such as "add.partitionValues.key_value.key".
  std::function<bool(std::string_view leaf)> select_leaf;
  std::size_t batch_rows = 4'096;
  /// A file that says it would decode to more is refused as kTooLarge.
  std::int64_t max_uncompressed_bytes = std::int64_t{16} << 30;
};

/// Reads chosen columns of one Parquet file, batch by batch. Decodes in the calling
/// thread. Every fault of the file is an Error, kCorruptData unless said otherwise; `name`
/// names it there. A fault of the store is the object's own error.
class ParquetReader {
 public:
  static Result<std::unique_ptr<ParquetReader>> Open(
      std::shared_ptr<const storage::RandomAccessObject> object, std::string name,
      const ParquetReadOptions& options);
  virtual ~ParquetReader() = default;

  virtual std::int64_t rows() const = 0;
  /// The next batch in file order; none at the end. Not thread-safe.
  virtual Result<std::optional<Batch>> Next() = 0;
};

/// A leaf column of a file.
struct ParquetLeaf {
  std::string path;        ///< Dotted.
  bool has_values = true;  ///< False if the footer says that all values are null.
};

/// The leaf columns of a file, from its footer. Errors as for ParquetReader.
Result<std::vector<ParquetLeaf>> ReadParquetLeaves(
    std::shared_ptr<const storage::RandomAccessObject> object, std::string name);

}  // namespace sluice::columnar
