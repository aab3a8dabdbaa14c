#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrow {
class Array;
}

namespace sluice::columnar {

enum class ValueType : std::uint8_t {
  kBoolean,    ///< Integer(): 0 or 1
  kInteger,    ///< Integer(): any signed or unsigned width up to 64 bits
  kDate,       ///< Integer(): days since 1970-01-01
  kTimestamp,  ///< Integer(): microseconds since 1970-01-01 00:00:00; finer digits are cut off
  kReal,       ///< Real(): float or double
  kDecimal,    ///< DecimalText()
  kText,       ///< Text(): UTF-8, not checked
  kBinary,     ///< Text(): bytes
  kStruct,     ///< Find(), children()
  kList,       ///< Elements() of the one child
  kMap,        ///< Elements() of the two children, key and value
  kOther,      ///< Only IsNull() is to be asked.
};

/// A read-only view of one column of a Batch, in Arrow's memory layout. It keeps its memory alive.
/// Asking for a row past the end, or in another type than `type()`, is a bug of the caller.
/// Thread-safe.
class Column {
 public:
  Column(std::string name, std::shared_ptr<arrow::Array> array);

  const std::string& name() const { return name_; }
  ValueType type() const { return type_; }
  std::size_t size() const { return size_; }

  /// A null parent does not show in its children: ask the parent first.
  bool IsNull(std::size_t row) const {
    if (all_null_) return true;
    if (validity_ == nullptr) return false;
    const std::size_t bit = row + offset_;
    return (validity_[bit / 8] >> (bit % 8) & 1) == 0;
  }

  std::int64_t Integer(std::size_t row) const;
  double Real(std::size_t row) const;
  /// Of a kReal: whether its values are floats, widened.
  bool is_float() const { return width_bytes_ == sizeof(float); }
  /// Of a kTimestamp: whether its values are local times rather than instants. The old INT96 form
  /// is always of instants.
  bool is_local() const { return is_local_; }
  std::string DecimalText(std::size_t row) const;

  std::string_view Text(std::size_t row) const {
    const auto [begin, end] = Offsets(row);
    return {reinterpret_cast<const char*>(values_) + begin, end - begin};
  }

  /// The rows [first, second) of the children that belong to this row's list or map.
  std::pair<std::size_t, std::size_t> Elements(std::size_t row) const { return Offsets(row); }

  const std::vector<Column>& children() const { return children_; }
  const Column* Find(std::string_view child_name) const;

 private:
  std::pair<std::size_t, std::size_t> Offsets(std::size_t row) const {
    const std::size_t at = row + offset_;
    if (wide_offsets_) {
      const auto* offsets = static_cast<const std::int64_t*>(offsets_);
      return {static_cast<std::size_t>(offsets[at]), static_cast<std::size_t>(offsets[at + 1])};
    }
    const auto* offsets = static_cast<const std::int32_t*>(offsets_);
    return {static_cast<std::size_t>(offsets[at]), static_cast<std::size_t>(offsets[at + 1])};
  }
  void ViewBuffers();

  std::string name_;
  std::shared_ptr<arrow::Array> array_;
  ValueType type_ = ValueType::kOther;
  bool all_null_ = false;
  bool wide_offsets_ = false;
  bool is_signed_ = true;
  bool is_local_ = false;
  std::uint8_t width_bytes_ = 0;
  std::int64_t units_per_microsecond_ = 1;  ///< Of a timestamp finer than a microsecond.
  std::int64_t microseconds_per_unit_ = 1;  ///< Of a coarser one.
  std::size_t size_ = 0;
  std::size_t offset_ = 0;
  const std::uint8_t* validity_ = nullptr;
  const std::uint8_t* values_ = nullptr;
  const void* offsets_ = nullptr;
  std::vector<Column> children_;
};

/// Some rows of a file, column by column.
struct Batch {
  std::size_t rows = 0;
  std::vector<Column> columns;

  const Column* Find(std::string_view name) const;
};

}  // namespace sluice::columnar
