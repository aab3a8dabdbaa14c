#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sluice::expr {

enum class TypeKind : std::uint8_t {
  kBoolean,
  kByte,
  kShort,
  kInteger,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kString,
  kBinary,
  kDate,
  kTimestamp,
  kTimestampNtz,
  kVoid,
  kStruct,
  kArray,
  kMap,
  kOther,  ///< A type this server does not know by name (variant, geometry, ...): passed on, never
           ///< compared.
};

struct Field;

/// A column's type, as the Delta and Spark JSON schema has it.
struct DataType {
  TypeKind kind = TypeKind::kOther;
  std::string name;   ///< The primitive's spelling, such as "decimal(10,2)"; empty for nested ones.
  int precision = 0;  ///< Of a decimal.
  int scale = 0;      ///< Of a decimal.
  /// Of a double: older files, their statistics and partition values may still have it as a float.
  /// Source: Delta PROTOCOL.md, "Type Widening".
  bool was_float = false;
  std::vector<Field> fields;  ///< Of a struct; of an array "element"; of a map "key" and "value".
};

struct Field {
  std::string name;
  /// The name in data files, statistics and partition values: `name`, unless the table maps
  /// columns.
  std::string stored_name;
  DataType type;
  bool nullable = true;  ///< For "element" and "value": containsNull, valueContainsNull.
  json::object metadata;
};

/// A table's columns in order.
struct Schema {
  std::vector<Field> fields;

  /// The field at the end of `path` through nested structs; names compare ignoring ASCII case, an
  /// exact spelling first. nullptr if there is none.
  const Field* Find(const std::vector<std::string>& path) const;
  /// The same path in stored names; empty if there is no such field.
  std::vector<std::string> StoredPath(const std::vector<std::string>& path) const;
};

/// Parses Spark's JSON form of a struct type ("schemaString"). At most 100 levels deep and 100,000
/// fields. Errors: kCorruptData saying what is wrong. Source: Delta PROTOCOL.md, "Schema
/// Serialization Format".
Result<Schema> ParseSchema(std::string_view schema_string);

/// Takes each field's stored name from its metadata (`delta.columnMapping.physicalName`), where it
/// has one. Source: Delta PROTOCOL.md, "Column Mapping".
void MapColumns(Schema& schema);

/// Prints a schema as Spark's StructType.json does, each field's metadata reduced to `comment`.
std::string PrintSchemaForRecipients(const Schema& schema);

}  // namespace sluice::expr
