#include "columnar/column.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <optional>

#include "base/check.h"

namespace sluice::columnar {
namespace {

// Text in a layout that Column does not view (dictionary, string views) is copied into a plain one.
// nullptr if Arrow runs out of memory.
template <typename Builder, typename TextAt>
std::shared_ptr<arrow::Array> CopyText(std::int64_t rows, TextAt text_at) {
  Builder builder;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::optional<std::string_view> text = text_at(row);
    if (!(text ? builder.Append(*text) : builder.AppendNull()).ok()) return nullptr;
  }
  return builder.Finish().ValueOr(nullptr);
}

template <typename Builder, typename Source>
std::shared_ptr<arrow::Array> CopyViews(const arrow::Array& array) {
  const auto& views = static_cast<const Source&>(array);
  return CopyText<Builder>(array.length(), [&](std::int64_t row) {
    return views.IsNull(row) ? std::nullopt : std::optional(views.GetView(row));
  });
}

template <typename Builder, typename Text>
std::shared_ptr<arrow::Array> CopyDictionary(const arrow::DictionaryArray& array) {
  const auto& texts = static_cast<const Text&>(*array.dictionary());
  return CopyText<Builder>(array.length(), [&](std::int64_t row) {
    const bool null = array.IsNull(row) || texts.IsNull(array.GetValueIndex(row));
    return null ? std::nullopt : std::optional(texts.GetView(array.GetValueIndex(row)));
  });
}

std::shared_ptr<arrow::Array> CopyDictionary(const arrow::DictionaryArray& array) {
  switch (array.dictionary()->type_id()) {
    case arrow::Type::STRING:
      return CopyDictionary<arrow::LargeStringBuilder, arrow::StringArray>(array);
    case arrow::Type::LARGE_STRING:
      return CopyDictionary<arrow::LargeStringBuilder, arrow::LargeStringArray>(array);
    case arrow::Type::BINARY:
      return CopyDictionary<arrow::LargeBinaryBuilder, arrow::BinaryArray>(array);
    case arrow::Type::LARGE_BINARY:
      return CopyDictionary<arrow::LargeBinaryBuilder, arrow::LargeBinaryArray>(array);
    default: return nullptr;
  }
}

std::shared_ptr<arrow::Array> Normalise(std::shared_ptr<arrow::Array> array) {
  std::shared_ptr<arrow::Array> plain;
  switch (array->type_id()) {
    case arrow::Type::DICTIONARY:
      plain = CopyDictionary(static_cast<const arrow::DictionaryArray&>(*array));
      break;
    case arrow::Type::STRING_VIEW:
      plain = CopyViews<arrow::LargeStringBuilder, arrow::StringViewArray>(*array);
      break;
    case arrow::Type::BINARY_VIEW:
      plain = CopyViews<arrow::LargeBinaryBuilder, arrow::BinaryViewArray>(*array);
      break;
    default: break;
  }
  return plain != nullptr ? plain : array;
}

ValueType ValueTypeOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL: return ValueType::kBoolean;
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64: return ValueType::kInteger;
    case arrow::Type::DATE32: return ValueType::kDate;
    case arrow::Type::TIMESTAMP: return ValueType::kTimestamp;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE: return ValueType::kReal;
    case arrow::Type::DECIMAL128: return ValueType::kDecimal;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING: return ValueType::kText;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY: return ValueType::kBinary;
    case arrow::Type::STRUCT: return ValueType::kStruct;
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST: return ValueType::kList;
    case arrow::Type::MAP: return ValueType::kMap;
    default: return ValueType::kOther;
  }
}

bool HasWideOffsets(arrow::Type::type id) {
  return id == arrow::Type::LARGE_STRING || id == arrow::Type::LARGE_BINARY ||
         id == arrow::Type::LARGE_LIST;
}

std::vector<Column> ChildrenOf(const arrow::Array& array) {
  std::vector<Column> children;
  if (const auto* structs = dynamic_cast<const arrow::StructArray*>(&array)) {
    for (int i = 0; i < structs->num_fields(); ++i) {
      children.emplace_back(structs->type()->field(i)->name(), structs->field(i));
    }
  } else if (const auto* map = dynamic_cast<const arrow::MapArray*>(&array)) {
    children.emplace_back("key", map->keys());
    children.emplace_back("value", map->items());
  } else if (const auto* list = dynamic_cast<const arrow::ListArray*>(&array)) {
    children.emplace_back("element", list->values());
  } else if (const auto* large = dynamic_cast<const arrow::LargeListArray*>(&array)) {
    children.emplace_back("element", large->values());
  }
  return children;
}

template <typename T>
T Load(const std::uint8_t* values, std::size_t at) {
  T value;
  std::memcpy(&value, values + at * sizeof(T), sizeof(T));
  return value;
}

// Widens before two widths of one choice meet: those of int32 and uint32 would make it unsigned.
template <typename T>
std::int64_t LoadInteger(const std::uint8_t* values, std::size_t at) {
  return static_cast<std::int64_t>(Load<T>(values, at));
}

}  // namespace

Column::Column(std::string name, std::shared_ptr<arrow::Array> array)
    : name_(std::move(name)), array_(Normalise(std::move(array))) {
  type_ = ValueTypeOf(*array_->type());
  size_ = static_cast<std::size_t>(array_->length());
  offset_ = static_cast<std::size_t>(array_->offset());
  all_null_ = array_->type_id() == arrow::Type::NA;
  wide_offsets_ = HasWideOffsets(array_->type_id());
  children_ = ChildrenOf(*array_);
  ViewBuffers();
}

void Column::ViewBuffers() {
  const arrow::ArrayData& data = *array_->data();
  if (!all_null_ && array_->null_count() > 0) validity_ = array_->null_bitmap_data();
  const auto buffer = [&](std::size_t index) -> const std::uint8_t* {
    return index < data.buffers.size() && data.buffers[index] ? data.buffers[index]->data()
                                                              : nullptr;
  };
  switch (type_) {
    case ValueType::kText:
    case ValueType::kBinary: values_ = buffer(2); [[fallthrough]];
    case ValueType::kList:
    case ValueType::kMap: offsets_ = buffer(1); return;
    case ValueType::kTimestamp: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(*array_->type());
      const auto unit = timestamp.unit();
      // Arrow reads INT96 as nanoseconds without a zone.
      is_local_ = timestamp.timezone().empty() && unit != arrow::TimeUnit::NANO;
      if (unit == arrow::TimeUnit::SECOND) microseconds_per_unit_ = 1'000'000;
      if (unit == arrow::TimeUnit::MILLI) microseconds_per_unit_ = 1'000;
      if (unit == arrow::TimeUnit::NANO) units_per_microsecond_ = 1'000;
      break;
    }
    case ValueType::kInteger: is_signed_ = arrow::is_signed_integer(array_->type_id()); break;
    default: break;
  }
  if (const auto* fixed = dynamic_cast<const arrow::FixedWidthType*>(array_->type().get())) {
    width_bytes_ = static_cast<std::uint8_t>(fixed->bit_width() / 8);
    values_ = buffer(1);
  }
}

std::int64_t Column::Integer(std::size_t row) const {
  const std::size_t at = row + offset_;
  if (type_ == ValueType::kBoolean) return values_[at / 8] >> (at % 8) & 1;
  if (type_ == ValueType::kTimestamp) {
    const auto units = Load<std::int64_t>(values_, at);
    if (units_per_microsecond_ > 1) {  // towards the past, as floor does
      return units / units_per_microsecond_ - (units % units_per_microsecond_ < 0 ? 1 : 0);
    }
    std::int64_t microseconds = 0;
    if (__builtin_mul_overflow(units, microseconds_per_unit_, &microseconds)) {
      return units < 0 ? INT64_MIN : INT64_MAX;
    }
    return microseconds;
  }
  switch (width_bytes_) {
    case 1:
      return is_signed_ ? LoadInteger<std::int8_t>(values_, at)
                        : LoadInteger<std::uint8_t>(values_, at);
    case 2:
      return is_signed_ ? LoadInteger<std::int16_t>(values_, at)
                        : LoadInteger<std::uint16_t>(values_, at);
    case 4:
      return is_signed_ ? LoadInteger<std::int32_t>(values_, at)
                        : LoadInteger<std::uint32_t>(values_, at);
    default: return LoadInteger<std::int64_t>(values_, at);
  }
}

double Column::Real(std::size_t row) const {
  const std::size_t at = row + offset_;
  return width_bytes_ == 4 ? Load<float>(values_, at) : Load<double>(values_, at);
}

std::string Column::DecimalText(std::size_t row) const {
  CHECK(type_ == ValueType::kDecimal, "not a decimal column");
  return static_cast<const arrow::Decimal128Array&>(*array_).FormatValue(
      static_cast<std::int64_t>(row));
}

const Column* Column::Find(std::string_view child_name) const {
  for (const Column& child : children_) {
    if (child.name() == child_name) return &child;
  }
  return nullptr;
}

const Column* Batch::Find(std::string_view name) const {
  for (const Column& column : columns) {
    if (column.name() == name) return &column;
  }
  return nullptr;
}

}  // namespace sluice::columnar
