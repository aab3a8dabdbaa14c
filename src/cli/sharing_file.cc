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
#include "cli/sharing_fields.h"
#include "config/value.h"
#include "config/yaml_fields.h"

namespace sluice::cli {
namespace {

using As = FileField::As;
using config::ExpectList;
using config::FaultAt;
using config::YamlDocument;
using config::YamlEntry;
using config::YamlNode;

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
using Texts = std::vector<std::string>;

class FileReader {
 public:
  explicit FileReader(const YamlDocument& document) : document_(document), fields_(document) {}

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
                         std::span<const FileField> fields) {
    const std::string name = TRY(NameIn(node, owner));
    Thing thing{.kind = kind, .key = {name}};
    thing.fields =
        TRY(fields_.ReadMap(node, {.owner = owner, .fields = fields, .others = {"name"}}));
    return Add(std::move(thing), node.line);
  }

  Result<void> ReadShare(const YamlNode& node) {
    const std::string name = TRY(NameIn(node, "a share"));
    json::array empty_schemas;
    const auto read = [&](const YamlEntry& entry) -> Result<void> {
      if (entry.key == "folders") return ReadFolders(entry, name);
      if (entry.key == "schemas") empty_schemas = TRY(ReadSchemas(entry, name));
      return {};
    };
    Thing share{.kind = ThingKind::kShare, .key = {name}};
    share.fields = TRY(fields_.ReadMap(node, {.owner = "a share",
                                              .fields = kShareFields,
                                              .others = {"name", "schemas", "folders"},
                                              .read_other = read}));
    if (!empty_schemas.empty()) share.fields["schemas"] = std::move(empty_schemas);
    return Add(std::move(share), node.line);
  }

  /// Adds the tables of a share; returns the schemas without any, which the share itself names.
  Result<json::array> ReadSchemas(const YamlEntry& schemas, const std::string& share) {
    TRY(ExpectList(document_, schemas));
    wanted_.lists.insert({ThingKind::kTable, AsciiLower(share)});
    json::array empty_schemas;
    for (const YamlNode& node : schemas.value.items) {
      const std::string schema = TRY(NameIn(node, "a schema"));
      std::size_t count = 0;
      const auto read = [&](const YamlEntry& entry) -> Result<void> {
        if (entry.key == "name") return {};
        TRY(ExpectList(document_, entry));
        count = entry.value.items.size();
        for (const YamlNode& table : entry.value.items) TRY(ReadTable(table, {share, schema}));
        return {};
      };
      TRY(fields_.ReadMap(node,
                          {.owner = "a schema", .others = {"name", "tables"}, .read_other = read}));
      if (count == 0) empty_schemas.emplace_back(schema);
    }
    return empty_schemas;
  }

  Result<void> ReadTable(const YamlNode& node, Texts key) {
    key.push_back(TRY(NameIn(node, "a table")));
    Thing table{.kind = ThingKind::kTable, .key = std::move(key)};
    table.fields = TRY(
        fields_.ReadMap(node, {.owner = "a table", .fields = kTableFields, .others = {"name"}}));
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
        const json::value text = TRY(fields_.Read(entry, is_schema ? As::kText : As::kLocation));
        folder.key[is_schema ? 1 : 2] = std::string(text.as_string());
        return {};
      };
      folder.fields = TRY(fields_.ReadMap(node, {.owner = "a folder",
                                                 .fields = kFolderFields,
                                                 .others = {"location", "schema"},
                                                 .read_other = read}));
      if (folder.key[2].empty()) return FaultAt(document_, node.line, "a folder has no location");
      TRY(Add(std::move(folder), node.line));
    }
    return {};
  }

  Result<void> ReadGrants(const YamlNode& node) {
    std::string share;
    Texts recipients;
    const auto read = [&](const YamlEntry& entry) -> Result<void> {
      if (entry.key == "share") {
        share = TRY(config::ReadText(document_, entry));
      } else if (entry.value.kind == YamlNode::Kind::kScalar) {
        recipients.push_back(TRY(config::ReadText(document_, entry)));
      } else {
        recipients = TRY(fields_.ReadTexts(entry));
      }
      return {};
    };
    static constexpr FileField kGrantFields[] = {{"expiresAt", As::kTime}};
    const json::object fields = TRY(fields_.ReadMap(node, {.owner = "a grant",
                                                           .fields = kGrantFields,
                                                           .others = {"share", "to"},
                                                           .read_other = read}));
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
    TRY(fields_.ReadMap(node, {.owner = "a quota",
                               .others = {"measure", "limit", "window", "recipient", "share"},
                               .read_other = read}));
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

  const YamlDocument& document_;
  const SharingFields fields_;
  WantedCatalog wanted_;
  std::map<std::string, int> lines_;  ///< By folded key.
};

}  // namespace

Result<WantedCatalog> ReadSharingFile(const YamlDocument& document) {
  return FileReader(document).Read();
}

}  // namespace sluice::cli
