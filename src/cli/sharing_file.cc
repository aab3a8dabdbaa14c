#include "cli/sharing_file.h"

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "cli/values.h"
#include "config/value.h"
#include "config/yaml_fields.h"

namespace sluice::cli {
namespace {

using config::ExpectList;
using config::ExpectMap;
using config::FaultAt;
using config::YamlDocument;
using config::YamlEntry;
using config::YamlNode;

enum class As : std::uint8_t {
  kText,
  kTruth,
  kNumber,
  kDuration,
  kTime,   ///< Or never.
  kPairs,  ///< A map of texts.
  kList,   ///< Of texts.
  kLocation,
  kFederation,
  kCertificate,
};

struct FileField {
  std::string_view key;  ///< In the file and in requests.
  As as = As::kText;
};

constexpr FileField kShareFields[] = {
    {"displayName"},
    {"comment"},
    {"owner"},
    {"purposeRequired", As::kTruth},
    {"region"},
    {"tags", As::kPairs},
    {"properties", As::kPairs},
    {"delivery"},
    {"freshness", As::kDuration},
    {"serveStaleFor", As::kDuration},
    {"downloadsNeedToken", As::kTruth},
};
constexpr FileField kTableFields[] = {
    {"location", As::kLocation},
    {"comment"},
    {"historyShared", As::kTruth},
    {"startVersion", As::kNumber},
    {"tags", As::kPairs},
    {"delivery"},
    {"freshness", As::kDuration},
    {"serveStaleFor", As::kDuration},
    {"downloadsNeedToken", As::kTruth},
};
constexpr FileField kFolderFields[] = {
    {"comment"},
    {"historyShared", As::kTruth},
    {"startVersion", As::kNumber},
    {"tags", As::kPairs},
    {"aliases", As::kPairs},
    {"delivery"},
    {"freshness", As::kDuration},
    {"serveStaleFor", As::kDuration},
    {"downloadsNeedToken", As::kTruth},
};
constexpr FileField kRecipientFields[] = {
    {"comment"},
    {"owner"},
    {"attributes", As::kPairs},
    {"tags", As::kPairs},
    {"allowedNetworks", As::kList},
    {"region"},
    {"enabled", As::kTruth},
    {"expiresAt", As::kTime},
    {"tokenLifetime", As::kDuration},
    {"federation", As::kFederation},
    {"certificate", As::kCertificate},
};
constexpr FileField kRootFields[] = {
    {"location", As::kLocation}, {"region"}, {"principals", As::kList}};
constexpr FileField kIssuerFields[] = {{"url"}, {"jwksUrl"}};
constexpr FileField kFederationFields[] = {{"issuer"}, {"audience"}, {"claims", As::kPairs}};
constexpr FileField kCertificateFields[] = {{"subject"}, {"alternativeName"}};

using Fields = std::span<const FileField>;
using Texts = std::vector<std::string>;

/// What takes the entries of a map that are no plain fields.
struct Special {
  std::vector<std::string_view> keys;
  std::function<Result<void>(const YamlEntry& entry)> read;
};

class FileReader {
 public:
  explicit FileReader(const YamlDocument& document) : document_(document) {}

  Result<WantedCatalog> Read() {
    if (document_.root.kind != YamlNode::Kind::kMap) {
      return FaultAt(document_, document_.root.line,
                     "expected a map with keys such as shares, recipients and grants");
    }
    for (const YamlEntry& entry : document_.root.entries) TRY(ReadSection(entry));
    return std::move(wanted_);
  }

 private:
  Result<void> ReadSection(const YamlEntry& entry) {
    struct Section {
      std::string_view key;
      ThingKind kind;
      Result<void> (FileReader::*read)(const YamlNode& node);
    };
    static constexpr Section kSections[] = {
        {"roots", ThingKind::kRoot, &FileReader::ReadRoot},
        {"issuers", ThingKind::kIssuer, &FileReader::ReadIssuer},
        {"shares", ThingKind::kShare, &FileReader::ReadShare},
        {"recipients", ThingKind::kRecipient, &FileReader::ReadRecipient},
        {"grants", ThingKind::kGrant, &FileReader::ReadGrants},
        {"quotas", ThingKind::kQuota, &FileReader::ReadQuota},
    };
    if (entry.key == "version") {
      TRY(config::ReadInteger(document_, entry, 1, 1));
      return {};
    }
    const auto section = std::ranges::find(kSections, entry.key, &Section::key);
    if (section == std::end(kSections)) {
      std::vector<std::string_view> known = {"version"};
      for (const Section& other : kSections) known.push_back(other.key);
      return UnknownKey(document_, entry, "a sharing file", known);
    }
    TRY(ExpectList(document_, entry));
    wanted_.lists.insert({section->kind, ""});
    for (const YamlNode& node : entry.value.items) TRY((this->*section->read)(node));
    return {};
  }

  Result<void> ReadRoot(const YamlNode& node) {
    return ReadNamed(node, "a root", ThingKind::kRoot, kRootFields);
  }

  Result<void> ReadIssuer(const YamlNode& node) {
    return ReadNamed(node, "an issuer", ThingKind::kIssuer, kIssuerFields);
  }

  Result<void> ReadRecipient(const YamlNode& node) {
    return ReadNamed(node, "a recipient", ThingKind::kRecipient, kRecipientFields);
  }

  /// A thing whose key is its name.
  Result<void> ReadNamed(const YamlNode& node, std::string_view owner, ThingKind kind,
                         Fields fields) {
    const std::string name = TRY(NameIn(node, owner));
    Thing thing{.kind = kind, .key = {name}};
    TRY(ReadMap(node, owner, fields, {{"name"}, Passed}, thing.fields));
    return Add(std::move(thing), node.line);
  }

  Result<void> ReadShare(const YamlNode& node) {
    const std::string name = TRY(NameIn(node, "a share"));
    Thing share{.kind = ThingKind::kShare, .key = {name}};
    const auto read = [&](const YamlEntry& entry) -> Result<void> {
      if (entry.key == "schemas") return ReadSchemas(entry, share);
      if (entry.key == "folders") return ReadFolders(entry, name);
      return {};
    };
    TRY(ReadMap(node, "a share", kShareFields, {{"name", "schemas", "folders"}, read},
                share.fields));
    return Add(std::move(share), node.line);
  }

  Result<void> ReadSchemas(const YamlEntry& schemas, Thing& share) {
    TRY(ExpectList(document_, schemas));
    const std::string& share_name = share.key.front();
    wanted_.lists.insert({ThingKind::kTable, AsciiLower(share_name)});
    json::array empty_schemas;
    for (const YamlNode& node : schemas.value.items) {
      const std::string schema = TRY(NameIn(node, "a schema"));
      std::size_t count = 0;
      const auto read = [&](const YamlEntry& entry) -> Result<void> {
        if (entry.key == "name") return {};
        TRY(ExpectList(document_, entry));
        count = entry.value.items.size();
        for (const YamlNode& table : entry.value.items) {
          TRY(ReadTable(table, {share_name, schema}));
        }
        return {};
      };
      json::object none;
      TRY(ReadMap(node, "a schema", {}, {{"name", "tables"}, read}, none));
      if (count == 0) empty_schemas.emplace_back(schema);
    }
    if (!empty_schemas.empty()) share.fields["schemas"] = std::move(empty_schemas);
    return {};
  }

  Result<void> ReadTable(const YamlNode& node, Texts key) {
    key.push_back(TRY(NameIn(node, "a table")));
    Thing table{.kind = ThingKind::kTable, .key = std::move(key)};
    TRY(ReadMap(node, "a table", kTableFields, {{"name"}, Passed}, table.fields));
    if (!table.fields.contains("location")) {
      return FaultAt(document_, node.line, "table '{}' has no location", table.key.back());
    }
    return Add(std::move(table), node.line);
  }

  Result<void> ReadFolders(const YamlEntry& folders, const std::string& share) {
    TRY(ExpectList(document_, folders));
    wanted_.lists.insert({ThingKind::kFolder, AsciiLower(share)});
    for (const YamlNode& node : folders.value.items) {
      Thing folder{.kind = ThingKind::kFolder, .key = {share, "", ""}};
      const auto read = [&](const YamlEntry& entry) -> Result<void> {
        const bool is_schema = entry.key == "schema";
        const json::value text = TRY(Value(entry, is_schema ? As::kText : As::kLocation));
        folder.key[is_schema ? 1 : 2] = std::string(text.as_string());
        return {};
      };
      TRY(ReadMap(node, "a folder", kFolderFields, {{"location", "schema"}, read}, folder.fields));
      if (folder.key[2].empty()) return FaultAt(document_, node.line, "a folder has no location");
      TRY(Add(std::move(folder), node.line));
    }
    return {};
  }

  Result<void> ReadGrants(const YamlNode& node) {
    json::object fields;
    std::string share;
    Texts recipients;
    const auto read = [&](const YamlEntry& entry) -> Result<void> {
      if (entry.key == "share") {
        share = TRY(config::ReadText(document_, entry));
      } else if (entry.value.kind == YamlNode::Kind::kScalar) {
        recipients.push_back(TRY(config::ReadText(document_, entry)));
      } else {
        recipients = TRY(ListOfTexts(entry));
      }
      return {};
    };
    static constexpr FileField kGrantFields[] = {{"expiresAt", As::kTime}};
    TRY(ReadMap(node, "a grant", kGrantFields, {{"share", "to"}, read}, fields));
    if (share.empty()) return FaultAt(document_, node.line, "a grant needs a share");
    if (recipients.empty())
      return FaultAt(document_, node.line, "a grant needs recipients in 'to'");
    for (const std::string& recipient : recipients) {
      TRY(Add({.kind = ThingKind::kGrant, .key = {share, recipient}, .fields = fields}, node.line));
    }
    return {};
  }

  Result<void> ReadQuota(const YamlNode& node) {
    std::map<std::string, std::string, std::less<>> parts;
    const auto read = [&](const YamlEntry& entry) -> Result<void> {
      parts[entry.key] = TRY(config::ReadText(document_, entry));
      return {};
    };
    json::object none;
    TRY(ReadMap(node, "a quota", {}, {{"measure", "limit", "window", "recipient", "share"}, read},
                none));
    if (parts["measure"].empty()) return FaultAt(document_, node.line, "a quota needs a measure");
    const auto limit = LimitOf(parts["measure"], parts["limit"]);
    if (!limit.ok()) return FaultAt(document_, node.line, "limit: {}", limit.error().message);
    Thing quota{.kind = ThingKind::kQuota,
                .key = {parts["recipient"], parts["share"], parts["measure"], parts["window"]},
                .fields = {{"limit", *limit}}};
    return Add(std::move(quota), node.line);
  }

  static Result<std::int64_t> LimitOf(std::string_view measure, const std::string& text) {
    const auto number = config::ParseInteger(text);
    if (number.ok() || measure != "bytes") return number;
    const std::size_t bytes = TRY(config::ParseBytes(text));
    return static_cast<std::int64_t>(bytes);
  }

  static Result<void> Passed(const YamlEntry& /*entry*/) { return {}; }

  Result<void> Add(Thing thing, int line) {
    const auto [first, is_new] = lines_.emplace(FoldedKey(thing), line);
    if (!is_new) {
      return FaultAt(document_, line, "{} is given twice (first in line {})", thing.Name(),
                     first->second);
    }
    thing.where = document_.At(line);
    wanted_.things.push_back(std::move(thing));
    return {};
  }

  Result<std::string> NameIn(const YamlNode& node, std::string_view owner) {
    if (node.kind == YamlNode::Kind::kMap) {
      for (const YamlEntry& entry : node.entries) {
        if (entry.key == "name") return config::ReadText(document_, entry);
      }
    }
    return FaultAt(document_, node.line, "{} must be a map with a name", owner);
  }

  Result<void> ReadMap(const YamlNode& node, std::string_view owner, Fields fields,
                       const Special& special, json::object& out) {
    if (node.kind != YamlNode::Kind::kMap) {
      return FaultAt(document_, node.line, "{} must be a map", owner);
    }
    for (const YamlEntry& entry : node.entries) {
      if (std::ranges::find(special.keys, entry.key) != special.keys.end()) {
        TRY(special.read(entry));
        continue;
      }
      const auto field = std::ranges::find(fields, entry.key, &FileField::key);
      if (field == fields.end()) {
        std::vector<std::string_view> known = special.keys;
        for (const FileField& other : fields) known.push_back(other.key);
        return UnknownKey(document_, entry, owner, known);
      }
      out[entry.key] = TRY(Value(entry, field->as));
    }
    return {};
  }

  Result<json::value> Value(const YamlEntry& entry, As as) {
    switch (as) {
      case As::kTruth: return json::value(TRY(config::ReadBool(document_, entry)));
      case As::kNumber: return json::value(TRY(config::ReadInteger(document_, entry)));
      case As::kPairs: return json::value(TRY(Pairs(entry)));
      case As::kList: return List(entry);
      case As::kFederation: return Rule(entry, kFederationFields);
      case As::kCertificate: return Rule(entry, kCertificateFields);
      default: return ScalarValue(entry, as);
    }
  }

  Result<json::value> ScalarValue(const YamlEntry& entry, As as) {
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

  static Result<json::value> TimeValue(const std::string& text) {
    if (text == "never") return json::value();
    const SystemTime time = TRY(ParseTime("a time", text));
    return json::value(TimeText(time));
  }

  static Result<json::value> DurationValue(const std::string& text) {
    const auto duration = TRY(config::ParseDuration(text));
    return json::value(config::FormatDuration(duration));
  }

  Result<json::object> Pairs(const YamlEntry& entry) {
    TRY(ExpectMap(document_, entry));
    json::object pairs;
    for (const YamlEntry& pair : entry.value.entries) {
      pairs[pair.key] = TRY(ScalarValue(pair, As::kText));
    }
    return pairs;
  }

  Result<Texts> ListOfTexts(const YamlEntry& entry) {
    TRY(ExpectList(document_, entry));
    Texts texts;
    for (const YamlNode& item : entry.value.items) {
      if (item.kind != YamlNode::Kind::kScalar || item.scalar.empty()) {
        return FaultAt(document_, item.line, "{}: expected a list of texts", entry.key);
      }
      texts.push_back(item.scalar);
    }
    return texts;
  }

  Result<json::value> List(const YamlEntry& entry) {
    const Texts texts = TRY(ListOfTexts(entry));
    return json::value(json::array(texts.begin(), texts.end()));
  }

  /// A rule with all its fields, or null.
  Result<json::value> Rule(const YamlEntry& entry, Fields fields) {
    if (entry.value.kind == YamlNode::Kind::kNull) return json::value();
    json::object rule;
    for (const FileField& field : fields) {
      rule[field.key] = field.as == As::kPairs ? json::value(json::object()) : json::value("");
    }
    TRY(ReadMap(entry.value, entry.key, fields, {}, rule));
    return json::value(std::move(rule));
  }

  const YamlDocument& document_;
  WantedCatalog wanted_;
  std::map<std::string, int> lines_;  ///< By folded key.
};

}  // namespace

Result<WantedCatalog> ReadSharingFile(const YamlDocument& document) {
  return FileReader(document).Read();
}

}  // namespace sluice::cli
