#include "delta/features.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::delta {
namespace {

// Reader version 2 means column mapping, 3 means that the features are listed.
constexpr int kColumnMappingVersion = 2;
constexpr int kTableFeaturesVersion = 3;

// Files are handed on as they are, so most features are the recipient's matter; what this server
// reads itself are the log, partition values and statistics. Source: Delta PROTOCOL.md, "Valid
// Feature Names in Table Features"; geospatial: Delta Kernel's TableFeatures.
constexpr auto kReadable = std::to_array<std::string_view>({
    "columnMapping",
    "deletionVectors",
    "geospatial",
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    "variantShredding",
    "variantShredding-preview",
    "variantType",
    "variantType-preview",
});

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Join(const std::vector<std::string>& names) {
  std::string joined;
  for (std::size_t i = 0; i < names.size(); ++i) joined += (i == 0 ? "" : ", ") + names[i];
  return joined;
}

// The type changes that a reader has to know. Of decimals only the kind is compared: nothing here
// reads their values.
struct TypeChange {
  std::string_view from;
  std::string_view to;
};
constexpr auto kTypeChanges = std::to_array<TypeChange>({
    {"byte", "short"},
    {"byte", "integer"},
    {"byte", "long"},
    {"short", "integer"},
    {"short", "long"},
    {"integer", "long"},
    {"float", "double"},
    {"byte", "double"},
    {"short", "double"},
    {"integer", "double"},
    {"byte", "decimal"},
    {"short", "decimal"},
    {"integer", "decimal"},
    {"long", "decimal"},
    {"decimal", "decimal"},
    {"date", "timestamp_ntz"},
});

std::string_view KindOf(const json::object& change, std::string_view key) {
  const json::value* const name = FindMember(change, key);
  if (name == nullptr || !name->is_string()) return "?";
  const std::string_view text = name->get_string();
  return text.substr(0, text.find('('));
}

Result<void> CheckTypeChange(const json::value& value, const std::string& column) {
  if (!value.is_object()) return CorruptData("the type changes of column '{}' are broken", column);
  const std::string_view from = KindOf(value.get_object(), "fromType");
  const std::string_view to = KindOf(value.get_object(), "toType");
  for (const TypeChange& known : kTypeChanges) {
    if (known.from == from && known.to == to) return {};
  }
  return Unsupported("column '{}' was changed from {} to {}, which this server does not support",
                     column, from, to);
}

Result<void> CheckTypeChanges(const std::vector<expr::Field>& fields) {
  for (const expr::Field& field : fields) {
    const json::value* const changes = FindMember(field.metadata, "delta.typeChanges");
    if (changes != nullptr && changes->is_array()) {
      for (const json::value& change : changes->get_array())
        TRY(CheckTypeChange(change, field.name));
    }
    TRY(CheckTypeChanges(field.type.fields));
  }
  return {};
}

Result<void> CheckFeatures(const table::Protocol& protocol) {
  const bool has_list = protocol.reader_features.has_value();
  if (protocol.min_reader_version < kTableFeaturesVersion) {
    if (!has_list || protocol.reader_features->empty()) return {};
    return CorruptData("the table lists reader features, which reader version {} does not have",
                       protocol.min_reader_version);
  }
  if (!has_list) return CorruptData("the table has reader version 3, but lists no reader features");
  std::vector<std::string> unknown;
  for (const std::string& feature : *protocol.reader_features) {
    const bool is_known = std::find(kReadable.begin(), kReadable.end(), feature) != kReadable.end();
    if (!is_known) unknown.push_back(feature);
  }
  if (unknown.empty()) return {};
  return Unsupported("the table needs reader features that this server does not support: {}",
                     Join(unknown));
}

// Readers disagree on a mapping that the protocol does not announce: some honour it, some do not.
Result<void> CheckColumnMapping(const table::Protocol& protocol, const table::Metadata& metadata) {
  const std::string* const mode = metadata.FindProperty("delta.columnMapping.mode");
  if (mode == nullptr || *mode == "none") return {};
  if (*mode != "name" && *mode != "id")
    return Unsupported("the table maps its columns by '{}', which this server does not support",
                       *mode);
  const bool is_announced = protocol.min_reader_version == kColumnMappingVersion ||
                            (protocol.min_reader_version == kTableFeaturesVersion &&
                             Contains(*protocol.reader_features, "columnMapping"));
  if (is_announced) return {};
  return CorruptData("the table maps its columns, but its protocol does not say so");
}

}  // namespace

Result<void> CheckReadable(const table::Protocol& protocol, const table::Metadata& metadata) {
  if (protocol.min_reader_version > kTableFeaturesVersion) {
    return Unsupported("the table needs Delta reader version {}, which this server does not know",
                       protocol.min_reader_version);
  }
  TRY(CheckFeatures(protocol));
  TRY(CheckColumnMapping(protocol, metadata));
  return CheckTypeChanges(metadata.schema.fields);
}

}  // namespace sluice::delta
