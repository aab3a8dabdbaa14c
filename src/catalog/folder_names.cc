#include "catalog/folder_names_internal.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/encoding.h"

namespace sluice::catalog {
namespace {

constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kVersionDigits = 20;
constexpr std::size_t kMaxWarnings = 100;

/// At most `max_bytes` of `name`, not cut inside a character.
std::string CutName(std::string name, std::size_t max_bytes) {
  if (name.size() <= max_bytes) return name;
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(name[i]) & 0xc0) == 0x80;
  };
  std::size_t end = max_bytes;
  while (end > 0 && continues(end)) --end;
  name.resize(end);
  return name;
}

/// `text` as a name: what names may not have becomes '_', and so does '.', since clients split
/// share.schema.table there.
std::string NameFrom(std::string text) {
  const bool is_utf8 = IsValidUtf8(text);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_bad = byte <= 0x20 || byte == 0x7f || c == '/' || c == '.';
    if (is_bad || (byte >= 0x80 && !is_utf8)) c = '_';
  }
  return text.empty() ? "_" : CutName(std::move(text), kMaxNameBytes);
}

struct FoundTable {
  std::string path;  ///< Relative to the folder.
  std::string schema;
  std::string table;
};

FoundTable NamesOf(std::string path, const std::string& share) {
  const std::size_t slash = path.rfind('/');
  FoundTable found{.path = path, .schema = "default", .table = share};
  if (path.empty()) return found;
  if (slash != std::string::npos) found.schema = NameFrom(path.substr(0, slash));
  found.table = NameFrom(slash == std::string::npos ? path : path.substr(slash + 1));
  return found;
}

/// The name with "_NUMBER" after it, within the bound on names.
std::string Numbered(const std::string& name, std::size_t number) {
  const std::string suffix = Format("_{}", number);
  return CutName(name, kMaxNameBytes - suffix.size()) + suffix;
}

/// Gives every table of a list in byte order of paths a name of its own within its schema.
void ResolveClashes(std::vector<FoundTable>& tables) {
  const auto key = [](const FoundTable& table, const std::string& name) {
    return AsciiLower(table.schema) + "/" + AsciiLower(name);
  };
  std::unordered_set<std::string> taken;
  std::vector<FoundTable*> late;
  for (FoundTable& table : tables) {
    if (!taken.insert(key(table, table.table)).second) late.push_back(&table);
  }
  // Where the search for a free number goes on, so that many clashes stay cheap.
  std::unordered_map<std::string, std::size_t> next_number;
  for (FoundTable* table : late) {
    std::size_t& number = next_number.try_emplace(key(*table, table->table), 2).first->second;
    std::string name = Numbered(table->table, number++);
    while (!taken.insert(key(*table, name)).second) name = Numbered(table->table, number++);
    table->table = std::move(name);
  }
}

/// Schemas in byte order of folded names, each spelled as its first table in byte order has it.
config::ConfiguredShare ShareOf(std::string name, const std::string& root,
                                std::vector<FoundTable> tables) {
  std::map<std::string, config::ConfiguredSchema> schemas;
  for (FoundTable& table : tables) {
    config::ConfiguredSchema& schema = schemas[AsciiLower(table.schema)];
    if (schema.name.empty()) schema.name = table.schema;
    schema.tables.push_back({.name = std::move(table.table),
                             .location = table.path.empty() ? root : root + "/" + table.path,
                             .history_shared = true,
                             .where = root});
  }
  config::ConfiguredShare share{.name = std::move(name), .where = root};
  for (auto& [folded, schema] : schemas) share.schemas.push_back(std::move(schema));
  return share;
}

}  // namespace

bool IsCommitOrCheckpoint(std::string_view name) {
  if (name.size() <= kVersionDigits) return false;
  if (name.find_first_not_of("0123456789") != kVersionDigits) return false;
  const std::string_view rest = name.substr(kVersionDigits);
  return rest == ".json" || (rest.starts_with(".checkpoint.") &&
                             (rest.ends_with(".parquet") || rest.ends_with(".json")));
}

int DepthOf(std::string_view path) {
  return path.empty() ? 0 : 1 + static_cast<int>(std::ranges::count(path, '/'));
}

void AddWarning(std::string warning, std::vector<std::string>& warnings) {
  if (warnings.size() == kMaxWarnings) warning = "more was skipped";
  if (warnings.size() <= kMaxWarnings) warnings.push_back(std::move(warning));
}

FolderScan ScanOf(const std::string& root, std::vector<std::string> paths,
                  std::vector<std::string> warnings) {
  FolderScan scan{.share = {}, .warnings = std::move(warnings)};
  std::string share = NameFrom(root.substr(root.rfind('/') + 1));
  std::vector<FoundTable> tables;
  for (std::string& path : paths) tables.push_back(NamesOf(std::move(path), share));
  ResolveClashes(tables);
  scan.table_count = tables.size();
  if (tables.empty()) {
    scan.warnings.push_back(
        Format("{}: no Delta table in it: a table is a folder with a _delta_log", root));
  }
  scan.share = ShareOf(std::move(share), root, std::move(tables));
  return scan;
}

}  // namespace sluice::catalog
