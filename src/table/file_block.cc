#include "table/file_block.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "base/json.h"
#include "expr/scalar.h"
#include "table/metadata.h"
#include "table/stats.h"

namespace sluice::table {
namespace {

constexpr std::size_t kMaxRows = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::size_t kMaxStatsBytes = 1 << 20;
constexpr std::size_t kMaxPartitionColumns = 10'000;
constexpr std::size_t kMaxArenaBytes = std::numeric_limits<std::uint32_t>::max();

std::size_t HashKey(std::string_view path, std::string_view deletion_vector_id) {
  const std::size_t hash = std::hash<std::string_view>{}(path);
  return deletion_vector_id.empty() ? hash
                                    : hash * 31 + std::hash<std::string_view>{}(deletion_vector_id);
}

// RFC 3986: a scheme, or a path from the root.
bool IsAbsolute(std::string_view path) {
  if (path.starts_with('/')) return true;
  const std::size_t colon = path.find(':');
  return colon != std::string_view::npos && path.find_first_of("/=%") > colon;
}

// A partition value is its own minimum and maximum, but for a timestamp, whose zone may be unknown.
// Of one that is not of the column's type nothing is known: some readers take it for null.
void AppendBounds(const std::optional<std::string>& text, const expr::DataType& type,
                  expr::ColumnBounds& bounds) {
  using expr::ColumnBounds;
  std::uint8_t flags = 0;
  expr::ScalarRange range{.low = ZeroOf(bounds.lane), .high = ZeroOf(bounds.lane)};
  if (!text || text->empty()) {
    flags = ColumnBounds::kAllNull;
  } else if (auto parsed = expr::ParsePartitionRange(*text, type); parsed.ok()) {
    range = std::move(parsed).value();
    // Readers differ on whether such a value goes by way of a float.
    if (type.was_float) range = WithFloats(std::get<double>(range.low), range);
    flags = ColumnBounds::kNoNulls | ColumnBounds::kHasMin | ColumnBounds::kHasMax |
            ColumnBounds::kNoNaN;
  }
  bounds.flags.push_back(flags);
  AppendRange(range, bounds);
}

}  // namespace

std::string_view CanonicalPath(std::string_view path) {
  constexpr std::string_view kScheme = "file:";
  if (!path.starts_with(kScheme)) return path;
  const std::string_view rest = path.substr(kScheme.size());
  if (rest.starts_with("///")) return rest.substr(2);
  return rest.starts_with('/') && !rest.starts_with("//") ? rest : path;
}

std::optional<std::size_t> FileBlock::FindRow(std::string_view wanted_path,
                                              std::string_view vector_id) const {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t slot = HashKey(wanted_path, vector_id) & mask; index_[slot] != 0;
       slot = (slot + 1) & mask) {
    const std::size_t row = index_[slot] - 1;
    if (path(row) == wanted_path && deletion_vector_id(row) == vector_id) return row;
  }
  return std::nullopt;
}

void FileBlock::BuildIndex() {
  std::size_t slots = 16;
  while (slots < rows() * 2) slots *= 2;
  index_.resize(slots);
  for (std::size_t row = 0; row < rows(); ++row) {
    std::size_t slot = HashKey(path(row), deletion_vector_id(row)) & (slots - 1);
    while (index_[slot] != 0) slot = (slot + 1) & (slots - 1);
    index_[slot] = static_cast<std::uint32_t>(row + 1);
  }
}

const expr::ColumnBounds& FileBlock::StatsBounds(const std::vector<std::string>& column,
                                                 const expr::DataType& type) const {
  std::string key;
  for (const std::string& name : column) key.append(name).push_back('\0');
  const std::lock_guard lock(lazy_mutex_);
  std::unique_ptr<expr::ColumnBounds>& bounds = stats_bounds_[key];
  if (bounds == nullptr) {
    bounds =
        std::make_unique<expr::ColumnBounds>(DecodeStats(EscapedStats(), rows(), column, type));
    lazy_bytes_ += MemoryBytes(*bounds);
  }
  return *bounds;
}

std::size_t FileBlock::FixedBytes() const {
  std::size_t bytes =
      sizeof(*this) + paths_.capacity() + extras_.capacity() + stats_.memory_bytes();
  bytes +=
      rows() * (sizeof(std::uint32_t) + 2 * sizeof(std::int64_t)) + data_changes_.capacity() / 8;
  bytes += (extra_ends_.capacity() + absolute_rows_.capacity() + index_.capacity()) *
           sizeof(std::uint32_t);
  for (const PartitionColumn& column : partition_columns_) {
    bytes += column.codes.capacity() * sizeof(std::uint32_t) + MemoryBytes(column.bounds);
    for (const PartitionValue& value : column.values) {
      bytes +=
          sizeof(value) + value.json_member.capacity() + (value.text ? value.text->capacity() : 0);
    }
  }
  bytes += vector_of_row_.capacity() * sizeof(std::uint32_t);
  for (const IdentifiedVector& known : vectors_) {
    bytes += sizeof(known) + known.id.capacity() + known.vector.path_or_inline.capacity() +
             known.vector.file_path.capacity();
  }
  return bytes;
}

FileBlockBuilder::FileBlockBuilder() : block_(new FileBlock()) {}

Result<void> FileBlockBuilder::Add(const DataFile& file) {
  TRY(AddAllButStats(file));
  // Longer statistics are left out: they only help to skip files, and a chunk of them must fit
  // LZ4's limit.
  const std::string_view stats =
      file.stats.size() <= kMaxStatsBytes ? file.stats : std::string_view();
  block_->stats_.Add([&](std::string& out) { AppendJsonEscaped(stats, out); });
  return {};
}

Result<void> FileBlockBuilder::AddFrom(const FileBlock& block, std::size_t row,
                                       CompressedText::Cursor& stats) {
  std::vector<NamedPartitionValue> values;
  for (const PartitionColumn& column : block.partition_columns()) {
    values.push_back({column.stored_name, column.values[column.codes[row]].text});
  }
  TRY(AddAllButStats({.path = block.path(row),
                      .size_bytes = block.size_bytes(row),
                      .modification_time_ms = block.modification_time_ms(row),
                      .data_change = block.data_change(row),
                      .partition_values = values,
                      .stats = {},
                      .extra = block.extra(row),
                      .deletion_vector = block.deletion_vector(row)}));
  block_->stats_.Add([&](std::string& out) { out += stats.Get(row); });
  return {};
}

Result<void> FileBlockBuilder::AddAllButStats(const DataFile& file) {
  FileBlock& block = *block_;
  const bool fits = rows() < kMaxRows && block.paths_.size() + file.path.size() <= kMaxArenaBytes &&
                    block.extras_.size() + file.extra.size() <= kMaxArenaBytes;
  if (!fits) return TooLarge("the table lists more files than this server can hold");
  const bool has_absolute_vector =
      file.deletion_vector != nullptr && file.deletion_vector->storage_type == "p";
  if (IsAbsolute(file.path) || has_absolute_vector) {
    block.absolute_rows_.push_back(static_cast<std::uint32_t>(rows()));
  }
  AddExtra(file.extra);
  AddVector(file.deletion_vector);
  TRY(AddPartitionValues(file.partition_values));
  block.paths_ += file.path;
  block.path_ends_.push_back(static_cast<std::uint32_t>(block.paths_.size()));
  block.modification_times_.push_back(file.modification_time_ms);
  block.data_changes_.push_back(file.data_change);
  block.sizes_.push_back(file.size_bytes);
  return {};
}

void FileBlockBuilder::AddExtra(std::string_view extra) {
  FileBlock& block = *block_;
  if (extra.empty() && block.extra_ends_.empty()) return;
  if (block.extra_ends_.empty()) block.extra_ends_.resize(rows(), 0);  // the rows before had none
  block.extras_ += extra;
  block.extra_ends_.push_back(static_cast<std::uint32_t>(block.extras_.size()));
}

void FileBlockBuilder::AddVector(const DeletionVector* vector) {
  FileBlock& block = *block_;
  if (vector == nullptr && block.vector_of_row_.empty()) return;
  block.vector_of_row_.resize(rows(), 0);  // the rows before had none
  if (vector != nullptr) block.vectors_.push_back({.vector = *vector, .id = vector->Id()});
  block.vector_of_row_.push_back(
      vector != nullptr ? static_cast<std::uint32_t>(block.vectors_.size()) : 0);
}

Result<void> FileBlockBuilder::AddPartitionValues(std::span<const NamedPartitionValue> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t at = i;  // mostly, every file names the same columns in the same order
    if (at >= columns_.size() || columns_[at].name != values[i].column) {
      for (at = 0; at < columns_.size() && columns_[at].name != values[i].column;) ++at;
    }
    if (at == columns_.size()) {
      if (at == kMaxPartitionColumns) return TooLarge("the table has too many partition columns");
      columns_.push_back({.name = std::string(values[i].column)});
    }
    Column& column = columns_[at];
    column.codes.resize(rows(), 0);  // files before this one that named no value
    column.codes.push_back(Code(column, values[i].text));
  }
  return {};
}

std::uint32_t FileBlockBuilder::Code(Column& column, const std::optional<std::string_view>& text) {
  if (!text) return 0;
  if (!column.codes.empty()) {  // files of one partition mostly come together
    const std::uint32_t last = column.codes.back();
    if (column.values[last] == text) return last;
  }
  const auto next = static_cast<std::uint32_t>(column.values.size());
  const auto [known, is_new] = column.known.emplace(std::string(*text), next);
  if (is_new) column.values.emplace_back(*text);
  return known->second;
}

std::shared_ptr<const FileBlock> FileBlockBuilder::Finish(
    const std::vector<std::string>& partition_columns, const expr::Schema& schema) && {
  FileBlock& block = *block_;
  for (const std::string& name : partition_columns) {
    const expr::Field* const field = schema.Find({name});
    block.partition_columns_.push_back(field != nullptr
                                           ? FinishColumn(name, field->stored_name, field->type)
                                           : FinishColumn(name, name, expr::DataType{}));
  }
  for (PartitionColumn& column : block.partition_columns_) column.bounds.codes = &column.codes;
  block.stats_.Finish();
  block.paths_.shrink_to_fit();
  block.path_ends_.shrink_to_fit();
  block.sizes_.shrink_to_fit();
  block.modification_times_.shrink_to_fit();
  block.BuildIndex();
  block.fixed_bytes_ = block.FixedBytes();
  return std::shared_ptr<const FileBlock>(block_.release());
}

PartitionColumn FileBlockBuilder::FinishColumn(const std::string& name,
                                               const std::string& stored_name,
                                               const expr::DataType& type) {
  PartitionColumn finished{.name = name, .stored_name = stored_name};
  finished.bounds.lane = expr::LaneOf(type);
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const Column& column) { return column.name == stored_name; });
  Column column;  // if no file names it, all have null
  if (found != columns_.end()) {
    column = std::move(*found);
    columns_.erase(found);  // what is left of it must not be found again
  }
  column.codes.resize(rows(), 0);
  column.codes.shrink_to_fit();
  finished.codes = std::move(column.codes);
  for (std::optional<std::string>& text : column.values) {
    AppendBounds(text, type, finished.bounds);
    std::string member = JsonString(stored_name) + ":" + (text ? JsonString(*text) : "null");
    finished.values.push_back({.text = std::move(text), .json_member = std::move(member)});
  }
  return finished;
}

Result<std::shared_ptr<const FileBlock>> WithoutRows(std::shared_ptr<const FileBlock> block,
                                                     std::vector<std::uint32_t> rows,
                                                     const Metadata& metadata) {
  if (rows.empty()) return block;
  std::ranges::sort(rows);
  FileBlockBuilder kept;
  auto stats = block->EscapedStats();
  for (std::size_t row = 0; row < block->rows(); ++row) {
    if (std::ranges::binary_search(rows, row)) continue;
    TRY(kept.AddFrom(*block, row, stats));
  }
  return std::move(kept).Finish(metadata.partition_columns, metadata.schema);
}

}  // namespace sluice::table
