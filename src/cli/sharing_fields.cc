#include "cli/sharing_fields.h"

#include <algorithm>
#include <utility>

#include "cli/values.h"
#include "config/value.h"
#include "config/yaml_fields.h"

namespace sluice::cli {
namespace {

using As = FileField::As;
using config::FaultAt;
using config::YamlEntry;
using config::YamlNode;

constexpr FileField kFederationFields[] = {{"issuer"},   {"audience"},      {"claims", As::kPairs},
                                           {"clientId"}, {"tokenEndpoint"}, {"scope"}};
constexpr FileField kCertificateFields[] = {{"subject"}, {"alternativeName"}};

Result<json::value> TimeValue(const std::string& text) {
  if (text == "never") return json::value();
  const SystemTime time = TRY(ParseTime("a time", text));
  return json::value(TimeText(time));
}

Result<json::value> DurationValue(const std::string& text) {
  const auto duration = TRY(config::ParseDuration(text));
  return json::value(config::FormatDuration(duration));
}

}  // namespace

Result<json::object> SharingFields::ReadMap(const YamlNode& node, const MapShape& shape) const {
  if (node.kind != YamlNode::Kind::kMap) {
    return FaultAt(document_, node.line, "{} must be a map", shape.owner);
  }
  json::object out;
  for (const YamlEntry& entry : node.entries) {
    if (std::ranges::find(shape.others, entry.key) != shape.others.end()) {
      if (shape.read_other) TRY(shape.read_other(entry));
      continue;
    }
    const auto field = std::ranges::find(shape.fields, entry.key, &FileField::key);
    if (field == shape.fields.end()) {
      std::vector<std::string_view> known = shape.others;
      for (const FileField& other : shape.fields) known.push_back(other.key);
      return UnknownKey(document_, entry, shape.owner, known);
    }
    out[entry.key] = TRY(Read(entry, field->as));
  }
  return out;
}

Result<json::value> SharingFields::Read(const YamlEntry& entry, As as) const {
  switch (as) {
    case As::kTruth: {
      const bool truth = TRY(config::ReadBool(document_, entry));
      return json::value(truth);
    }
    case As::kNumber: {
      const std::int64_t number = TRY(config::ReadInteger(document_, entry));
      return json::value(number);
    }
    case As::kList: {
      const auto texts = TRY(ReadTexts(entry));
      return json::value(json::array(texts.begin(), texts.end()));
    }
    case As::kPairs: return ReadPairs(entry);
    case As::kFederation: return ReadRule(entry, kFederationFields);
    case As::kCertificate: return ReadRule(entry, kCertificateFields);
    default: return ReadScalar(entry, as);
  }
}

Result<std::vector<std::string>> SharingFields::ReadTexts(const YamlEntry& entry) const {
  TRY(config::ExpectList(document_, entry));
  std::vector<std::string> texts;
  for (const YamlNode& item : entry.value.items) {
    if (item.kind != YamlNode::Kind::kScalar || item.scalar.empty()) {
      return FaultAt(document_, item.line, "{}: expected a list of texts", entry.key);
    }
    texts.push_back(item.scalar);
  }
  return texts;
}

Result<json::value> SharingFields::ReadScalar(const YamlEntry& entry, As as) const {
  if (as == As::kTime && entry.value.kind == YamlNode::Kind::kNull) return json::value();
  if (entry.value.kind != YamlNode::Kind::kScalar) {
    return FaultAt(document_, entry.line, "{}: expected text; \"\" is none", entry.key);
  }
  const std::string& text = entry.value.scalar;
  if (as == As::kText) return json::value(text);
  if (as == As::kLocation) {
    const std::string path = TRY(config::ReadText(document_, entry));
    return json::value(AbsoluteLocation(config::ResolvePath(document_, path)));
  }
  const auto value = as == As::kTime ? TimeValue(text) : DurationValue(text);
  if (value.ok()) return value;
  return FaultAt(document_, entry.line, "{}: {}", entry.key, value.error().message);
}

Result<json::value> SharingFields::ReadPairs(const YamlEntry& entry) const {
  TRY(config::ExpectMap(document_, entry));
  json::object pairs;
  for (const YamlEntry& pair : entry.value.entries) {
    pairs[pair.key] = TRY(ReadScalar(pair, As::kText));
  }
  return json::value(std::move(pairs));
}

Result<json::value> SharingFields::ReadRule(const YamlEntry& entry,
                                            std::span<const FileField> fields) const {
  if (entry.value.kind == YamlNode::Kind::kNull) return json::value();
  const json::object given = TRY(ReadMap(entry.value, {.owner = entry.key, .fields = fields}));
  json::object rule;  // whole, since servers show all of its fields
  for (const FileField& field : fields) {
    const auto found = given.find(field.key);
    const json::value none = field.as == As::kPairs ? json::value(json::object()) : json::value("");
    rule[field.key] = found == given.end() ? none : found->value();
  }
  return json::value(std::move(rule));
}

}  // namespace sluice::cli
