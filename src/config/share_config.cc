#include "config/share_config.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/encoding.h"
#include "config/reference_keys.h"
#include "config/server_options.h"
#include "config/store_config.h"
#include "config/value.h"
#include "config/yaml_fields.h"
#include "config/yaml_settings.h"

namespace sluice::config {
namespace {

using Keys = std::vector<std::string_view>;
constexpr std::string_view kOwnKeys[] = {"version", "shares",     "authorization", "allowAnonymous",
                                         "tables",  "tablesRoot", "stores",        "sluice"};

// Source: OpenSharing spec/protocols/TABLES.md and Delta Sharing PROTOCOL.md, "List Shares".
constexpr std::size_t kMaxDisplayNameBytes = 255;
constexpr std::size_t kMaxCommentBytes = 65'536;
constexpr std::size_t kMaxProperties = 50;
constexpr std::size_t kMaxPropertyKeyBytes = 255;
constexpr std::size_t kMaxPropertyValueBytes = 1'000;

/// Notes the names of one list; a second one that differs in ASCII case alone is an error.
class UniqueNames {
 public:
  Result<void> Add(const YamlDocument& document, std::string_view what, const std::string& name,
                   int line) {
    const auto [first, is_new] = lines_.emplace(AsciiLower(name), line);
    if (is_new) return {};
    return FaultAt(document, line, "{} '{}' is given twice (first in line {})", what, name,
                   first->second);
  }

 private:
  std::unordered_map<std::string, int> lines_;
};

class ConfigReader {
 public:
  explicit ConfigReader(const YamlDocument& document) : document_(document) {}

  Result<ShareConfig> Read() {
    if (document_.root.kind != YamlNode::Kind::kMap) {
      return FaultAt(document_, document_.root.line, "expected a map with the key 'shares'");
    }
    TRY(CheckTopLevelKeys());
    TRY(ReadReferenceKeys(document_, config_));
    // Locations come first: shares refer to them wherever they stand in the file.
    if (const YamlEntry* entry = Find("tables")) TRY(ReadLocations(*entry));
    if (const YamlEntry* entry = Find("tablesRoot")) {
      tables_root_ = ResolvePath(document_, TRY(ReadText(document_, *entry)));
    }
    if (const YamlEntry* entry = Find("version")) TRY(ReadInteger(document_, *entry, 1, 1));
    if (const YamlEntry* entry = Find("authorization")) TRY(ReadAuthorization(*entry));
    if (const YamlEntry* entry = Find("allowAnonymous")) TRY(ReadAllowAnonymous(*entry));
    if (const YamlEntry* entry = Find("sluice")) TRY(ReadOwnSettings(*entry));
    if (const YamlEntry* entry = Find("stores")) {
      config_.stores = TRY(ReadStores(document_, *entry));
    }
    if (const YamlEntry* entry = Find("shares")) TRY(ReadShares(*entry));
    return std::move(config_);
  }

 private:
  const YamlEntry* Find(std::string_view key) const {
    for (const YamlEntry& entry : document_.root.entries) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }

  Result<void> CheckTopLevelKeys() const {
    Keys known(std::begin(kOwnKeys), std::end(kOwnKeys));
    known.insert(known.end(), ReferenceKeys().begin(), ReferenceKeys().end());
    for (const YamlEntry& entry : document_.root.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      return UnknownKey(document_, entry, "the configuration", known);
    }
    return {};
  }

  Result<void> ReadLocations(const YamlEntry& tables) {
    TRY(ExpectMap(document_, tables));
    for (const YamlEntry& entry : tables.value.entries) {
      const std::string location = TRY(ReadText(document_, entry));
      locations_.emplace(entry.key, ResolvePath(document_, location));
    }
    return {};
  }

  Result<void> ReadAuthorization(const YamlEntry& authorization) {
    TRY(ExpectMap(document_, authorization));
    for (const YamlEntry& entry : authorization.value.entries) {
      if (entry.key != "bearerToken") {
        return UnknownKey(document_, entry, "authorization", {"bearerToken"});
      }
      config_.bearer_token = Secret(TRY(ReadText(document_, entry)));
    }
    if (config_.bearer_token) return {};
    return FaultAt(document_, authorization.line, "authorization: bearerToken is missing");
  }

  Result<void> ReadAllowAnonymous(const YamlEntry& entry) {
    config_.allow_anonymous = TRY(ReadBool(document_, entry));
    if (!config_.allow_anonymous || !config_.bearer_token) return {};
    return FaultAt(document_, entry.line,
                   "allowAnonymous and authorization contradict each other: remove one");
  }

  Result<void> ReadOwnSettings(const YamlEntry& own) {
    TRY(ExpectMap(document_, own));
    std::vector<GivenSetting> settings =
        TRY(ReadSettings(document_, own.value, "sluice", ServerSettingRows()));
    std::ranges::move(settings, std::back_inserter(config_.settings));
    return {};
  }

  Result<void> ReadShares(const YamlEntry& shares) {
    TRY(ExpectList(document_, shares));
    UniqueNames names;
    for (const YamlNode& node : shares.value.items) {
      ConfiguredShare share{.where = document_.At(node.line)};
      TRY(ReadFields(node, "a share",
                     {"name", "schemas", "displayName", "comment", "properties", "delivery",
                      "downloadsNeedToken", "freshness", "serveStaleFor"},
                     [&](const YamlEntry& entry) -> Result<void> {
                       if (entry.key == "name") return ReadName(entry, share.name);
                       if (entry.key == "schemas") return ReadSchemas(entry, share);
                       if (IsServingTerm(entry)) return ReadServingTerm(entry, share.serving);
                       return ReadDescription(entry, share.description);
                     }));
      if (share.name.empty()) return FaultAt(document_, node.line, "a share needs a name");
      TRY(names.Add(document_, "share", share.name, node.line));
      config_.shares.push_back(std::move(share));
    }
    return {};
  }

  Result<void> ReadDescription(const YamlEntry& entry, ShareDescription& description) {
    if (entry.key == "displayName") {
      description.display_name = TRY(ReadBounded(entry, kMaxDisplayNameBytes));
    } else if (entry.key == "comment") {
      description.comment = TRY(ReadBounded(entry, kMaxCommentBytes));
    } else {
      TRY(ExpectMap(document_, entry));
      if (entry.value.entries.size() > kMaxProperties) {
        return FaultAt(document_, entry.line, "properties: more than {}", kMaxProperties);
      }
      for (const YamlEntry& property : entry.value.entries) {
        if (property.key.size() > kMaxPropertyKeyBytes) {
          return FaultAt(document_, property.line, "a property's name is longer than {} bytes",
                         kMaxPropertyKeyBytes);
        }
        description.properties.emplace_back(property.key,
                                            TRY(ReadBounded(property, kMaxPropertyValueBytes)));
      }
    }
    return {};
  }

  Result<std::string> ReadBounded(const YamlEntry& entry, std::size_t max_bytes) {
    std::string text = TRY(ReadText(document_, entry));
    if (text.size() <= max_bytes) return text;
    return FaultAt(document_, entry.line, "{}: longer than {} bytes", entry.key, max_bytes);
  }

  Result<void> ReadSchemas(const YamlEntry& schemas, ConfiguredShare& share) {
    TRY(ExpectList(document_, schemas));
    UniqueNames names;
    for (const YamlNode& node : schemas.value.items) {
      ConfiguredSchema schema{.where = document_.At(node.line)};
      const YamlEntry* tables = nullptr;
      TRY(ReadFields(node, "a schema", {"name", "tables"},
                     [&](const YamlEntry& entry) -> Result<void> {
                       if (entry.key == "name") return ReadName(entry, schema.name);
                       tables = &entry;  // their locations depend on the schema's name
                       return {};
                     }));
      if (schema.name.empty()) return FaultAt(document_, node.line, "a schema needs a name");
      TRY(names.Add(document_, "schema", schema.name, node.line));
      if (tables != nullptr) TRY(ReadTables(*tables, schema));
      share.schemas.push_back(std::move(schema));
    }
    return {};
  }

  Result<void> ReadTables(const YamlEntry& tables, ConfiguredSchema& schema) {
    TRY(ExpectList(document_, tables));
    UniqueNames names;
    for (const YamlNode& node : tables.value.items) {
      ConfiguredTable table{.where = document_.At(node.line)};
      if (node.kind == YamlNode::Kind::kScalar) {
        table.name = node.scalar;
      } else {
        TRY(ReadFields(node, "a table",
                       {"name", "location", "id", "historyShared", "startVersion", "delivery",
                        "downloadsNeedToken", "freshness", "serveStaleFor"},
                       [&](const YamlEntry& entry) { return ReadTableField(entry, table); }));
      }
      if (table.name.empty()) return FaultAt(document_, node.line, "a table needs a name");
      TRY(names.Add(document_, "table", table.name, node.line));
      if (table.location.empty()) table.location = TRY(LookUpLocation(schema, table, node.line));
      schema.tables.push_back(std::move(table));
    }
    return {};
  }

  Result<void> ReadTableField(const YamlEntry& entry, ConfiguredTable& table) {
    if (entry.key == "name") return ReadName(entry, table.name);
    if (IsServingTerm(entry)) return ReadServingTerm(entry, table.serving);
    if (entry.key == "historyShared") {
      table.history_shared = TRY(ReadBool(document_, entry));
    } else if (entry.key == "startVersion") {
      table.start_version = TRY(ReadInteger(document_, entry));
    } else if (entry.key == "id") {
      table.id = TRY(ReadText(document_, entry));
    } else {
      table.location = ResolvePath(document_, TRY(ReadText(document_, entry)));
    }
    return {};
  }

  static bool IsServingTerm(const YamlEntry& entry) {
    return entry.key == "delivery" || entry.key == "downloadsNeedToken" ||
           entry.key == "freshness" || entry.key == "serveStaleFor";
  }

  Result<void> ReadServingTerm(const YamlEntry& entry, ServingTerms& terms) {
    if (entry.key == "downloadsNeedToken") {
      terms.downloads_need_token = TRY(ReadBool(document_, entry));
      return {};
    }
    const std::string text = TRY(ReadText(document_, entry));
    Result<void> read;
    if (entry.key == "delivery") {
      read = Store(ParseDelivery(text), terms.delivery);
    } else {
      read = Store(ParseDuration(text),
                   entry.key == "freshness" ? terms.freshness : terms.serve_stale_for);
    }
    if (read.ok()) return read;
    return FaultAt(document_, entry.line, "{}: {}", entry.key, read.error().message);
  }

  template <typename T>
  static Result<void> Store(Result<T> value, std::optional<T>& out) {
    out = TRY(std::move(value));
    return {};
  }

  Result<void> ReadName(const YamlEntry& entry, std::string& name) {
    name = TRY(ReadText(document_, entry));
    return {};
  }

  /// Calls `read` for every entry of the map `node`, all keys of which must be in `known`.
  Result<void> ReadFields(const YamlNode& node, std::string_view owner, const Keys& known,
                          const std::function<Result<void>(const YamlEntry&)>& read) {
    if (node.kind != YamlNode::Kind::kMap) {
      return FaultAt(document_, node.line, "{} must be a map with a name", owner);
    }
    for (const YamlEntry& entry : node.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        return UnknownKey(document_, entry, owner, known);
      }
      TRY(read(entry));
    }
    return {};
  }

  Result<std::string> LookUpLocation(const ConfiguredSchema& schema, const ConfiguredTable& table,
                                     int line) const {
    const auto found = locations_.find(table.name);
    if (found != locations_.end()) return found->second;
    if (!tables_root_.empty()) return Format("{}/{}/{}", tables_root_, schema.name, table.name);
    return FaultAt(document_, line,
                   "table '{}' has no location: give it one here or in the top-level 'tables', or "
                   "set 'tablesRoot'",
                   table.name);
  }

  const YamlDocument& document_;
  ShareConfig config_;
  std::unordered_map<std::string, std::string> locations_;
  std::string tables_root_;
};

}  // namespace

Result<ShareConfig> ReadShareConfig(const YamlDocument& document) {
  return ConfigReader(document).Read();
}

}  // namespace sluice::config
