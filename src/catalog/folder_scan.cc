#include "catalog/folder_scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/encoding.h"

namespace sluice::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLogFolder = "_delta_log";
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kVersionDigits = 20;
constexpr std::size_t kMaxWarnings = 100;

/// "00000000000000000007.json", or ".checkpoint." and more in its place: what makes a log a log.
bool IsCommitOrCheckpoint(std::string_view name) {
  if (name.size() <= kVersionDigits) return false;
  if (name.find_first_not_of("0123456789") != kVersionDigits) return false;
  const std::string_view rest = name.substr(kVersionDigits);
  return rest == ".json" || (rest.starts_with(".checkpoint.") &&
                             (rest.ends_with(".parquet") || rest.ends_with(".json")));
}

/// A directory on disk, whatever path leads to it.
using DirectoryId = std::pair<dev_t, ino_t>;

std::optional<DirectoryId> IdOfDirectory(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return DirectoryId(status.st_dev, status.st_ino);
}

int DepthOf(const std::string& path) {
  return path.empty() ? 0 : 1 + static_cast<int>(std::ranges::count(path, '/'));
}

/// Whether `path` is `root` or below it; both canonical.
bool IsWithin(std::string_view path, std::string_view root) {
  if (root == "/") return true;
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

std::optional<std::string> Canonical(const std::string& path) {
  std::error_code fault;
  const fs::path canonical = fs::canonical(path, fault);
  if (fault) return std::nullopt;
  return canonical.native();
}

/// Collects the paths of all tables below a folder.
class TableFinder {
 public:
  TableFinder(std::string root, const FolderScanOptions& options,
              std::vector<std::string>& warnings)
      : root_(std::move(root)), options_(options), warnings_(warnings) {
    for (const std::string& allowed : options.allowed_roots) {
      if (std::optional<std::string> path = Canonical(allowed)) roots_.push_back(std::move(*path));
    }
  }

  /// Paths relative to the folder in byte order; "" is the folder itself.
  std::vector<std::string> Find() {
    Visit("");
    // A link's target may be reached by its own path too, and that one names it.
    while (!links_.empty() && !stopped_) {
      const std::string link = std::move(links_.front());
      links_.pop_front();
      if (MayFollow(link)) Visit(link);
    }
    std::ranges::sort(tables_);
    return std::move(tables_);
  }

 private:
  /// What a look into a directory's `_delta_log` tells.
  enum class Look { kTable, kNoTable, kUnreadable };

  /// Walks `start` and what is below it, in byte order, without recursion.
  void Visit(std::string start) {
    std::vector<std::string> pending = {std::move(start)};
    while (!pending.empty() && !stopped_) {
      const std::string directory = std::move(pending.back());
      pending.pop_back();
      std::vector<std::string> below = VisitOne(directory);
      std::move(below.rbegin(), below.rend(), std::back_inserter(pending));
    }
  }

  /// Returns the directories to visit next.
  std::vector<std::string> VisitOne(const std::string& directory) {
    if (++visits_ > options_.max_directories) {
      Stop(Format("more than {} folders below {}", options_.max_directories, root_));
      return {};
    }
    const std::optional<DirectoryId> id = IdOfDirectory(PathOf(directory));
    if (!id || !seen_.insert(*id).second) return {};
    switch (LookInto(directory)) {
      case Look::kTable: AddTable(directory); return {};
      case Look::kUnreadable: return {};
      case Look::kNoTable: break;
    }
    return ListBelow(directory);
  }

  Look LookInto(const std::string& directory) {
    std::error_code fault;
    fs::directory_iterator entry(Format("{}/{}", PathOf(directory), kLogFolder), fault);
    if (fault == std::errc::no_such_file_or_directory || fault == std::errc::not_a_directory) {
      return Look::kNoTable;
    }
    for (; !fault && entry != fs::directory_iterator(); entry.increment(fault)) {
      if (IsCommitOrCheckpoint(entry->path().filename().native())) return Look::kTable;
    }
    if (!fault) return Look::kNoTable;
    Skip(directory, fault);
    return Look::kUnreadable;
  }

  void AddTable(const std::string& directory) {
    if (tables_.size() >= options_.max_tables) {
      Stop(Format("more than {} tables below {}", options_.max_tables, root_));
      return;
    }
    tables_.push_back(directory);
  }

  std::vector<std::string> ListBelow(const std::string& directory) {
    std::error_code fault;
    fs::directory_iterator entry(PathOf(directory), fault);
    std::vector<std::string> below;
    std::vector<std::string> links;
    for (; !fault && entry != fs::directory_iterator(); entry.increment(fault)) {
      const std::string name = entry->path().filename().native();
      std::error_code unknown;  // gone meanwhile, or not to be looked at: no directory for us
      if (name == kLogFolder || !entry->is_directory(unknown)) continue;
      std::string path = directory.empty() ? name : Format("{}/{}", directory, name);
      (entry->is_symlink(unknown) ? links : below).push_back(std::move(path));
    }
    if (fault) Skip(directory, fault);
    if (DepthOf(directory) >= options_.max_depth && !(below.empty() && links.empty())) {
      Warn(Format("{}: folders deeper than {} levels are not searched", PathOf(directory),
                  options_.max_depth));
      return {};
    }
    std::ranges::sort(below);
    std::ranges::sort(links);
    std::ranges::move(links, std::back_inserter(links_));
    return below;
  }

  bool MayFollow(const std::string& link) {
    const std::optional<std::string> target = Canonical(PathOf(link));
    if (!target || IsWithin(*target, root_)) return false;
    const auto leads_there = [&](const std::string& root) { return IsWithin(*target, root); };
    if (std::ranges::any_of(roots_, leads_there)) return true;
    Warn(Format("{}: skipped: a link to {}, which no allowed root holds", PathOf(link), *target));
    return false;
  }

  std::string PathOf(const std::string& directory) const {
    return directory.empty() ? root_ : root_ + "/" + directory;
  }

  void Skip(const std::string& directory, const std::error_code& fault) {
    Warn(Format("{}: skipped: {}", PathOf(directory), fault.message()));
  }
  void Stop(const std::string& why) {
    Warn(why + ": the rest is not shared");
    stopped_ = true;
  }
  void Warn(std::string warning) {
    if (warnings_.size() == kMaxWarnings) warning = "more was skipped";
    if (warnings_.size() <= kMaxWarnings) warnings_.push_back(std::move(warning));
  }

  const std::string root_;
  const FolderScanOptions& options_;
  std::vector<std::string>& warnings_;
  std::vector<std::string> roots_;
  std::size_t visits_ = 0;
  std::set<DirectoryId> seen_;
  std::deque<std::string> links_;
  std::vector<std::string> tables_;
  bool stopped_ = false;
};

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

/// The folder without links and dots, so that "." has a name.
Result<std::string> RealPath(const std::string& folder) {
  std::error_code fault;
  const fs::path path = fs::canonical(folder, fault);
  if (fault == std::errc::no_such_file_or_directory) return NotFound("{}: no such folder", folder);
  if (fault) return Unavailable("{}: cannot be read: {}", folder, fault.message());
  if (!fs::is_directory(path, fault)) return NotFound("{}: is no folder", folder);
  const fs::directory_iterator readable(path, fault);
  if (fault) return Unavailable("{}: cannot be read: {}", folder, fault.message());
  return path.native();
}

}  // namespace

Result<FolderScan> ScanFolder(const std::string& folder, const FolderScanOptions& options) {
  const std::string root = TRY(RealPath(folder));
  FolderScan scan;
  std::string share = NameFrom(fs::path(root).filename().native());
  std::vector<FoundTable> tables;
  for (std::string& path : TableFinder(root, options, scan.warnings).Find()) {
    tables.push_back(NamesOf(std::move(path), share));
  }
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
