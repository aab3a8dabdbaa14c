// Spark's JSON form of a schema. A type is either a primitive's name or an object:
//   {"type":"struct","fields":[{"name":..,"type":..,"nullable":..,"metadata":{..}}, ...]}
//   {"type":"array","elementType":..,"containsNull":..}
//   {"type":"map","keyType":..,"valueType":..,"valueContainsNull":..}
//   {"type":"udt","sqlType":.., ...}: a user's class; only the type that is stored matters here.
// Source: Delta PROTOCOL.md, "Schema Serialization Format".
#include "expr/schema.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/encoding.h"

namespace sluice::expr {
namespace {

constexpr int kMaxDepth = 100;
constexpr std::size_t kMaxFields = 100'000;
// One level of a schema nests at most three of JSON: fields, field, type.
constexpr std::size_t kMaxJsonDepth = 3 * kMaxDepth + 10;
constexpr int kMaxDecimalPrecision = 38;

struct PrimitiveName {
  std::string_view name;
  TypeKind kind;
};
constexpr auto kPrimitives = std::to_array<PrimitiveName>({
    {"boolean", TypeKind::kBoolean},
    {"byte", TypeKind::kByte},
    {"short", TypeKind::kShort},
    {"integer", TypeKind::kInteger},
    {"long", TypeKind::kLong},
    {"float", TypeKind::kFloat},
    {"double", TypeKind::kDouble},
    {"string", TypeKind::kString},
    {"binary", TypeKind::kBinary},
    {"date", TypeKind::kDate},
    {"timestamp", TypeKind::kTimestamp},
    {"timestamp_ntz", TypeKind::kTimestampNtz},
    {"void", TypeKind::kVoid},
    {"null", TypeKind::kVoid},  // Spark 2's name of it
});

// Takes "decimal(10,2)" apart; false if it is no such text. Spaces around the numbers are allowed.
bool ReadDecimal(std::string_view name, DataType& type) {
  if (name == "decimal") {  // Spark's short form
    type.precision = 10;
    return true;
  }
  if (!name.starts_with("decimal(") || !name.ends_with(')')) return false;
  const std::string_view inside = name.substr(8, name.size() - 9);
  const std::size_t comma = inside.find(',');
  if (comma == std::string_view::npos) return false;
  const auto read = [](std::string_view text, int& number) {
    text = TrimAsciiSpace(text);
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc() && end == text.data() + text.size();
  };
  return read(inside.substr(0, comma), type.precision) &&
         read(inside.substr(comma + 1), type.scale) && type.precision >= 1 &&
         type.precision <= kMaxDecimalPrecision && type.scale <= type.precision;
}

class SchemaReader {
 public:
  Result<std::vector<Field>> ReadStruct(const json::object& type, int depth);

 private:
  Result<DataType> ReadType(const json::value& value, int depth);
  Result<DataType> ReadPrimitive(std::string_view name);
  Result<DataType> ReadArray(const json::object& type, int depth);
  Result<DataType> ReadMap(const json::object& type, int depth);
  Result<Field> ReadField(const json::value& value, int depth);
  /// A nested type that has no field of its own in the JSON: "element", "key", "value".
  Result<Field> ReadPart(const json::object& type, std::string_view type_key,
                         std::string_view nullable_key, std::string_view name, int depth);

  std::size_t field_count_ = 0;
};

// Writers of old tables left out what has a default.
Result<bool> ReadFlag(const json::object& object, std::string_view key) {
  const json::value* const member = FindMember(object, key);
  if (member == nullptr) return true;
  if (!member->is_bool()) return CorruptData("schema: '{}' is no boolean", key);
  return member->get_bool();
}

Result<const json::value*> Require(const json::object& object, std::string_view key) {
  const json::value* const member = FindMember(object, key);
  if (member == nullptr) return CorruptData("schema: '{}' is missing", key);
  return member;
}

Result<DataType> SchemaReader::ReadType(const json::value& value, int depth) {
  if (depth > kMaxDepth) return CorruptData("schema: nested deeper than {} levels", kMaxDepth);
  if (value.is_string()) return ReadPrimitive(value.get_string());
  if (!value.is_object()) return CorruptData("schema: a type is neither a name nor an object");
  const json::object& type = value.get_object();
  const json::value* const name = TRY(Require(type, "type"));
  if (!name->is_string()) return CorruptData("schema: 'type' of a nested type is no string");
  const std::string_view kind = name->get_string();
  if (kind == "struct") {
    DataType result{.kind = TypeKind::kStruct};
    result.fields = TRY(ReadStruct(type, depth));
    return result;
  }
  if (kind == "array") return ReadArray(type, depth);
  if (kind == "map") return ReadMap(type, depth);
  if (kind == "udt") {
    const json::value* const stored = TRY(Require(type, "sqlType"));
    return ReadType(*stored, depth + 1);
  }
  return CorruptData("schema: unknown nested type '{}'", kind);
}

Result<DataType> SchemaReader::ReadPrimitive(std::string_view name) {
  DataType type{.name = std::string(name)};
  for (const PrimitiveName& primitive : kPrimitives) {
    if (primitive.name == name) type.kind = primitive.kind;
  }
  if (name.starts_with("decimal")) {
    if (!ReadDecimal(name, type)) return CorruptData("schema: '{}' is no decimal type", name);
    type.kind = TypeKind::kDecimal;
  }
  return type;
}

Result<DataType> SchemaReader::ReadArray(const json::object& type, int depth) {
  DataType result{.kind = TypeKind::kArray};
  result.fields.push_back(TRY(ReadPart(type, "elementType", "containsNull", "element", depth)));
  return result;
}

Result<DataType> SchemaReader::ReadMap(const json::object& type, int depth) {
  DataType result{.kind = TypeKind::kMap};
  result.fields.push_back(TRY(ReadPart(type, "keyType", "", "key", depth)));
  result.fields.push_back(TRY(ReadPart(type, "valueType", "valueContainsNull", "value", depth)));
  return result;
}

Result<Field> SchemaReader::ReadPart(const json::object& type, std::string_view type_key,
                                     std::string_view nullable_key, std::string_view name,
                                     int depth) {
  Field part;
  part.name = name;
  part.stored_name = name;
  const json::value* const part_type = TRY(Require(type, type_key));
  part.type = TRY(ReadType(*part_type, depth + 1));
  part.nullable = nullable_key.empty() ? false : TRY(ReadFlag(type, nullable_key));
  return part;
}

Result<std::vector<Field>> SchemaReader::ReadStruct(const json::object& type, int depth) {
  const json::value* const members = TRY(Require(type, "fields"));
  if (!members->is_array()) return CorruptData("schema: 'fields' is no array");
  const json::array& array = members->get_array();
  field_count_ += array.size();
  if (field_count_ > kMaxFields) return CorruptData("schema: more than {} fields", kMaxFields);
  std::vector<Field> fields;
  fields.reserve(array.size());
  for (const json::value& member : array) fields.push_back(TRY(ReadField(member, depth)));
  return fields;
}

bool WasFloat(const json::object& metadata) {
  const json::value* const changes = FindMember(metadata, "delta.typeChanges");
  if (changes == nullptr || !changes->is_array()) return false;
  for (const json::value& change : changes->get_array()) {
    if (!change.is_object()) continue;
    const json::value* const from = FindMember(change.get_object(), "fromType");
    if (from != nullptr && from->is_string() && from->get_string() == "float") return true;
  }
  return false;
}

Result<Field> SchemaReader::ReadField(const json::value& value, int depth) {
  if (!value.is_object()) return CorruptData("schema: a field is no object");
  const json::object& object = value.get_object();
  const json::value* const name = TRY(Require(object, "name"));
  if (!name->is_string()) return CorruptData("schema: a field's 'name' is no string");
  Field field;
  field.name = name->get_string();
  field.stored_name = field.name;
  const json::value* const type = TRY(Require(object, "type"));
  field.type = TRY(ReadType(*type, depth + 1));
  field.nullable = TRY(ReadFlag(object, "nullable"));
  if (const json::value* const metadata = FindMember(object, "metadata"); metadata != nullptr) {
    if (!metadata->is_object()) {
      return CorruptData("schema: 'metadata' of '{}' is no object", field.name);
    }
    field.metadata = metadata->get_object();
  }
  field.type.was_float = field.type.kind == TypeKind::kDouble && WasFloat(field.metadata);
  return field;
}

const Field* FindField(const std::vector<Field>& fields, std::string_view name) {
  const Field* folded = nullptr;
  for (const Field& field : fields) {
    if (field.name == name) return &field;
    if (folded == nullptr && EqualsIgnoringAsciiCase(field.name, name)) folded = &field;
  }
  return folded;
}

void MapFields(std::vector<Field>& fields) {
  for (Field& field : fields) {
    const json::value* const name = FindMember(field.metadata, "delta.columnMapping.physicalName");
    if (name != nullptr && name->is_string()) field.stored_name = name->get_string();
    MapFields(field.type.fields);
  }
}

void AppendFlag(std::string_view key, bool value, std::string& out) {
  out += ",\"";
  out += key;
  out += value ? "\":true" : "\":false";
}

void AppendType(const DataType& type, std::string& out);

void AppendField(const Field& field, std::string& out) {
  out += "{\"name\":";
  AppendJsonString(field.name, out);
  out += ",\"type\":";
  AppendType(field.type, out);
  AppendFlag("nullable", field.nullable, out);
  out += ",\"metadata\":{";
  const json::value* const comment = FindMember(field.metadata, "comment");
  if (comment != nullptr && comment->is_string()) {
    out += "\"comment\":";
    AppendJsonString(comment->get_string(), out);
  }
  out += "}}";
}

void AppendStruct(const std::vector<Field>& fields, std::string& out) {
  out += "{\"type\":\"struct\",\"fields\":[";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendField(fields[i], out);
  }
  out += "]}";
}

void AppendType(const DataType& type, std::string& out) {
  switch (type.kind) {
    case TypeKind::kStruct: AppendStruct(type.fields, out); return;
    case TypeKind::kArray:
      out += "{\"type\":\"array\",\"elementType\":";
      AppendType(type.fields[0].type, out);
      AppendFlag("containsNull", type.fields[0].nullable, out);
      out.push_back('}');
      return;
    case TypeKind::kMap:
      out += "{\"type\":\"map\",\"keyType\":";
      AppendType(type.fields[0].type, out);
      out += ",\"valueType\":";
      AppendType(type.fields[1].type, out);
      AppendFlag("valueContainsNull", type.fields[1].nullable, out);
      out.push_back('}');
      return;
    default: AppendJsonString(type.name, out);
  }
}

}  // namespace

const Field* Schema::Find(const std::vector<std::string>& path) const {
  const std::vector<Field>* level = &fields;
  const Field* found = nullptr;
  for (const std::string& name : path) {
    if (level == nullptr) return nullptr;
    found = FindField(*level, name);
    if (found == nullptr) return nullptr;
    level = found->type.kind == TypeKind::kStruct ? &found->type.fields : nullptr;
  }
  return found;
}

std::vector<std::string> Schema::StoredPath(const std::vector<std::string>& path) const {
  std::vector<std::string> stored;
  const std::vector<Field>* level = &fields;
  for (const std::string& name : path) {
    const Field* const field = level != nullptr ? FindField(*level, name) : nullptr;
    if (field == nullptr) return {};
    stored.push_back(field->stored_name);
    level = field->type.kind == TypeKind::kStruct ? &field->type.fields : nullptr;
  }
  return stored;
}

void MapColumns(Schema& schema) { MapFields(schema.fields); }

Result<Schema> ParseSchema(std::string_view schema_string) {
  const Result<json::value> parsed = ParseJson(schema_string, {.max_depth = kMaxJsonDepth});
  if (!parsed.ok()) {
    return WithDetail(CorruptData("schema: {}", parsed.error().message), parsed.error().detail);
  }
  if (!parsed->is_object()) return CorruptData("schema: not an object");
  const json::object& root = parsed->get_object();
  const json::value* const type = TRY(Require(root, "type"));
  if (!type->is_string() || type->get_string() != "struct") {
    return CorruptData("schema: the outermost type is no struct");
  }
  Schema schema;
  schema.fields = TRY(SchemaReader().ReadStruct(root, 0));
  return schema;
}

std::string PrintSchemaForRecipients(const Schema& schema) {
  std::string out;
  AppendStruct(schema.fields, out);
  return out;
}

}  // namespace sluice::expr
